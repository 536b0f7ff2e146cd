"""Knows the command line of the provider's stand-in: its flags, and how it is told to stop.

Must not know what the flags do.
"""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from saleor_kupikupi_sandbox.kupikupi_faults import KINDS, Fault
from saleor_kupikupi_sandbox.kupikupi_ledger import Platform
from saleor_kupikupi_sandbox.kupikupi_wire import WIRE_FORMATS

_EPILOG = f"""\
Without a platform it knows the uid and secret of the provider's own example. --fault takes a kind and its details:
  --fault 'latency method=init times=2 seconds=1.5'   --fault 'unknown_order method=checkout'
kinds: {", ".join(KINDS)}"""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    host: str
    port: int
    platform: Platform
    balances: dict[str, Decimal]
    settings: dict[str, Any]
    faults: list[dict[str, Any]]


def read(arguments: Sequence[str] | None) -> Options:
    """Reads the command line; a wrong one ends the program with the reason."""
    found = _parser().parse_args(arguments)
    platform = Platform(
        found.platform,
        found.secret,
        found.environment,
        found.success_url,
        found.fail_url,
        found.notification_url,
    )
    settings = {
        "form_lifetime": found.form_lifetime,
        "notification_encoding": found.notification_encoding,
        "repeated_order": found.repeated_order,
        "language": found.language,
        "public_url": found.public_url,
        "wire_formats": found.wire_format or tuple(WIRE_FORMATS),
    }
    if found.notification_delay:
        settings["notification_delays"] = tuple(found.notification_delay)
    return Options(found.host, found.port, platform, dict(found.balance), settings, found.fault)


def wait_for_the_end(greeting: str) -> None:
    """Greets, then waits for SIGINT or SIGTERM."""
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    sys.stdout.write(greeting + "\n")
    sys.stdout.flush()
    signal.sigwait(ends)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m saleor_kupikupi_sandbox.kupikupi",
        description="A stand-in for the Kupi-Kupi provider. Its admin routes are open to anyone: keep it local.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8082)
    add("--public-url", help="its own address as browsers and shops see it, where that is another")
    add("--platform", default="M2hULcD58iYGkmS7", metavar="UID")
    add("--secret", default="yIKirCvplm8N1D9g")
    add("--environment", choices=("test", "production"), default="test")
    add("--success-url", metavar="URL")
    add("--fail-url", metavar="URL")
    add("--notification-url", metavar="URL")
    add("--notification-delay", type=float, action="append", metavar="SECONDS", help="before each try; repeat it")
    add("--notification-encoding", choices=("json", "form"), default="json")
    add("--balance", type=_balance, action="append", default=[], metavar="PHONE=POINTS", help="register a phone")
    add("--form-lifetime", type=float, default=600.0, metavar="SECONDS")
    add("--repeated-order", choices=("refuse", "same_form"), default="refuse")
    add("--wire-format", choices=tuple(WIRE_FORMATS), action="append", help="accept this one only; default: both")
    add("--language", choices=("ru", "en"), default="ru")
    add("--fault", type=_fault, action="append", default=[], metavar="'KIND [NAME=VALUE …]'")
    return parser


def _balance(text: str) -> tuple[str, Decimal]:
    phone, _, points = text.partition("=")
    if not (points.isdecimal() and phone.isdecimal() and len(phone) == 11):
        raise argparse.ArgumentTypeError("expected 11 digits, =, whole points")
    return phone, Decimal(points)


def _fault(text: str) -> dict[str, Any]:
    kind, *details = shlex.split(text) or [""]
    asked: dict[str, Any] = {"kind": kind}
    for each in details:
        name, _, value = each.partition("=")
        try:
            asked[name] = json.loads(value)
        except ValueError:
            asked[name] = value
    try:
        Fault(kind, asked.get("method"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return asked
