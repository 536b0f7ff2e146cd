"""The provider's stand-in: five methods, transfer form, notifications and faults on demand, behind one handle.

Knows how its parts are put together and offers what tests and the demo ask of it. Must not know the app: it is written
from the provider's instruction alone. Run it by hand with ``python -m saleor_kupikupi_sandbox.kupikupi --help``.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal
from wsgiref.types import StartResponse, WSGIEnvironment

import flask
import requests

from saleor_kupikupi_sandbox import kupikupi_cli
from saleor_kupikupi_sandbox.kupikupi_admin import Admin
from saleor_kupikupi_sandbox.kupikupi_api import PREFIX, Api, Call
from saleor_kupikupi_sandbox.kupikupi_desk import Desk
from saleor_kupikupi_sandbox.kupikupi_faults import Fault, Faults
from saleor_kupikupi_sandbox.kupikupi_ledger import CONFIRMED, Delivery, Ledger, Platform, Transfer
from saleor_kupikupi_sandbox.kupikupi_notifications import Encoding, Notifier, genuine
from saleor_kupikupi_sandbox.kupikupi_pages import Pages
from saleor_kupikupi_sandbox.kupikupi_wire import WIRE_FORMATS
from saleor_kupikupi_sandbox.serving import Served, serve

__all__ = ["Call", "Delivery", "Fault", "Kupikupi", "Platform", "Transfer"]

DELAYS: Final = (0.0, 1.0, 5.0, 15.0)


def four_digits() -> str:
    """Makes a code as the provider sends it; never with a leading zero, which a JSON number could not carry."""
    return str(1000 + secrets.randbelow(9000))


class Kupikupi:
    """One provider. Balances are in points, amounts in kopecks, times in seconds; `clock` rules the form's lifetime."""

    def __init__(  # noqa: PLR0913 - one keyword for each habit of the provider
        self,
        platforms: Sequence[Platform],
        balances: Mapping[str, int | Decimal] | None = None,
        *,
        form_lifetime: float = 600.0,
        notification_delays: Sequence[float] = DELAYS,
        notification_encoding: Encoding = "json",
        notification_timeout: float = 10.0,
        repeated_order: Literal["refuse", "same_form"] = "refuse",
        wire_formats: Iterable[str] = tuple(WIRE_FORMATS),
        language: Literal["ru", "en"] = "ru",
        public_url: str | None = None,
        clock: Callable[[], float] = time.time,
        codes: Callable[[], str] = four_digits,
    ) -> None:
        same_form = repeated_order == "same_form"
        self._ledger = Ledger(platforms, balances or {}, clock, form_lifetime, codes, same_form)
        self._faults = Faults()
        self._notifier = Notifier(
            self._ledger, self._faults, notification_delays, notification_encoding, notification_timeout
        )
        formats = [WIRE_FORMATS[name] for name in wire_formats]
        self._api = Api(self._ledger, self._notifier, self._faults, formats, self._form_url)
        self._public_url = public_url
        self._served: Served | None = None
        self._pages = flask.Flask(__name__)
        pages = Pages(self._ledger, self._notifier, language, self._form_url).blueprint()
        Desk(self._ledger, lambda: self.base_url).add_to(pages)
        self._pages.register_blueprint(pages)
        self._pages.register_blueprint(Admin(self, self._form_url).blueprint())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request: the five methods apart from everything else, to keep them quick."""
        app = self._api if environ["PATH_INFO"].startswith(PREFIX) else self._pages
        return app(environ, start_response)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> Served:
        """Serves; after `stop` it may start again and remembers everything."""
        self._notifier.stopping.clear()
        self._served = serve(self, host, port)
        return self._served

    def stop(self) -> None:
        """Stops serving and notifying."""
        self._notifier.stop()
        if self._served is not None:
            self._served.stop()

    @property
    def url(self) -> str:
        """The address of its pages, without a trailing slash."""
        if self._public_url is not None:
            return self._public_url.rstrip("/")
        if self._served is None:
            raise RuntimeError("the provider has not been started")
        return self._served.url

    @property
    def base_url(self) -> str:
        """The address that a shop configures, with a trailing slash."""
        return self.url + PREFIX

    def _form_url(self, form_key: str) -> str:
        return f"{self.url}/form/{form_key}"

    @property
    def form_lifetime(self) -> float:
        """How many seconds a form that is made from now on may be used."""
        return self._ledger.form_lifetime

    @form_lifetime.setter
    def form_lifetime(self, seconds: float) -> None:
        self._ledger.form_lifetime = seconds

    def platform(self, uid: str) -> Platform:
        """Finds a platform, whose addresses may be changed. Raises KeyError."""
        for platform in self._ledger.platforms:
            if platform.uid == uid:
                return platform
        raise KeyError(uid)

    def transfer(self, order_id: str) -> Transfer:
        """Finds the newest transfer of an order. Raises KeyError."""
        return self._ledger.find(order_id)

    def transfers(self) -> list[Transfer]:
        """Lists every transfer, the oldest first."""
        return self._ledger.transfers()

    def calls(self, method: str | None = None) -> list[Call]:
        """Lists the requests received, of one method or of all, the oldest first."""
        return [call for call in list(self._api.calls) if method in {None, call.method}]

    def balance_of(self, phone: str) -> Decimal:
        """Answers a phone's points. Raises KeyError."""
        return Decimal(self._ledger.registered_kopecks(phone)) / 100

    def set_balance(self, phone: str, points: int | str | Decimal) -> None:
        """Registers a phone or changes its points."""
        self._ledger.set_kopecks(phone, int(Decimal(points) * 100))

    def open_form(self, transfer_url: str) -> requests.Response:
        """Opens a transfer form as the buyer's browser does."""
        return requests.get(transfer_url, timeout=60, allow_redirects=False)

    def type_code(self, transfer_url: str, code: str) -> requests.Response:
        """Sends the form with a code; the answer's Location is where the buyer is sent back to."""
        return requests.post(transfer_url, data={"code": code}, timeout=60, allow_redirects=False)

    def notify(self, order_id: str, *, platform: str | None = None, **overrides: object) -> Delivery:
        """Sends one notification now, CONFIRMED unless said otherwise; a field overridden with None is left out.

        It is the provider's own, and moves points on OK, only where nothing is overridden and the code has been typed.
        For an order it does not know it forges one for `platform`, else for the first platform. Raises KeyError.
        """
        try:
            transfer = self.transfer(order_id)
        except KeyError:
            to = self.platform(platform) if platform else self._ledger.platforms[0]
            unknown = Transfer(to, "", order_id, 0, 0.0, time.time, "")
            return self._notifier.send(unknown, _changed(genuine(unknown, CONFIRMED), overrides))
        delivery = self._notifier.send(transfer, _changed(genuine(transfer, CONFIRMED), overrides))
        if delivery.ok and not overrides:
            self._ledger.acknowledge(transfer)
        return delivery

    def fault(
        self,
        kind: str,
        method: str | None = None,
        times: int | None = None,
        *,
        order_id: str | None = None,
        **detail: object,
    ) -> Fault:
        """Asks for a fault, for the next `times` calls or until cleared; what is `held` goes on by its `release`.

        Raises ValueError for an impossible one.
        """
        asked = Fault(kind, method, times, order_id, detail)
        self._faults.add(asked)
        return asked

    def faults(self) -> list[Fault]:
        """Lists the faults still to come."""
        return self._faults.listed()

    def clear_faults(self) -> None:
        """Ends all faults."""
        self._faults.clear()

    def force(self, order_id: str, status: str) -> None:
        """Gives a transfer a status, whatever came before. Raises KeyError and ValueError."""
        self._ledger.force(self.transfer(order_id), status)

    def reset(self) -> None:
        """Forgets transfers, calls and faults, and restores the balances."""
        self._faults.clear()
        self._ledger.reset()
        self._api.calls.clear()


def _changed(body: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**body, **overrides}.items() if value is not None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a provider until it is told to stop."""
    options = kupikupi_cli.read(arguments)
    provider = Kupikupi([options.platform], options.balances, **options.settings)
    for asked in options.faults:
        provider.fault(**asked)
    provider.start(options.port, options.host)
    kupikupi_cli.wait_for_the_end(f"Kupi-Kupi sandbox: {provider.base_url}  account: {provider.url}/cabinet")
    provider.stop()


if __name__ == "__main__":
    main()
