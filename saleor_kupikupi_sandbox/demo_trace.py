"""The trace that a person reads: numbered parts, and in each who said what to whom, and when.

Knows how to print it. Must not know what it means.
"""

import textwrap
import time
from typing import Final

import click

from saleor_kupikupi_sandbox.demo_traffic import Line, Traffic, short

NAME: Final = len("Kupi-Kupi")
INDENT: Final = 18  # before the names: number and time
TEXT: Final = 96


class Story:
    """One part: its own lines, and what was said about its payment."""

    def __init__(self, title: str, traffic: Traffic | None = None) -> None:
        self.title = title
        self.reference = ""
        self._traffic = traffic
        self._began = time.monotonic()
        self._lines: list[Line] = []

    def tell(self, who: str, whom: str, text: str) -> None:
        """Adds a line; what was said before it stays before it."""
        if self._traffic is not None:
            self._traffic.look()
        self._lines.append(Line(time.monotonic(), who, whom, text))

    def show(self, number: int) -> None:
        """Prints the part."""
        title = f"{self.title} · reference {short(self.reference)}" if self.reference else self.title
        click.echo()
        click.secho(f"{number:2}  {title}", bold=True)
        said = self._traffic.of(self.reference) if self._traffic is not None else []
        for step, line in enumerate(sorted([*self._lines, *said], key=lambda each: each.at), start=1):
            self._show_line(step, line)

    def _show_line(self, step: int, line: Line) -> None:
        passed = click.style(f"{step:6} {line.at - self._began:7.2f} s", dim=True)
        names = f"{line.who:{NAME}} {'→' if line.whom else ' '} {line.whom:{NAME}}"
        first, *more = textwrap.wrap(line.text, TEXT, break_long_words=False, break_on_hyphens=False) or [""]
        click.echo(f"{passed}  {names}  {first}")
        for rest in more:
            click.echo(f"{'':{INDENT + len(names)}}  {rest}")


def show_conclusion(text: str) -> None:
    """Prints a line below a part's own."""
    click.echo(f"{'':{INDENT}}{text}")
