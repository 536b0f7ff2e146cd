"""An app changes its own webhooks."""

from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.asking import GATEWAY, ask, start
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp, subscription

SHOWN = "webhook { id name targetUrl isActive subscriptionQuery syncEvents { eventType } } errors { field code }"
UPDATE = (
    f"mutation($id: ID!, $input: WebhookUpdateInput!) {{ done: webhookUpdate(id: $id, input: $input) {{ {SHOWN} }} }}"
)
CREATE = f"mutation($input: WebhookCreateInput!) {{ done: webhookCreate(input: $input) {{ {SHOWN} }} }}"
DELETE = f"mutation($id: ID!) {{ done: webhookDelete(id: $id) {{ {SHOWN} }} }}"
OWN = "{ app { webhooks { id name } breakerState breakerLastStateChange } }"
PROCESS = subscription("TRANSACTION_PROCESS_SESSION", "action { amount }")


def hook_id(saleor: Saleor, app: App, name: str) -> str:
    hooks = ask(saleor, OWN, app)["data"]["app"]["webhooks"]
    return str(next(hook["id"] for hook in hooks if hook["name"] == name))


def test_a_changed_webhook_is_what_saleor_sends(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    id_ = hook_id(any_saleor, app, "TRANSACTION_INITIALIZE_SESSION")
    new = {"targetUrl": f"{recorder.url}/new", "query": subscription("TRANSACTION_INITIALIZE_SESSION", "version")}

    done = ask(any_saleor, UPDATE, app, id=id_, input=new)["data"]["done"]
    assert done["errors"] == []
    assert done["webhook"]["syncEvents"] == [{"eventType": "TRANSACTION_INITIALIZE_SESSION"}]
    recorder.answers["new"] = (200, REDIRECT)
    any_saleor.transaction_initialize(any_saleor.create_checkout().id, GATEWAY)
    (seen,) = recorder.received("new")
    assert seen.body.startswith(b'{"version": "3.')


def test_a_deleted_webhook_is_sent_no_more_and_a_created_one_is(
    saleor: Saleor, app: App, recorder: RecordingApp
) -> None:
    opened = start(saleor, recorder)
    assert opened.transaction is not None
    gone = ask(saleor, DELETE, app, id=hook_id(saleor, app, "TRANSACTION_PROCESS_SESSION"))
    assert gone["data"]["done"]["errors"] == []
    assert saleor.transaction_process(opened.transaction.id).data is None

    made = {"name": "again", "targetUrl": f"{recorder.url}/again", "query": PROCESS}
    assert ask(saleor, CREATE, app, input=made)["data"]["done"]["webhook"]["isActive"] is True
    recorder.answers["again"] = (200, REDIRECT)
    assert saleor.transaction_process(opened.transaction.id).data == REDIRECT["data"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"targetUrl": "no address"}, "INVALID"),
        ({"query": "subscription { event { nothing } }"}, "SYNTAX"),
        ({"customHeaders": '{"Cookie": "x"}'}, "INVALID_CUSTOM_HEADERS"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    saleor: Saleor, app: App, given: dict[str, Any], code: str
) -> None:
    id_ = hook_id(saleor, app, "TRANSACTION_PROCESS_SESSION")
    before = saleor.app(app).webhooks

    done = ask(saleor, UPDATE, app, id=id_, input=given)["data"]["done"]
    assert (done["webhook"], done["errors"][0]["code"]) == (None, code)
    assert saleor.app(app).webhooks == before


def test_a_new_webhook_needs_an_address(saleor: Saleor, app: App) -> None:
    done = ask(saleor, CREATE, app, input={"query": PROCESS})["data"]["done"]

    assert done["errors"] == [{"field": "targetUrl", "code": "REQUIRED"}]


def test_another_apps_webhook_is_not_found(saleor: Saleor, app: App) -> None:
    other = RecordingApp(identifier="app.other").start()
    installed = saleor.install(other.manifest_url)
    other.stop()

    done = ask(saleor, DELETE, installed, id=hook_id(saleor, app, "TRANSACTION_PROCESS_SESSION"))
    assert done["data"]["done"]["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


def test_a_buyer_may_not_touch_webhooks(saleor: Saleor, app: App) -> None:
    id_ = hook_id(saleor, app, "TRANSACTION_PROCESS_SESSION")

    answer = ask(saleor, DELETE, bearer=saleor.token_for("buyer@example.com"), id=id_)
    assert answer["errors"][0]["extensions"] == {"exception": {"code": "PermissionDenied"}}


def test_only_3_23_lets_a_webhook_be_identified(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    named = {"identifier": "mine", "targetUrl": f"{recorder.url}/again", "query": PROCESS}

    answer = ask(any_saleor, CREATE, app, input=named)
    assert answer["status"] == (200 if any_saleor.version == "3.23" else 400)
    if any_saleor.version == "3.23":
        again = ask(any_saleor, CREATE, app, input=named)["data"]["done"]
        assert again["errors"] == [{"field": "identifier", "code": "UNIQUE"}]


def test_an_app_sees_the_state_of_its_breaker(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    assert ask(any_saleor, OWN, app)["data"]["app"]["breakerState"] == "CLOSED"

    any_saleor.staff.break_circuit(app)
    seen = ask(any_saleor, OWN, app)["data"]["app"]
    assert seen["breakerState"] == "OPEN"
    assert seen["breakerLastStateChange"] is not None
