"""Saleor's webhooks: raw body and headers in, one flow, JSON out."""

import json
from typing import Any

import structlog
from flask import Blueprint, Response, request

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import InboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.authenticate import ACTION_EVENTS, authenticate
from saleor_kupikupi.flows.cancel import cancel
from saleor_kupikupi.flows.confirm import confirm
from saleor_kupikupi.flows.install import uninstall
from saleor_kupikupi.flows.offer import offer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.refund import request_refund
from saleor_kupikupi.flows.refuse import refuse_charge, refuse_empty, refuse_for_now
from saleor_kupikupi.flows.start import start
from saleor_kupikupi.saleor.events import EVENTS, ActionRequested, AppDeleted, Event, GatewayInitialize, SessionEvent
from saleor_kupikupi.store.database import DatabaseUnavailable

log = structlog.get_logger()

Answer = dict[str, Any]


def blueprint(parts: Parts) -> Blueprint:
    """Makes the routes /api/webhooks/<event>."""
    routes = Blueprint("saleor_webhooks", __name__, url_prefix="/api/webhooks")

    def view(event: str) -> Response:
        deadline = parts.deadline(parts.limits.webhook)
        raw = request.get_data(cache=False)
        try:
            answer = _answer(parts, event, raw, deadline)
        except InboundError:
            raise
        except Exception as error:
            if event not in ACTION_EVENTS:
                raise
            # On 5xx Saleor would repeat an action request without its content, five times.
            answer = _apology(parts, event, error)
        return Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")

    for event in sorted(EVENTS):
        routes.add_url_rule(f"/{event}", event, view, methods=["POST"], defaults={"event": event})
    return routes


def _answer(parts: Parts, route: str, raw: bytes, deadline: Deadline) -> Answer:
    believed = authenticate(parts, route, request.headers, raw, deadline)
    if believed.event is None:
        return refuse_empty(parts, route)
    return _act(parts, believed.installation, believed.event, deadline)


def _apology(parts: Parts, route: str, error: Exception) -> Answer:
    if isinstance(error, DatabaseUnavailable):
        log.error("database unavailable", route=route, error=str(error))
        return refuse_for_now(parts, route, "unavailable")
    log.error("defect", route=route, exc_info=error)
    return refuse_for_now(parts, route, "defect")


def _act(parts: Parts, installation: Installation, event: Event, deadline: Deadline) -> Answer:
    match event:
        case GatewayInitialize():
            return offer(parts, installation, event)
        case SessionEvent(kind="initialize"):
            return start(parts, installation, event, deadline)
        case SessionEvent():
            return confirm(parts, installation, event, deadline)
        case ActionRequested(action="charge"):
            return refuse_charge(parts, installation, event)
        case ActionRequested(action="cancel"):
            return cancel(parts, installation, event)
        case ActionRequested():
            return request_refund(parts, installation, event)
        case AppDeleted():
            uninstall(parts, installation, event)
    return {"success": True}
