"""A stand-in of Saleor's Dashboard: the app's page in its iframe, orders with their transactions, installing an app.

Knows pages and who is logged in. Must not know the app: all it gets of it is what the manifest said. What is spoken
with the iframe, in which order and when, is in `static/dashboard/`, after recordings of the real Dashboard.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response

from saleor_kupikupi_sandbox.dashboard_orders import NON_REFUNDABLE, money, order_page
from saleor_kupikupi_sandbox.dashboard_places import MOUNT, STAFF, claims_of, home_of, page_of
from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Order
from saleor_kupikupi_sandbox.serving import Served, serve

Rule = tuple[str, str, Callable[..., Any]]


class Dashboard:
    """The Dashboard of one mini Saleor, on an origin of its own.

    What a session is like is said once, in any address's query, and stays in that browser: `staff` is admin or
    orders-only, `theme` light or dark, `locale` such as ru; `stale` 1 starts with a token that has expired, `refresh`
    is the time in milliseconds between two new tokens, `silent` lists actions that get no answer.
    """

    def __init__(self, saleor: Saleor) -> None:
        self._saleor = saleor
        self._served: Served | None = None

    def start(self, port: int = 0) -> None:
        """Serves the Dashboard on loopback; port 0 takes a free one."""
        self._served = serve(self._flask(), port=port)

    def stop(self) -> None:
        """Stops serving."""
        if self._served is not None:
            self._served.stop()

    @property
    def url(self) -> str:
        """Is the address without a path: the origin that an app's page is framed by."""
        if self._served is None:
            raise RuntimeError("The Dashboard is not started")
        return self._served.url

    def app_url(self, app: App, sub_path: str = "", **session: Any) -> str:
        """Gives the address that opens an app's page in its iframe; `session` is what the class describes."""
        return self._address(f"{home_of(app)}/{sub_path.lstrip('/')}".rstrip("/"), session)

    def order_url(self, order: Order, **session: Any) -> str:
        """Gives the address of an order's page."""
        return self._address(f"{MOUNT}/orders/{quote(order.id, safe='')}", session)

    def install_url(self, manifest_url: str, **session: Any) -> str:
        """Gives the address of the page that installs an app, with its manifest filled in."""
        return self._address(f"{MOUNT}/extensions/app/install", {"manifestUrl": manifest_url} | session)

    def _address(self, path: str, query: dict[str, Any]) -> str:
        return f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")

    def _flask(self) -> Flask:
        app = Flask(__name__)
        app.jinja_env.filters["money"] = money
        app.context_processor(lambda: {"mount": MOUNT, "staff_kinds": STAFF, "home_of": home_of})
        rules: Iterable[Rule] = (
            ("GET", "/", lambda: redirect(f"{MOUNT}/extensions/installed")),
            ("GET", f"{MOUNT}/", lambda: redirect(f"{MOUNT}/extensions/installed")),
            ("GET", f"{MOUNT}/extensions/installed", self._installed),
            ("POST", f"{MOUNT}/extensions/installed", self._dismiss),
            ("POST", f"{MOUNT}/extensions/uninstall", self._uninstall),
            ("GET", f"{MOUNT}/extensions/app/install", self._ask_install),
            ("POST", f"{MOUNT}/extensions/app/install", self._install),
            ("GET", f"{MOUNT}/extensions/app/<app_id>", self._page),
            ("GET", f"{MOUNT}/extensions/app/<app_id>/<path:sub_path>", self._page),
            ("GET", f"{MOUNT}/authorize/<app_id>", self._authorize),
            ("POST", f"{MOUNT}/token", self._token),
            ("GET", f"{MOUNT}/orders", self._orders),
            ("GET", f"{MOUNT}/orders/<order_id>", self._order),
            ("POST", f"{MOUNT}/orders/<order_id>", self._refund),
            ("GET", f"{MOUNT}/<path:_elsewhere>", self._elsewhere),
        )
        for method, path, view in rules:
            app.add_url_rule(path, f"{method} {path}", view, methods=[method])
        return app

    def _app(self, app_id: str) -> App:
        return next((app for app in self._saleor.apps if app.id == app_id), None) or abort(404)

    # An app's page

    def _page(self, app_id: str, sub_path: str = "") -> str:
        app = self._app(app_id)
        place = page_of(app, sub_path, request.query_string.decode(), self._saleor.site)
        return render_template("dashboard/app.html", app=app, place=place)

    def _token(self) -> Response:
        asked: dict[str, Any] = request.get_json()
        app = self._app(asked["app"])
        staff = asked["staff"] if asked["staff"] in STAFF else STAFF[0]
        issued = int(self._saleor.site.now().timestamp())
        claims = claims_of(app, staff, asked["extension"], issued, stale=bool(asked["stale"]))
        return jsonify(token=self._saleor.bridge_token(app, **claims))

    def _authorize(self, app_id: str) -> str:
        back = {"appPath": request.args.get("redirectPath", "")}
        answers = {"Deny": back | {"error": "USER_DENIED_PERMISSIONS"}, "Approve": back}
        app = self._app(app_id)
        links = [(word, f"{home_of(app)}?{urlencode(query, safe='/')}") for word, query in answers.items()]
        wanted = request.args.get("requestedPermissions", "")
        return render_template("dashboard/authorize.html", app=app, links=links, wanted=wanted)

    # Extensions

    def _installed(self) -> str:
        return render_template("dashboard/installed.html", apps=self._saleor.apps)

    def _dismiss(self) -> Response:
        self._saleor.staff.dismiss_problem(self._app(request.form["app"]), request.form["key"])
        return redirect(f"{MOUNT}/extensions/installed", 303)

    def _uninstall(self) -> Response:
        self._saleor.uninstall(self._app(request.form["app"]))
        return redirect(f"{MOUNT}/extensions/installed", 303)

    def _ask_install(self) -> str:
        return render_template("dashboard/install.html", manifest_url=request.args.get("manifestUrl", ""), error=None)

    def _install(self) -> Response | tuple[str, int]:
        manifest_url = request.form.get("manifestUrl", "")
        try:
            app = self._saleor.install(manifest_url)
        except InstallFailed as failed:
            page = render_template("dashboard/install.html", manifest_url=manifest_url, error=str(failed))
            return page, 422
        return redirect(home_of(app), 303)

    # Orders

    def _orders(self) -> str:
        return render_template("dashboard/orders.html", orders=self._saleor.orders[::-1])

    def _known_order(self, order_id: str) -> Order:
        return next((order for order in self._saleor.orders if order.id == order_id), None) or abort(404)

    def _order(self, order_id: str) -> str:
        order = self._known_order(order_id)
        if any(transaction.unreadable for transaction in self._saleor.transactions(order.id)):
            abort(404)  # the page's own query gets no order
        page = order_page(self._saleor, order, request.query_string.decode())
        return render_template("dashboard/order.html", page=page, order=order, non_refundable=NON_REFUNDABLE)

    def _refund(self, order_id: str) -> Response:
        """Asks the app for a refund, as staff does by "New refund"; one for returned goods is granted first."""
        order = self._known_order(order_id)
        transaction, reason = request.form["transaction"], request.form.get("reason", "")
        amount = _amount(request.form["amount"])
        if request.form.get("granted"):
            granted = self._saleor.staff.grant_refund(order.id, amount, reason)
            self._saleor.request_action(transaction, "REFUND", wait=False, granted_refund=granted)
        else:
            self._saleor.request_action(transaction, "REFUND", amount, wait=False)
        return redirect(f"{MOUNT}/orders/{quote(order.id, safe='')}", 303)

    def _elsewhere(self, _elsewhere: str) -> str:
        return render_template("dashboard/elsewhere.html", path=request.path)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        abort(422)
