"""Shows the whole job on this machine: the app is installed, paid with in every way that may go wrong, and checked.

Knows the order of the parts, and what is right in the end. Must not import the app: it is a program of its own, started
with its own command line and killed for real.
"""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from io import TextIOWrapper
from itertools import count
from types import FrameType
from typing import Final

import click

from saleor_kupikupi_sandbox.demo_app import Trouble
from saleor_kupikupi_sandbox.demo_payment import Books, Payment
from saleor_kupikupi_sandbox.demo_scenarios import CRASH, SLOW, TOGETHER
from saleor_kupikupi_sandbox.demo_stage import Demo, set_up
from saleor_kupikupi_sandbox.demo_trace import show_conclusion
from saleor_kupikupi_sandbox.demo_traffic import roubles, short

LONG_FORM_LIFETIME: Final = 600.0  # seconds, as the provider's own
INTERRUPTED: Final = 130
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(keep: bool) -> int:
    """Runs the demo and gives the exit code: 0 only where both sides have booked every payment as they must.

    With `keep` the shop stays open afterwards, until Ctrl-C.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without arrows must not end the demo
    click.echo("Kupi-Kupi points in Saleor: the app itself, a stand-in for each side, and real HTTP between them")
    began = time.monotonic()
    with _may_be_ended(), ExitStack() as cleanup:
        try:
            demo = set_up(cleanup)
            right = _pay(demo)
            click.echo(f"\n{time.monotonic() - began:.0f} s in all")
            if keep:
                _keep_open(demo)
        except Trouble as trouble:
            click.secho(f"\n{trouble}", fg="red")
            return 1
        except KeyboardInterrupt:
            click.echo("\nstopped before the end")
            return INTERRUPTED
        finally:
            _clean_up_undisturbed()
    return 0 if right else 1


@contextmanager
def _may_be_ended() -> Iterator[None]:
    """Makes every signal that ends a program a KeyboardInterrupt, but for those that somebody has silenced."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {each: signal.getsignal(each) or signal.SIG_DFL for each in _ENDS}
    for each in _ENDS:
        if before[each] is not signal.SIG_IGN:
            signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _clean_up_undisturbed() -> None:
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)


def _pay(demo: Demo) -> bool:
    """Plays every payment, those that can beside each other, and shows each; True where all are right."""
    numbers = count(3)
    slow = Payment(SLOW, demo.stage, demo.pool)
    together = [Payment(each, demo.stage, demo.pool) for each in TOGETHER]
    for payment in together:
        _show(next(numbers), payment)
    crash = Payment(CRASH, demo.stage, demo.pool)
    _show(next(numbers), crash)
    if not slow.ended.done():
        click.echo("\n    … until a form has run out and the app has noticed")
    _show(next(numbers), slow)
    return _conclude(demo, [*together, crash, slow])


def _show(number: int, payment: Payment) -> None:
    payment.ended.result()
    payment.story.show(number)
    books = payment.books()
    show_conclusion(f"Kupi-Kupi has {books.status}: {roubles(books.moved)} moved")
    booked = ", ".join(books.events) or "nothing"
    show_conclusion(f"Saleor has {booked}: {roubles(books.charged)} charged, order {books.order}")
    show_conclusion(_mark(books))
    for wrong in books.wrong:
        show_conclusion(click.style(wrong, fg="red"))


def _conclude(demo: Demo, payments: Sequence[Payment]) -> bool:
    """Compares both sides once more, now that all is over, and prints the table."""
    widest = max(len(each.scenario.title) for each in payments)
    click.echo()
    heads = f"{'reference':9}  {'payment':{widest}}  {'Kupi-Kupi':11}  {'moved':>10}  {'charged':>10}  order"
    click.secho(heads, bold=True)
    right = True
    for payment in payments:
        books = payment.books()
        right = right and not books.wrong
        reference = short(payment.story.reference) if payment.story.reference else "none"
        click.echo(
            f"{reference:9}  {payment.scenario.title:{widest}}  {books.status:11}"
            f"  {_plain(books.moved)}  {_plain(books.charged)}  {books.order:6} {_mark(books)}"
        )
    if not right:
        click.echo(f"\n{demo.stage.app.tail()}")
    return right


def _mark(books: Books) -> str:
    return click.style("WRONG", fg="red") if books.wrong else click.style("ok", fg="green")


def _plain(amount: Decimal) -> str:
    return f"{amount:>10,.2f}".replace(",", " ")


def _keep_open(demo: Demo) -> None:
    """Lets people shop until Ctrl-C. Raises Trouble where the app ends by itself."""
    stage = demo.stage
    stage.provider.form_lifetime = LONG_FORM_LIFETIME
    click.echo()
    for what, address in (
        ("the shop", demo.storefront.url),
        ("codes and points", f"{stage.provider.url}/cabinet"),
        ("keys, addresses", f"{stage.provider.url}/desk"),
        ("the Dashboard", demo.dashboard.app_url(stage.saleor.apps[0])),
        ("its extensions", demo.dashboard.url),
        ("the manifest", f"{stage.app.url}/api/manifest"),
        ("Saleor's API", stage.saleor.api_url),
    ):
        click.echo(f"{what:16}  {click.style(address, bold=True)}")
    click.echo(f"{'payments':16}  {stage.app.shell_command(['transfers', 'list'])}")
    click.echo("\nEverything stays open until Ctrl-C.")
    try:
        while True:
            time.sleep(1)
            stage.app.still_runs()
    except KeyboardInterrupt:
        click.echo("\nclosing")
