"""The command line: what an operator types.

Exit codes: 0 done, 1 it did not succeed, 2 wrongly asked, 3 wrong settings.
"""

from typing import Any

import click

from saleor_kupikupi import __version__
from saleor_kupikupi.cli.connections import connections
from saleor_kupikupi.cli.demo import demo
from saleor_kupikupi.cli.installations import installations
from saleor_kupikupi.cli.payments import reconcile, reports, transfers
from saleor_kupikupi.cli.serving import health, migrate, serve, worker
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.settings import WrongSettings

WRONG_SETTINGS = 3


class _Commands(click.Group):
    """Explains wrong settings, and what else stands in the way, in one place and without a traceback."""

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


for _command in (serve, worker, migrate, demo, health, connections, transfers, reports, installations, reconcile):
    main.add_command(_command)
