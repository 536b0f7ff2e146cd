"""What a merchant decides about a connection, and the test that its credentials are accepted.

A connection on `auto` settles its wire format here, once, when credentials are saved or tested: `balance` is tried in
one format, then in the other, and the one that the provider accepts is kept. No payment ever guesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import structlog

from saleor_kupikupi.domain.connection import BASE_URLS, Connection, Credentials, WireFormat, WireFormatChoice
from saleor_kupikupi.domain.errors import AppError, OutboundError
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.client import Balance
from saleor_kupikupi.kupikupi.phones import UnusablePhone, phone_of
from saleor_kupikupi.store import credentials as stored

log = structlog.get_logger()

TEST_PHONE = "79000000001"  # the provider's own test phone with a million points
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class WrongChoice(AppError):
    """A choice that cannot work; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What the provider said to the credentials: `accepted` in which wire format, or its words to each refusal."""

    accepted: WireFormat | None
    kept: WireFormat
    balance: int | None = None
    words: Mapping[WireFormat, str] = field(default_factory=dict)


def save_credentials(
    parts: Parts,
    connection: Connection,
    environment: Environment,
    platform_uid: str,
    secret: str,
    base_url: str | None = None,
) -> Credentials:
    """Saves what one environment is called with; transfers that are open keep what they were opened with.

    Raises WrongChoice as `check_credentials` does.
    """
    check_credentials(platform_uid, secret, base_url)
    url = checked_base_url(base_url) if base_url else BASE_URLS[environment]
    with parts.database.write() as tx:
        before = stored.current(tx, parts.vault, connection.id, environment)
        draft = Credentials(
            id=0,
            connection_id=connection.id,
            environment=environment,
            platform_uid=platform_uid,
            secret=secret.strip(),
            base_url=url,
            wire_format=_first_format(connection, before),
            settled=connection.wire_format_choice is not WireFormatChoice.AUTO,
        )
        return stored.replace_current(tx, parts.vault, draft, parts.now())


def check_credentials(platform_uid: str, secret: str, base_url: str | None = None) -> None:
    """Raises WrongChoice for a platform uid above 20 characters, an empty secret or an unusable address."""
    if not platform_uid or len(platform_uid) > 20:
        raise WrongChoice("the platform uid has 1 to 20 characters")
    if not secret.strip():
        raise WrongChoice("the secret is empty")
    if base_url:
        checked_base_url(base_url)


def checked_base_url(url: str) -> str:
    """Gives the address with its last slash; raises WrongChoice unless it is https, or http on this very machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise WrongChoice(f"{url} is no base address such as {BASE_URLS[Environment.PRODUCTION]}")
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS:
        raise WrongChoice("the provider is called over https; http works for this machine only")
    return url.rstrip("/") + "/"


def try_connection(parts: Parts, connection: Connection, environment: Environment, phone: str = TEST_PHONE) -> Tested:
    """Asks for a balance with the saved credentials, and settles the wire format where it is on `auto`.

    Raises WrongChoice where there are no credentials, the phone is unusable, or the provider cannot be reached.
    """
    try:
        phone = phone_of(phone)
    except UnusablePhone as error:
        raise WrongChoice(str(error)) from None
    with parts.database.read() as tx:
        credentials = stored.current(tx, parts.vault, connection.id, environment)
    if credentials is None:
        raise WrongChoice(f"connection {connection.name} has no {environment} secret yet")
    words: dict[WireFormat, str] = {}
    for wire_format in _formats(connection, credentials):
        answer = _balance(parts, replace(credentials, wire_format=wire_format), phone)
        if isinstance(answer, Balance):
            _keep(parts, credentials, wire_format)
            return Tested(wire_format, wire_format, answer.kopecks, words)
        words[wire_format] = answer
    return Tested(None, credentials.wire_format, words=words)


def _first_format(connection: Connection, before: Credentials | None) -> WireFormat:
    if connection.wire_format_choice is not WireFormatChoice.AUTO:
        return WireFormat(connection.wire_format_choice.value)
    return before.wire_format if before else WireFormat.DOCUMENTED


def _formats(connection: Connection, credentials: Credentials) -> tuple[WireFormat, ...]:
    if connection.wire_format_choice is not WireFormatChoice.AUTO:
        return (WireFormat(connection.wire_format_choice.value),)
    other = next(each for each in WireFormat if each is not credentials.wire_format)
    return credentials.wire_format, other


def _balance(parts: Parts, credentials: Credentials, phone: str) -> Balance | str:
    try:
        answer = parts.kupikupi.balance(credentials, phone, parts.deadline(parts.limits.registration))
    except OutboundError as error:
        return str(error)
    return answer if isinstance(answer, Balance) else f"{answer.message} ({answer.code})".strip()


def _keep(parts: Parts, credentials: Credentials, wire_format: WireFormat) -> None:
    if credentials.settled and credentials.wire_format is wire_format:
        return
    with parts.database.write() as tx:
        settled = replace(credentials, wire_format=wire_format, settled=True)
        stored.replace_current(tx, parts.vault, settled, parts.now())
    log.info("wire format settled", connection=credentials.connection_id, wire_format=wire_format)
