"""A shop in the browser, in one basket: it pays with points through Saleor, as a real storefront would.

Knows pages and cookies. Must not know the app: what it shows of the payment comes from Saleor's public API.
"""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.serving import Served, serve
from saleor_kupikupi_sandbox.storefront_saleor import SaleorAway, SaleorClient, Step
from saleor_kupikupi_sandbox.storefront_texts import LANGUAGES, TEXTS

_YEAR = 31_536_000
# A browser shares the cookies of a host among its ports, and the provider's pages are on the same host.
_PREFIX = "shop_"


class Storefront:
    """One shop of a mini Saleor; `user` is the logged-in buyer, None an anonymous one.

    `pause` is the least time in seconds between two questions about one payment.
    """

    def __init__(
        self,
        saleor: Saleor,
        gateway_id: str,
        channel: str = "rub",
        total: str = "1234.50",
        user: str | None = "buyer@example.com",
        pause: float = 3.0,
    ) -> None:
        self._saleor = saleor
        self._gateway_id = gateway_id
        self._channel = channel
        self._total = total
        self._user = user
        self._pause = pause
        self._token = saleor.token_for(user) if user else None
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[float, Step]] = {}
        self._served: Served | None = None

    def start(self, port: int = 0) -> None:
        """Serves the shop on loopback; port 0 takes a free one."""
        self._served = serve(self._app(), port=port)

    def stop(self) -> None:
        """Stops serving."""
        if self._served is not None:
            self._served.stop()

    @property
    def url(self) -> str:
        """Is the shop's address."""
        if self._served is None:
            raise RuntimeError("The storefront is not started")
        return self._served.url

    @property
    def success_url(self) -> str:
        """Is where the provider sends a buyer who confirmed."""
        return f"{self.url}/return/success"

    @property
    def fail_url(self) -> str:
        """Is where the provider sends a buyer who did not."""
        return f"{self.url}/return/fail"

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.context_processor(_wording)
        rules: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/", self._basket),
            ("POST", "/phone", self._choose_phone),
            ("POST", "/pay", self._pay),
            ("GET", "/return/success", self._return),
            ("GET", "/return/fail", self._return),
            ("POST", "/new", self._new),
        ]
        for method, path, view in rules:
            app.add_url_rule(path, f"{method} {path}", view, methods=[method])
        app.register_error_handler(SaleorAway, self._away)
        return app

    def _client(self) -> SaleorClient:
        return SaleorClient(self._saleor.api_url, self._token)

    def _basket(self) -> Response:
        checkout_id = request.cookies.get(_PREFIX + "checkout")
        offer = self._client().offer(checkout_id, self._gateway_id) if checkout_id else None
        page = render_template(
            "storefront/basket.html",
            total=_roubles(self._total),
            phone=request.cookies.get(_PREFIX + "phone", "79000000001"),
            offer=offer,
            key=str(uuid.uuid4()),
        )
        return _page(page)

    def _choose_phone(self) -> Response:
        phone = request.form.get("phone", "")[:40]
        checkout = self._saleor.create_checkout(
            channel=self._channel, total=self._total, phone=phone, user=self._user, language=_language().upper()
        )
        response = redirect("/", 303)
        _keep(response, checkout=checkout.id, phone=phone)
        return response

    def _pay(self) -> Response:
        """Opens the payment; the page's own key makes a second click ask about the same one."""
        checkout_id = request.cookies.get(_PREFIX + "checkout")
        if not checkout_id:
            return redirect("/", 303)
        step = self._client().initialize(checkout_id, self._gateway_id, request.form.get("key") or str(uuid.uuid4()))
        if step.transaction_id is None:
            return self._result("failed", step)
        form = step.data.get("transferURL")
        waits = step.event.endswith("ACTION_REQUIRED")
        response = redirect(form, 303) if waits and form else redirect("/return/success", 303)
        self._remember(step.transaction_id, step)
        _keep(response, transaction=step.transaction_id)
        return response

    def _return(self) -> Response:
        """Shows how the payment stands; which of the two addresses the provider chose proves nothing."""
        checkout_id, transaction_id = (
            request.cookies.get(_PREFIX + "checkout"),
            request.cookies.get(_PREFIX + "transaction"),
        )
        if not checkout_id or not transaction_id:
            return _page(render_template("storefront/nothing.html"))
        step = self._process(transaction_id)
        if step.event.endswith("SUCCESS") or self._client().is_paid(checkout_id):
            number, code = self._client().complete(checkout_id)
            return self._result("paid" if number else "not_ordered", step, number, code)
        return self._result("failed" if step.event.endswith("FAILURE") else "waiting", step)

    def _process(self, transaction_id: str) -> Step:
        """Asks about a payment, but not sooner than a pause after the last time."""
        with self._lock:
            at, known = self._asked.get(transaction_id, (0.0, None))
        if known is not None and time.monotonic() - at < self._pause:
            return known
        step = self._client().process(transaction_id)
        if known is not None and known.event == step.event and not step.data:
            step = known  # a final event comes again without data: what the app said when it happened stays
        self._remember(transaction_id, step)
        return step

    def _remember(self, transaction_id: str, step: Step) -> None:
        with self._lock:
            self._asked[transaction_id] = (time.monotonic(), step)

    def _result(self, outcome: str, step: Step, number: str | None = None, code: str | None = None) -> Response:
        retry_after = step.data.get("retryAfter")
        pause = max(self._pause, retry_after if isinstance(retry_after, int) else 0)
        waits = outcome in ("waiting", "not_ordered")
        page = render_template(
            "storefront/result.html",
            outcome=outcome,
            messages=step.messages,
            form=step.data.get("transferURL") if outcome == "waiting" else None,
            number=number,
            code=code,
            total=_roubles(self._total),
            refresh=max(1, round(pause)) if waits else None,
        )
        return _page(page)

    def _new(self) -> Response:
        response = redirect("/", 303)
        for name in ("checkout", "transaction"):
            response.delete_cookie(_PREFIX + name)
        return response

    def _away(self, _error: SaleorAway) -> Response:
        response = _page(render_template("storefront/away.html", refresh=max(1, round(self._pause))))
        response.status_code = 502
        return response


def _page(text: str) -> Response:
    response = make_response(text)
    response.headers["Cache-Control"] = "no-store"
    if request.args.get("lang") in LANGUAGES:
        _keep(response, lang=request.args["lang"])
    return response


def _keep(response: Response, **values: str) -> None:
    # Lax: the provider's form leads back with a plain link, which must bring the cookies along.
    for name, value in values.items():
        response.set_cookie(_PREFIX + name, value, max_age=_YEAR, httponly=True, samesite="Lax")


def _language() -> str:
    chosen = request.args.get("lang") or request.cookies.get(_PREFIX + "lang")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default="ru")


def _wording() -> dict[str, Any]:
    language = _language()
    other = next(name for name in LANGUAGES if name != language)
    return {"lang": language, "other": other, "t": TEXTS[language]}


def _roubles(amount: str) -> str:
    return f"{float(amount):,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
