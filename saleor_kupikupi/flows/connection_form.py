"""What people type about a connection, and whether it can work. It asks no database and calls nobody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from saleor_kupikupi.domain.addresses import Flaw, UnusableAddress, read_address
from saleor_kupikupi.domain.cabinet import UnusableCabinet, check_cabinet
from saleor_kupikupi.domain.connection import Ack, BalanceCheck, Connection, WireFormatChoice
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import LONGEST_UID

LONGEST_NAME = 60
LONGEST_SECRET = 200


class Fault(StrEnum):
    """Why a field cannot stay as it is typed; each is a sentence about the field."""

    MISSING = "is needed"
    TAKEN = "is the name of another connection"
    NAME_TOO_LONG = f"has at most {LONGEST_NAME} characters"
    UID_TOO_LONG = f"has 1 to {LONGEST_UID} characters"
    SECRET_TOO_LONG = f"has at most {LONGEST_SECRET} characters"
    UNKNOWN = "is none of the choices"
    KEY_NEEDED = "is needed: an address or a platform uid is kept together with the key"
    NO_KEY_IN_USE = "has no key yet: enter the key, or stay in the other environment"
    TOO_LONG = Flaw.TOO_LONG.value
    NOT_LATIN = Flaw.NOT_LATIN.value
    UNREADABLE = Flaw.UNREADABLE.value
    NOT_HTTPS = Flaw.NOT_HTTPS.value
    NOT_ALLOWED = "is none of Kupi-Kupi's addresses that this app may call"
    HAS_QUERY = "must not have a part after a question mark"
    NO_CABINET = "is no https address of at most 200 characters, with {paymentId} or {orderId} filled in"


class WrongForm(AppError):
    """What is typed cannot work, and nothing was changed; `faults` has them by the field's name."""

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__("; ".join(f"the {name.replace('_', ' ')} {fault}" for name, fault in faults.items()))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A connection as it is typed; an empty secret keeps the stored one, an empty base address means the usual one.

    `return_urls` has one address a line.
    """

    name: str
    environment: str
    wire_format_choice: str
    ack: str
    balance_check: str
    refunds: str
    guard: bool
    show_balance: bool
    accept_code: bool
    trust_test_notification: bool
    place_orders: bool
    return_urls: str
    cabinet_url: str
    platform_uid: str = ""
    production_secret: str = field(default="", repr=False)
    test_secret: str = field(default="", repr=False)
    production_base_url: str = ""
    test_base_url: str = ""

    def secret(self, environment: Environment) -> str:
        """Is the secret typed for an environment."""
        return str(getattr(self, f"{environment}_secret")).strip()

    def base_url(self, environment: Environment) -> str:
        """Is the base address typed for an environment."""
        return str(getattr(self, f"{environment}_base_url")).strip()


_KINDS: dict[str, type[StrEnum]] = {
    "environment": Environment,
    "wire_format_choice": WireFormatChoice,
    "ack": Ack,
    "balance_check": BalanceCheck,
    "refunds": RefundsMode,
}
_SWITCHES = ("guard", "show_balance", "accept_code", "trust_test_notification", "place_orders")


def form_of(connection: Connection) -> Form:
    """Fills a form with the choices of a connection."""
    return Form(
        name=connection.name,
        cabinet_url=connection.cabinet_url,
        return_urls="\n".join(connection.return_urls),
        **{name: getattr(connection, name) for name in (*_KINDS, *_SWITCHES)},
    )


def connection_in(form: Form, before: Connection, stored: Collection[Environment]) -> Connection:
    """Makes the connection that a form describes; `stored` are the environments that have a key already.

    Raises WrongForm with every fault.
    """
    faults = {**_text_faults(form), **_choice_faults(form), **_address_faults(form), **_key_faults(form, stored)}
    if faults:
        raise WrongForm(faults)
    chosen: dict[str, Any] = {name: kind(getattr(form, name)) for name, kind in _KINDS.items()}
    switched = {name: getattr(form, name) for name in _SWITCHES}
    return replace(
        before,
        name=form.name.strip(),
        cabinet_url=form.cabinet_url.strip(),
        return_urls=tuple(dict.fromkeys(form.return_urls.split())),
        **chosen,
        **switched,
    )


def _text_faults(form: Form) -> dict[str, Fault]:
    found = {}
    name = form.name.strip()
    if not name or not name.isprintable():
        found["name"] = Fault.MISSING
    elif len(name) > LONGEST_NAME:
        found["name"] = Fault.NAME_TOO_LONG
    if len(form.platform_uid.strip()) > LONGEST_UID:
        found["platform_uid"] = Fault.UID_TOO_LONG
    for each in Environment:
        if len(form.secret(each)) > LONGEST_SECRET:
            found[f"{each}_secret"] = Fault.SECRET_TOO_LONG
    return found


def _choice_faults(form: Form) -> dict[str, Fault]:
    return {
        name: Fault.UNKNOWN for name, kind in _KINDS.items() if getattr(form, name) not in {each.value for each in kind}
    }


def _address_faults(form: Form) -> dict[str, Fault]:
    given = {"return_urls": form.return_urls.split()}
    given |= {f"{each}_base_url": [form.base_url(each)] for each in Environment}
    faults = {name: next((fault for url in urls if (fault := _fault_of(url))), None) for name, urls in given.items()}
    faults["cabinet_url"] = _cabinet_fault(form.cabinet_url.strip())
    return {name: fault for name, fault in faults.items() if fault}


def _cabinet_fault(url: str) -> Fault | None:
    try:
        check_cabinet(url)
    except UnusableCabinet:
        return Fault.NO_CABINET
    return None


def _fault_of(url: str) -> Fault | None:
    if not url:
        return None
    try:
        address = read_address(url)
    except UnusableAddress as error:
        return Fault(error.flaw.value)
    return Fault.HAS_QUERY if address.query else None


def _key_faults(form: Form, stored: Collection[Environment]) -> dict[str, Fault]:
    """Uid, address and key are one: none of them can be kept without the key."""
    keyed = {each for each in Environment if each in stored or form.secret(each)}
    if form.platform_uid.strip() and not keyed:
        used = form.environment if form.environment in set(Environment) else Environment.TEST
        return {f"{used}_secret": Fault.KEY_NEEDED}
    found = {f"{each}_secret": Fault.KEY_NEEDED for each in Environment if form.base_url(each) and each not in keyed}
    if keyed and not form.platform_uid.strip():
        found["platform_uid"] = Fault.MISSING
    if keyed and form.environment in set(Environment) - keyed:
        found["environment"] = Fault.NO_KEY_IN_USE
    return found
