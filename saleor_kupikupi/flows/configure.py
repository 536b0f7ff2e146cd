"""What a merchant decides about a connection, and the test that its credentials are accepted.

A connection on `auto` settles its wire format here, once, when credentials are saved or tested: `balance` is tried in
one format, then in the other, and the one that the provider accepts is kept. No payment ever guesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import structlog

from saleor_kupikupi.domain.addresses import Flaw, UnusableAddress, read_address
from saleor_kupikupi.domain.connection import BASE_URLS, Connection, Credentials, WireFormat, WireFormatChoice
from saleor_kupikupi.domain.errors import AppError, OutboundError
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.health import accepted_now
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.client import Balance, Declined
from saleor_kupikupi.kupikupi.phones import UnusablePhone, phone_of
from saleor_kupikupi.store import credentials as stored

log = structlog.get_logger()

TEST_PHONE = "79000000001"  # the provider's own test phone with a million points
LONGEST_UID = 20


class WrongChoice(AppError):
    """A choice that cannot work; the text says what to do instead."""


class NoKey(WrongChoice):
    """The environment has no secret yet."""


class WrongPhone(WrongChoice):
    """Nobody's points can be asked for: it is no Russian mobile number."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What the provider said to the credentials: `accepted` in which wire format, or its words to each refusal.

    `answered` is False where it could not be reached or understood at all.
    """

    accepted: WireFormat | None
    kept: WireFormat
    balance: int | None = None
    answered: bool = True
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
    with parts.database.write() as tx:
        before = stored.current(tx, parts.vault, connection.id, environment)
        draft = credentials_of(connection, environment, before, (platform_uid, secret, base_url or ""))
        return stored.replace_current(tx, parts.vault, draft, parts.now())


def credentials_of(
    connection: Connection, environment: Environment, before: Credentials | None, given: tuple[str, str, str]
) -> Credentials:
    """Lays new credentials out; `given` is the platform uid, the secret and the base address, empty for the usual."""
    platform_uid, secret, base_url = given
    return Credentials(
        id=0,
        connection_id=connection.id,
        environment=environment,
        platform_uid=platform_uid,
        secret=secret.strip(),
        base_url=checked_base_url(base_url) if base_url else BASE_URLS[environment],
        wire_format=_first_format(connection, before),
        settled=connection.wire_format_choice is not WireFormatChoice.AUTO,
    )


def check_credentials(platform_uid: str, secret: str, base_url: str | None = None) -> None:
    """Raises WrongChoice for a platform uid above 20 characters, an empty secret or an unusable address."""
    if not platform_uid or len(platform_uid) > LONGEST_UID:
        raise WrongChoice("the platform uid has 1 to 20 characters")
    if not secret.strip():
        raise WrongChoice("the secret is empty")
    if base_url:
        checked_base_url(base_url)


def checked_base_url(url: str) -> str:
    """Gives the address with its last slash; raises WrongChoice unless it is https, or http on this very machine."""
    try:
        address = read_address(url)
    except UnusableAddress as error:
        if error.flaw is Flaw.NOT_HTTPS:
            raise WrongChoice("the provider is called over https; http works for this machine only") from None
        raise _no_base_address(url) from None
    if address.query:
        raise _no_base_address(url)
    return url.rstrip("/") + "/"


def _no_base_address(url: str) -> WrongChoice:
    return WrongChoice(f"{url} is no base address such as {BASE_URLS[Environment.PRODUCTION]}")


def try_connection(parts: Parts, connection: Connection, environment: Environment, phone: str = TEST_PHONE) -> Tested:
    """Asks for a balance with the saved credentials, and settles the wire format where it is on `auto`.

    Raises WrongChoice where there are no credentials, the phone is unusable, or the provider cannot be reached.
    """
    try:
        phone = phone_of(phone)
    except UnusablePhone as error:
        raise WrongPhone(str(error)) from None
    with parts.database.read() as tx:
        credentials = stored.current(tx, parts.vault, connection.id, environment)
    if credentials is None:
        raise NoKey(f"connection {connection.name} has no {environment} secret yet")
    words: dict[WireFormat, str] = {}
    answered = False
    for wire_format in _formats(connection, credentials):
        answer = _balance(parts, replace(credentials, wire_format=wire_format), phone)
        if isinstance(answer, Balance):
            _keep(parts, credentials, wire_format)
            accepted_now(parts, credentials)
            return Tested(wire_format, wire_format, answer.kopecks, words=words)
        answered = answered or isinstance(answer, Declined)
        words[wire_format] = f"{answer.message} ({answer.code})".strip() if isinstance(answer, Declined) else answer
    return Tested(None, credentials.wire_format, answered=answered, words=words)


def _first_format(connection: Connection, before: Credentials | None) -> WireFormat:
    if connection.wire_format_choice is not WireFormatChoice.AUTO:
        return WireFormat(connection.wire_format_choice.value)
    return before.wire_format if before else WireFormat.DOCUMENTED


def _formats(connection: Connection, credentials: Credentials) -> tuple[WireFormat, ...]:
    if connection.wire_format_choice is not WireFormatChoice.AUTO:
        return (WireFormat(connection.wire_format_choice.value),)
    other = next(each for each in WireFormat if each is not credentials.wire_format)
    return credentials.wire_format, other


def _balance(parts: Parts, credentials: Credentials, phone: str) -> Balance | Declined | str:
    try:
        return parts.kupikupi.balance(credentials, phone, parts.deadline(parts.limits.registration))
    except OutboundError as error:
        return str(error)


def _keep(parts: Parts, credentials: Credentials, wire_format: WireFormat) -> None:
    if credentials.settled and credentials.wire_format is wire_format:
        return
    with parts.database.write() as tx:
        current = stored.current(tx, parts.vault, credentials.connection_id, credentials.environment)
        if current is None or current.id != credentials.id:
            return  # somebody saved others while the provider was asked
        settled = replace(credentials, wire_format=wire_format, settled=True)
        stored.replace_current(tx, parts.vault, settled, parts.now())
    log.info("wire format settled", connection=credentials.connection_id, wire_format=wire_format)
