"""Which installation an API URL stands for, and the public keys that its Saleor signs with.

Both are remembered by the process, the keys for as long as nobody fetched them anew: they are kept in the database, and
fetched when a message names one that is not known, at most once a minute. It must not know what is signed.
"""

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import CallerNotTrusted, OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor import signature
from saleor_kupikupi.saleor.signature import Keys
from saleor_kupikupi.store import installations

log = structlog.get_logger()


def known_installation(parts: Parts, api_url: str) -> Installation | None:
    """Finds the Saleor of an API URL among those that installed us, as it was at most two seconds ago."""
    return parts.memory.installations.get(api_url) or installation_now(parts, api_url)


def installation_now(parts: Parts, api_url: str) -> Installation | None:
    """Finds it as it is now, and remembers it."""
    with parts.database.read() as tx:
        found = installations.find(tx, parts.vault, api_url, parts.app_identifier)
    return None if found is None else parts.memory.installations.put(api_url, found)


def keys_with(parts: Parts, installation: Installation, key_id: str, deadline: Deadline) -> Keys:
    """Gives the keys of a Saleor, fetched anew where the one that is named is not among them.

    Raises CallerNotTrusted where they cannot be fetched, or were asked for within the last minute.
    """
    keys, fetched_at = parts.memory.keys.get(installation.id) or ({}, None)
    if key_id not in keys or fetched_at != installation.keys_fetched_at:
        keys = _read_keys(parts, installation)
    if key_id not in keys:
        keys = _ask_for_keys(parts, installation, deadline)
    return keys


def _read_keys(parts: Parts, installation: Installation) -> Keys:
    with parts.database.read() as tx:
        text, fetched_at = installations.jwks_of(tx, installation.id)
    keys, _ = parts.memory.keys.put(installation.id, (signature.read_jwks(text), fetched_at))
    return keys


def _may_ask(parts: Parts, installation: Installation) -> bool:
    """Looks before it takes the right: strangers must not make the payments wait for their turn to write."""
    with parts.database.read() as tx:
        if installations.asked_for_keys_lately(tx, installation.id, parts.now()):
            return False
    with parts.database.write() as tx:
        return installations.may_ask_for_keys(tx, installation.id, parts.now())


def _ask_for_keys(parts: Parts, installation: Installation, deadline: Deadline) -> Keys:
    """Fetches the keys anew, at most once a minute: anybody can name a key that does not exist."""
    if not _may_ask(parts, installation):
        raise CallerNotTrusted("SIGNATURE_VERIFICATION_FAILED", "the signature names a key that we do not know")
    try:
        text = parts.saleor.jwks(installation.api_url, deadline.sooner(parts.limits.second_call))
        signature.read_jwks(text)
    except (OutboundError, ValueError) as error:
        log.warning("keys not fetched", installation=installation.id, error=str(error))
        raise CallerNotTrusted(
            "SIGNATURE_VERIFICATION_FAILED", "the key of the signature could not be fetched"
        ) from None
    with parts.database.write() as tx:
        installations.store_jwks(tx, installation.id, text, parts.now())
    parts.memory.installations.drop(installation.api_url)
    log.info("keys fetched anew", installation=installation.id)
    return _read_keys(parts, installation)
