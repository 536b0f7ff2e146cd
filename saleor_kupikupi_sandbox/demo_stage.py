"""Sets the demo's stage: starts the stand-ins, the storefront and the app, installs the app and connects it.

Knows what staff and an operator do. Must not know what is paid on the stage.
"""

import re
import secrets
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.demo_app import COMMAND, Program, Trouble
from saleor_kupikupi_sandbox.demo_payment import Stage
from saleor_kupikupi_sandbox.demo_scenarios import (
    CHANNEL,
    CHANNEL_AUTOMATIC,
    FORM_LIFETIME,
    NOTIFICATION_DELAYS,
    POINTS,
)
from saleor_kupikupi_sandbox.demo_trace import Story
from saleor_kupikupi_sandbox.demo_traffic import Traffic, short
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from saleor_kupikupi_sandbox.storefront import Storefront

PLATFORM_UID: Final = "demo-shop"
BUYERS: Final = 8  # threads; more than there are payments at a time


@dataclass(frozen=True)
class Demo:
    """All that runs."""

    stage: Stage
    storefront: Storefront
    dashboard: Dashboard
    pool: ThreadPoolExecutor


def set_up(cleanup: ExitStack) -> Demo:
    """Starts everything and leaves its end to `cleanup`; prints the demo's first two parts. Raises Trouble."""
    folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="saleor-kupikupi-demo-")))
    pool = ThreadPoolExecutor(BUYERS, thread_name_prefix="buyer")
    cleanup.callback(pool.shutdown)
    saleor = _start_saleor(cleanup)
    dashboard = Dashboard(saleor)
    dashboard.start()
    cleanup.callback(dashboard.stop)
    platform = Platform(PLATFORM_UID, secrets.token_urlsafe(12), "test")
    provider = Kupikupi(
        [platform], POINTS, form_lifetime=FORM_LIFETIME, notification_delays=NOTIFICATION_DELAYS, language="en"
    )
    provider.start()
    cleanup.callback(provider.stop)
    settings = {"ALLOWED_SALEOR_URLS": saleor.api_url, "DASHBOARD_ORIGINS": dashboard.url, "STAFF_LANGUAGE": "en"}
    app = _start_app(folder, settings, cleanup)
    gateway = _install(saleor, app)
    storefront = Storefront(saleor, gateway, CHANNEL)
    storefront.start()
    cleanup.callback(storefront.stop)
    platform.success_url, platform.fail_url = storefront.success_url, storefront.fail_url
    _connect(app, provider, platform)
    stopping = threading.Event()
    cleanup.callback(stopping.set)
    return Demo(Stage(provider, saleor, app, gateway, Traffic(provider, saleor), stopping), storefront, dashboard, pool)


def _start_saleor(cleanup: ExitStack) -> Saleor:
    saleor = Saleor()
    saleor.start()
    cleanup.callback(saleor.stop)
    saleor.channel(CHANNEL, name="Main shop")
    saleor.channel(CHANNEL_AUTOMATIC, automatic_completion=True, completion_delay=0.2, name="Orders by themselves")
    saleor.channel("eur", "EUR", name="Europe")  # cannot be paid in with points
    return saleor


def _start_app(folder: Path, settings: Mapping[str, str], cleanup: ExitStack) -> Program:
    key_file = folder / "secret.key"
    key_file.write_text(secrets.token_urlsafe(48))
    app = Program(folder, {"SECRET_KEY_FILE": str(key_file), **settings})
    cleanup.callback(app.stop)
    app.start()
    return app


def _install(saleor: Saleor, app: Program) -> str:
    """Installs the app as staff do, from its manifest's address, and gives its id. Raises Trouble."""
    story = Story("The app is installed in Saleor")
    story.tell("staff", "Saleor", f"install {app.url}/api/manifest")
    try:
        installed = saleor.install(f"{app.url}/api/manifest")
    except InstallFailed as failed:
        raise Trouble(f"Saleor could not install the app: {failed}\n{app.tail()}") from None
    events = [event for webhook in installed.webhooks for event in webhook.events]
    story.tell("Saleor", "app", f"GET /api/manifest: {installed.identifier} {installed.version}")
    story.tell("", "", f"wants {', '.join(installed.permissions)} and {len(events)} webhooks")
    story.tell("Saleor", "app", "POST /api/register: here is your token")
    story.show(1)
    return installed.identifier


def _connect(app: Program, provider: Kupikupi, platform: Platform) -> None:
    """Connects the shop as an operator does, and gives the provider the address for its notifications."""
    story = Story("An operator connects the shop to Kupi-Kupi's test environment")
    add = ["connections", "add", "shop", "--test", "--platform-uid", platform.uid]
    printed = _command(story, app, [*add, "--base-url", provider.base_url, "--secret-file", "-"], platform.secret)
    address = re.search(r"http\S+/api/notifications/(\S+)", printed)
    if address is None:
        raise Trouble(f"`connections add` printed no address for notifications:\n{printed}")
    platform.notification_url = address[0]
    _command(story, app, ["connections", "map", "shop", "--channel", CHANNEL, "--channel", CHANNEL_AUTOMATIC])
    story.show(2)


def _command(story: Story, app: Program, arguments: list[str], typed: str = "") -> str:
    story.tell("operator", "app", f"{COMMAND} {' '.join(arguments)}")
    printed = app.run(arguments, typed)
    for line in printed.splitlines():
        # Whoever knows this address can make claims: it is a secret, and shortened like one.
        story.tell("", "", re.sub(r"(/api/notifications/)(\S+)", lambda found: found[1] + short(found[2]), line))
    return printed
