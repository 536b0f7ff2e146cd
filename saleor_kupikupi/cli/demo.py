"""Shows the whole payment on this machine, against the sandbox."""

import sys

import click


@click.command()
@click.option("--keep", is_flag=True, help="Leave the shop running afterwards and print its address.")
def demo(keep: bool) -> None:
    """Pay with points end to end: install, pay, return, report; and go through what can go wrong."""
    from saleor_kupikupi_sandbox.demo import run

    sys.exit(run(keep=keep))
