"""What can be chosen for a connection on the command line, and how it is typed into a connection's form."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from saleor_kupikupi.domain.connection import Ack, BalanceCheck, WireFormatChoice
from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.connection_form import Form

Command = TypeVar("Command", bound=Callable[..., Any])

CHOICES = (
    click.option(
        "--environment", type=click.Choice([each.value for each in Environment]), help="The environment in use."
    ),
    click.option(
        "--wire-format",
        "wire_format_choice",
        type=click.Choice([each.value for each in WireFormatChoice]),
        help="How requests are spelled; `auto` finds it out.",
    ),
    click.option(
        "--ack", type=click.Choice([each.value for each in Ack]), help="The form of the OK to a notification."
    ),
    click.option(
        "--guard/--no-guard", default=None, help="Ask Saleor whether the payment is still owed before the OK."
    ),
    click.option(
        "--balance-check",
        type=click.Choice([each.value for each in BalanceCheck]),
        help="For whom a storefront may learn whether the points suffice.",
    ),
    click.option(
        "--show-balance/--hide-balance",
        default=None,
        help="Tell the storefront the number of points. Billing phones are unverified: anybody can type anybody's.",
    ),
    click.option("--accept-code/--no-accept-code", default=None, help="Let the storefront pass on the buyer's code."),
    click.option(
        "--trust-test-notification/--no-trust-test-notification",
        default=None,
        help="Test environment only: believe the notification where `checkout` knows no order.",
    ),
    click.option(
        "--place-orders/--leave-orders",
        default=None,
        help="Saleor 3.21 only: place the order of a checkout that is paid in full and has none half a minute later.",
    ),
    click.option(
        "--refunds",
        type=click.Choice([each.value for each in RefundsMode]),
        help="Take the shop's refunds on as tasks for people, or refuse them.",
    ),
    click.option(
        "--return-url",
        "return_urls",
        multiple=True,
        metavar="URL",
        help="Where a storefront may want its buyers back, what lies below it too; may be repeated, and replaces all "
        "that were allowed. Empty allows none.",
    ),
    click.option(
        "--cabinet-url",
        metavar="URL",
        help="Kupi-Kupi's cabinet, empty for none; {paymentId} and {orderId} are filled in.",
    ),
)
_NAMES = (
    "wire_format_choice",
    "ack",
    "guard",
    "balance_check",
    "show_balance",
    "accept_code",
    "trust_test_notification",
    "place_orders",
    "refunds",
    "cabinet_url",
)
SECRETS = (
    click.option("--platform-uid", help="The uid that Kupi-Kupi gave the shop; one for both environments."),
    click.option("--base-url", help="The provider's address, where it is not the usual one."),
    click.option(
        "--secret-file", type=click.File(encoding="utf-8"), help="Read the secret key from this file; `-` is stdin."
    ),
)


def options(*groups: tuple[Callable[[Any], Any], ...]) -> Callable[[Command], Command]:
    """Puts groups of options onto a command."""

    def wrap(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return wrap


def typed(form: Form, environment: Environment, given: dict[str, Any], secret: str) -> Form:
    """Types what was given into a form; what was not given stays. Keys and addresses are those of one environment."""
    chosen: dict[str, Any] = {name: given[name] for name in _NAMES if given[name] is not None}
    if given["return_urls"]:
        chosen["return_urls"] = "\n".join(given["return_urls"])
    if given["platform_uid"]:
        chosen["platform_uid"] = given["platform_uid"]
    if given["base_url"]:
        chosen[f"{environment}_base_url"] = given["base_url"]
    chosen |= {"environment": environment.value, f"{environment}_secret": secret}
    return replace(form, **chosen)
