"""Knows the sandbox's own control routes under /admin: look at the books, ask for faults, start again.

Must not know how a fault works. The real provider has nothing like these; keep them off any public address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import flask

from saleor_kupikupi_sandbox.kupikupi_desk import ADDRESSES
from saleor_kupikupi_sandbox.kupikupi_ledger import Delivery, Transfer

if TYPE_CHECKING:
    from saleor_kupikupi_sandbox.kupikupi import Kupikupi

Json = dict[str, Any]


class Admin:
    """The control routes of one provider; what it does not know answers 404, what makes no sense 400."""

    def __init__(self, provider: Kupikupi, form_url: Callable[[str], str]) -> None:
        self._provider = provider
        self._form_url = form_url

    def blueprint(self) -> flask.Blueprint:
        """Makes the routes."""
        blueprint = flask.Blueprint("admin", __name__, url_prefix="/admin")
        blueprint.register_error_handler(KeyError, _unknown)
        blueprint.register_error_handler(ValueError, _nonsense)
        blueprint.register_error_handler(TypeError, _nonsense)
        for verb, path, view in (
            ("GET", "/transfers", self.transfers),
            ("GET", "/transfers/<order_id>", self.transfer),
            ("POST", "/transfers/<order_id>/status", self.force),
            ("POST", "/transfers/<order_id>/notify", self.notify),
            ("GET", "/calls", self.calls),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.fault),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/platforms/<uid>", self.platform),
            ("POST", "/balances/<phone>", self.balance),
            ("POST", "/reset", self.reset),
        ):
            blueprint.add_url_rule(path, view_func=view, methods=[verb])
        return blueprint

    def transfers(self) -> Json:
        """Lists every transfer with its code and its notifications."""
        return {"transfers": [self._shown(each) for each in self._provider.transfers()]}

    def transfer(self, order_id: str) -> Json:
        """Shows the newest transfer of an order."""
        return self._shown(self._provider.transfer(order_id))

    def force(self, order_id: str) -> Json:
        """Gives a transfer the posted `status`."""
        self._provider.force(order_id, _asked()["status"])
        return self.transfer(order_id)

    def notify(self, order_id: str) -> Json:
        """Sends one notification now, with the posted fields in place of the true ones."""
        return _delivery(self._provider.notify(order_id, **_asked()))

    def calls(self) -> Json:
        """Lists what was received, of one `?method=` or of all."""
        found = self._provider.calls(flask.request.args.get("method"))
        return {"calls": [{"method": each.method, "body": each.body, "answer": each.answer} for each in found]}

    def faults(self) -> Json:
        """Lists the faults still to come."""
        return {"faults": [asdict(each) for each in self._provider.faults()]}

    def fault(self) -> tuple[Json, int]:
        """Asks for the posted fault: `kind`, perhaps `method`, `times`, `order_id`, and its details."""
        self._provider.fault(**_asked())
        return self.faults(), 201

    def clear_faults(self) -> Json:
        """Ends all faults."""
        self._provider.clear_faults()
        return self.faults()

    def platform(self, uid: str) -> Json:
        """Changes a platform's addresses to the posted ones."""
        asked, found = _asked(), self._provider.platform(uid)
        for name in asked.keys() & ADDRESSES.keys():
            setattr(found, name, asked[name])
        return {"uid": uid, **{name: getattr(found, name) for name in ADDRESSES}}

    def balance(self, phone: str) -> Json:
        """Registers a phone with the posted `points`, or changes them."""
        self._provider.set_balance(phone, _asked()["points"])
        return {"phone": phone, "points": str(self._provider.balance_of(phone))}

    def reset(self) -> Json:
        """Starts again."""
        self._provider.reset()
        return {}

    def _shown(self, transfer: Transfer) -> Json:
        return {
            "platform": transfer.platform.uid,
            "orderId": transfer.order_id,
            "status": transfer.status,
            "phone": transfer.phone,
            "amount": transfer.amount,
            "code": transfer.code,
            "paymentId": str(transfer.payment_id),
            "transferURL": self._form_url(transfer.form_key),
            "notifications": [_delivery(each) for each in transfer.notifications],
        }


def _asked() -> Json:
    asked = flask.request.get_json(force=True, silent=True)
    if not isinstance(asked, dict):
        raise TypeError("a JSON object is expected")
    return asked


def _delivery(delivery: Delivery) -> Json:
    return {**asdict(delivery), "ok": delivery.ok}


def _unknown(error: KeyError) -> tuple[Json, int]:
    return {"error": f"unknown or missing: {error.args[0]}"}, 404


def _nonsense(error: Exception) -> tuple[Json, int]:
    return {"error": str(error)}, 400
