"""The small box on an order's page: what of the order was paid with points, and the way to it."""

from flask import request

from saleor_kupikupi.flows.order_payments import payments_of
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Visit


def add(screens: Screens) -> None:
    """Makes the route /widget/order."""
    screens.get("/widget/order", show)


def show(visit: Visit) -> Shown:
    """Shows an order's transfers; whatever else stands in the query is the Dashboard's and means something else."""
    installation = visit.staff.installation
    payments = payments_of(visit.parts, installation, request.args.get("orderId", ""))
    return Shown("widget.html", {"payments": payments, "app_id": installation.app_id})
