import json
from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_manifest import InvalidManifest, satisfies
from tests.sandbox.saleor.asking import ask, until
from tests.sandbox.saleor.recording_app import RecordingApp, subscription

PROCESS = "TRANSACTION_PROCESS_SESSION"


def hook(**changes: Any) -> dict[str, Any]:
    query = subscription(PROCESS, "issuedAt")
    return {"name": "x", "targetUrl": "http://app.test/x", "query": query, "syncEvents": [PROCESS]} | changes


def test_an_install_reads_the_manifest_twice_and_hands_a_working_token_over(
    any_saleor: Saleor, recorder: RecordingApp
) -> None:
    seen: list[Any] = []

    def registered() -> tuple[int, Any]:
        token = json.loads(recorder.received("register")[0].body)["auth_token"]
        seen.append(ask(any_saleor, "{ app { id } }", bearer=token)["data"]["app"]["id"])
        return 200, {"success": False}

    recorder.answers["register"] = registered
    app = any_saleor.install(recorder.manifest_url)
    version = any_saleor.version
    assert [each.headers["Saleor-Schema-Version"] for each in recorder.received("manifest")] == [version, version]
    register = recorder.received("register")[0]
    domain = any_saleor.url.removeprefix("http://")
    assert register.body == json.dumps({"auth_token": app.token}).encode()
    assert len(app.token or "") == 30
    assert register.headers["Saleor-Api-Url"] == any_saleor.api_url
    assert (register.headers["Saleor-Domain"], register.headers["X-Saleor-Domain"]) == (domain, domain)
    assert register.headers["Saleor-Schema-Version"] == version
    assert "Saleor-Signature" not in register.headers
    assert seen == [app.id]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (201, b"", None),
        (302, b"", None),
        (403, {"error": {"message": "This Saleor is not allowed"}}, "This Saleor is not allowed"),
        (404, b"x", r"App internal error \(404\)"),
        (500, {"error": {"message": "secret"}}, r"App internal error \(500\)"),
        (0, b"", "Failed to connect to app"),
    ],
)
def test_the_answer_to_the_token_decides_the_install(
    saleor: Saleor, recorder: RecordingApp, status: int, body: Any, told: str | None
) -> None:
    recorder.answers["register"] = (status, body)
    if told is None:
        assert saleor.install(recorder.manifest_url).is_active
        return
    with pytest.raises(InstallFailed, match=told):
        saleor.install(recorder.manifest_url)
    token = json.loads(recorder.received("register")[0].body)["auth_token"]
    assert ask(saleor, "{ app { id } }", bearer=token)["data"] == {"app": None}
    recorder.answers.pop("register")
    assert saleor.install(recorder.manifest_url).is_active


def test_a_manifest_that_cannot_be_fetched_is_tried_again_from_323_on(
    any_saleor: Saleor, recorder: RecordingApp
) -> None:
    recorder.answers["manifest"] = (0, b"")
    with pytest.raises(InstallFailed, match="Failed to connect"):
        any_saleor.install(recorder.manifest_url)
    assert len(recorder.received("manifest")) == (3 if any_saleor.version == "3.23" else 1)


@pytest.mark.parametrize(("status", "body"), [(404, b"{}"), (302, b"{}"), (200, b"<html>"), (200, b"[]")])
def test_a_manifest_that_is_none_fails_the_install(
    saleor: Saleor, recorder: RecordingApp, status: int, body: bytes
) -> None:
    recorder.answers["manifest"] = (status, body)
    with pytest.raises(InstallFailed):
        saleor.install(recorder.manifest_url)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"name": "x" * 61},
        {"author": " "},
        {"version": None},
        {"appUrl": f"http://app.test/{'x' * 200}"},
        {"appUrl": "/dashboard"},
        {"permissions": ["HANDLE_POINTS"]},
        {"requiredSaleorVersion": ">=4"},
        {"requiredSaleorVersion": "new ones"},
        {"brand": {"logo": {"default": "http://app.test/logo.svg"}}},
        {"brand": {"logo": {"default": "http://app.test/logo?x.png"}}},
        {"webhooks": [{"name": "x"}]},
        {"webhooks": [hook(targetUrl="ftp://app.test/x")]},
        {"webhooks": [hook(query="subscription {")]},
        {"webhooks": [hook(query="query { shop { name } }")]},
        {"webhooks": [hook(query=subscription(PROCESS, "sourceObject { colour }"))]},
        {"webhooks": [hook(syncEvents=["TRANSACTION_DREAMT"])]},
        {"webhooks": [hook(customHeaders={"Cookie": "x"})]},
        {"extensions": [{"label": "x"}]},
        {"extensions": [{"label": "x", "url": "/x", "mount": "NAVIGATION_ORDERS", "permissions": ["MANAGE_ORDERS"]}]},
        {"webhooks": {}, "extensions": "none"},
    ],
)
def test_a_manifest_with_a_fault_is_refused(
    any_saleor: Saleor, recorder: RecordingApp, changes: dict[str, Any]
) -> None:
    recorder.changes = changes
    with pytest.raises(InstallFailed):
        any_saleor.install(recorder.manifest_url)
    assert recorder.received("register") == []


@pytest.mark.parametrize("name", ["chargeStatus", "authorizeStatus", "token"])
def test_fields_that_conflict_between_checkout_and_order_are_refused(
    any_saleor: Saleor, recorder: RecordingApp, name: str
) -> None:
    both = f"sourceObject {{ ... on Checkout {{ {name} }} ... on Order {{ {name} }} }}"
    recorder.changes = {"webhooks": [hook(query=subscription(PROCESS, both))]}
    with pytest.raises(InstallFailed, match="conflict"):
        any_saleor.install(recorder.manifest_url)


@pytest.mark.parametrize(
    ("changes", "refusing"),
    [
        ({"tokenTargetUrl": None}, {"3.21", "3.22"}),
        (
            {
                "extensions": [
                    {
                        "label": "x",
                        "url": "http://app.test/x",
                        "mount": "ORDER_DETAILS_WIDGETS",
                        "target": "WIDGET",
                        "options": {"widgetTarget": {"method": "GET"}},
                    }
                ]
            },
            {"3.21"},
        ),
        ({"webhooks": [hook(identifier="a"), hook(identifier=" a ")]}, {"3.23"}),
        ({"webhooks": [hook(query=subscription(PROCESS, "transaction { paymentMethodDetails { name } }"))]}, {"3.21"}),
        ({"requiredSaleorVersion": ">=3.21 <4"}, set()),
        ({"brand": {"logo": {"default": "http://app.test/logo.png"}}}, set()),
    ],
)
def test_versions_differ_in_the_manifests_they_take(
    any_saleor: Saleor, recorder: RecordingApp, changes: dict[str, Any], refusing: set[str]
) -> None:
    recorder.changes = changes
    if any_saleor.version in refusing:
        with pytest.raises(InstallFailed):
            any_saleor.install(recorder.manifest_url)
        return
    app = any_saleor.install(recorder.manifest_url)
    assert (app.token is None) == ("tokenTargetUrl" in changes)


@pytest.mark.parametrize(
    ("wanted", "satisfied"),
    [
        (">=3.21 <4", True),
        (">=3.21.0 <3.22", False),
        ("^3.21", True),
        ("~3.21", False),
        ("~3.22.1", True),
        ("3.22", True),
        ("3.22.68", False),
        ("<=3.22", True),
        (">3.22", False),
        ("3.20 || 3.22", True),
    ],
)
def test_a_required_version_is_a_range(wanted: str, satisfied: bool) -> None:
    assert satisfies("3.22.67", wanted) is satisfied
    with pytest.raises(InvalidManifest):
        satisfies("3.22.67", "x.y")


def test_an_app_is_installed_once(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    with pytest.raises(InstallFailed, match="already installed"):
        saleor.install(recorder.manifest_url)
    saleor.deactivate(app)
    with pytest.raises(InstallFailed, match="already installed"):
        saleor.install(recorder.manifest_url)


def test_without_the_permission_an_app_gets_no_webhook(saleor: Saleor, recorder: RecordingApp) -> None:
    recorder.changes = {"permissions": []}
    app = saleor.install(recorder.manifest_url)
    config = saleor.gateway_initialize(saleor.create_checkout().id, app.identifier)
    assert config["errors"][0]["code"] == "NOT_FOUND"
    assert recorder.received("payment_gateway_initialize_session") == []


def test_events_follow_from_the_query_where_the_manifest_names_none(saleor: Saleor, recorder: RecordingApp) -> None:
    query = f"{subscription(PROCESS, 'issuedAt')[:-4]} ...F }} }} fragment F on AppDeleted {{ version }}"
    recorder.changes = {"webhooks": [hook(query=query, syncEvents=None)]}
    app = saleor.install(recorder.manifest_url)
    assert app.webhooks[0].events == (PROCESS, "APP_DELETED")


def test_custom_headers_are_sent(saleor: Saleor, recorder: RecordingApp) -> None:
    url = f"{recorder.url}/x"
    recorder.changes = {"webhooks": [hook(targetUrl=url, customHeaders={"X-Shop": "1"})]}
    saleor.send_webhook(saleor.install(recorder.manifest_url), PROCESS, b"{}")
    assert recorder.received("x")[0].headers["X-Shop"] == "1"


def test_an_uninstall_is_told_from_323_on_with_a_dead_token(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    statuses = iter([500, 200])
    recorder.answers["app_deleted"] = lambda: (next(statuses), {})
    any_saleor.uninstall(app)
    assert ask(any_saleor, "{ app { id } }", app)["data"] == {"app": None}
    if any_saleor.version != "3.23":
        assert any_saleor.deliveries == []
        return
    until(lambda: len(any_saleor.deliveries) == 2)
    first, again = recorder.received("app_deleted")
    assert first.body == again.body
    body = json.loads(first.body)
    assert body["app"] == {"id": app.id, "identifier": app.identifier, "isActive": False}
    assert body["issuingPrincipal"]["email"] == "admin@example.com"


def test_an_upgrade_keeps_the_app_and_changes_the_version(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    saleor.upgrade("3.23")
    recorder.answer("payment_gateway_initialize_session", body={"data": {}})
    saleor.gateway_initialize(saleor.create_checkout().id, app.identifier)
    seen = recorder.received("payment_gateway_initialize_session")[0]
    assert seen.headers["User-Agent"] == "Saleor/3.23"
    assert json.loads(seen.body)["version"] == "3.23.28"
