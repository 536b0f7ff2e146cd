"""The command line: what an operator types.

Exit codes: 0 done, 1 it did not succeed, 2 wrongly asked, 3 wrong settings.
"""

from importlib import import_module
from typing import Any

import click

from saleor_kupikupi import __version__
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.settings import WrongSettings

WRONG_SETTINGS = 3

# The module of each command, imported when it is typed: a health check must not cost a second of computing.
_MODULES = {
    "connections": "connections",
    "demo": "demo",
    "health": "serving",
    "installations": "installations",
    "migrate": "serving",
    "reconcile": "payments",
    "reports": "payments",
    "serve": "serving",
    "transfers": "payments",
    "worker": "serving",
}


class _Commands(click.Group):
    """Explains wrong settings, and what else stands in the way, in one place and without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks with it
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in _MODULES:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{_MODULES[cmd_name]}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WrongSettings as error:
            click.echo(f"The settings do not work:\n{error}", err=True)
            ctx.exit(WRONG_SETTINGS)
        except AppError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands)
@click.version_option(__version__)
def main() -> None:
    """Takes Kupi-Kupi cashback points as payment in Saleor. Settings come from the environment."""
