import pytest
import requests

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.asking import ask, report, start, token_of
from tests.sandbox.saleor.recording_app import RecordingApp


def test_an_app_may_complain_from_322_on(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    create = 'mutation { appProblemCreate(input: {key: "down", message: "x is down"}) { errors { code } } }'
    dismiss = 'mutation { appProblemDismiss(input: {byApp: {keys: ["down", "no"]}}) { errors { code } } }'
    if any_saleor.version == "3.21":
        assert ask(any_saleor, create, app)["status"] == 400
        return
    for _ in "12":
        assert ask(any_saleor, create, app)["data"]["appProblemCreate"]["errors"] == []
    assert [problem.count for problem in any_saleor.app(app).problems] == [2]
    ask(any_saleor, dismiss, app)
    assert any_saleor.app(app).problems == ()
    short = create.replace('"down"', '"d"')
    assert ask(any_saleor, short, app)["data"]["appProblemCreate"]["errors"] == [{"code": "INVALID"}]
    assert ask(any_saleor, create)["data"]["appProblemCreate"] is None


def test_what_an_app_reads_and_a_buyer_does_not(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    result = start(saleor, recorder)
    query = """query($t: UUID!) { transaction(token: $t) { id token name actions chargedAmount { amount }
      events { type } order { id number status chargeStatus totalBalance { amount currency } checkoutId
        total { gross { amount currency } } }
      checkout { id chargeStatus totalPrice { gross { amount currency } } totalBalance { amount currency } } } }"""
    seen = ask(saleor, query, app, t=token_of(result))["data"]["transaction"]
    assert seen["order"] is None
    assert seen["checkout"]["totalBalance"] == {"amount": -1234.5, "currency": "RUB"}
    assert [event["type"] for event in seen["events"]] == ["CHARGE_ACTION_REQUIRED", "CHARGE_REQUEST"]
    report(saleor, app, token_of(result), "CHARGE_SUCCESS")
    order = saleor.checkout_complete(seen["checkout"]["id"])
    seen = ask(saleor, query, app, t=token_of(result))["data"]["transaction"]
    assert (seen["checkout"], seen["order"]["id"], seen["order"]["number"]) == (None, order.id, "1")
    assert (seen["order"]["chargeStatus"], seen["order"]["totalBalance"]["amount"]) == ("FULL", 0.0)
    denied = ask(saleor, query, t=token_of(result))
    assert (denied["status"], denied["data"]) == (200, {"transaction": None})
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    other = saleor.create_checkout()
    assert ask(saleor, "query($i: ID!) { checkout(id: $i) { chargeStatus } }", i=other.id)["data"] == {
        "checkout": {"chargeStatus": "NONE"}
    }
    assert ask(saleor, "{ app { id name } }")["data"] == {"app": None}
    assert ask(saleor, "{ app { id name webhooks { name isActive } } }", app)["data"]["app"]["id"] == app.id
    assert ask(saleor, "{ __typename shop { version schemaVersion } channels { slug } }", app)["data"] == {
        "__typename": "Query",
        "shop": {"version": "3.22.67", "schemaVersion": "3.22"},
        "channels": [{"slug": "rub"}],
    }


def test_an_app_renames_its_transaction(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    token = token_of(start(saleor, recorder))
    mutation = """mutation($t: UUID!, $u: String) { transactionUpdate(token: $t, transaction: {name: "Points",
      availableActions: [REFUND], externalUrl: $u}) { errors { code } transaction { name actions } } }"""
    done = ask(saleor, mutation, app, t=token, u="https://pay.test/1")["data"]["transactionUpdate"]
    assert done == {"errors": [], "transaction": {"name": "Points", "actions": ["REFUND"]}}
    refused = ask(saleor, mutation, app, t=token, u="nowhere")["data"]["transactionUpdate"]
    assert refused["errors"] == [{"code": "INVALID"}]
    assert saleor.transaction(token).external_url == "https://pay.test/1"


@pytest.mark.parametrize("query", ["{ orders { id } }", "mutation { orderCancel { id } }", "{", "{ app { colour } }"])
def test_what_is_not_known_is_refused_as_graphql_does(saleor: Saleor, app: App, query: str) -> None:
    answer = ask(saleor, query, app)
    assert answer["status"] == 400
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "GraphQLError"


@pytest.mark.parametrize(
    ("how", "status", "is_json"), [("500", 500, False), ("html", 200, False), ("garbled", 200, True)]
)
def test_saleor_fails_as_often_as_it_is_told(saleor: Saleor, app: App, how: str, status: int, is_json: bool) -> None:
    saleor.down(times=1, how=how)
    response = requests.post(saleor.api_url, json={"query": "{ __typename }"}, timeout=5)
    assert (response.status_code, response.text.startswith("{")) == (status, is_json)
    assert ask(saleor, "{ __typename }")["data"] == {"__typename": "Query"}
    assert [call.status for call in saleor.graphql_calls] == [status, 200]


def test_saleor_is_away_until_it_is_back(saleor: Saleor, app: App) -> None:
    saleor.down()
    for _ in "12":
        with pytest.raises(requests.ConnectionError):
            requests.post(saleor.api_url, json={"query": "{ __typename }"}, timeout=5)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{saleor.url}/.well-known/jwks.json", timeout=5)
    saleor.clear()
    assert ask(saleor, "{ __typename }")["status"] == 200
    assert requests.get(f"{saleor.url}/.well-known/jwks.json", timeout=5).ok


def test_a_lost_answer_was_given(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    token = token_of(start(saleor, recorder))
    saleor.down(times=1, how="lost")
    with pytest.raises(requests.ConnectionError):
        report(saleor, app, token, "CHARGE_SUCCESS")
    assert saleor.transaction(token).charged > 0


def test_saleor_is_slow_until_it_is_not(saleor: Saleor) -> None:
    saleor.slow(30)
    with pytest.raises(requests.Timeout):
        requests.post(saleor.api_url, json={"query": "{ __typename }"}, timeout=0.1)
    saleor.clear()
    assert ask(saleor, "{ __typename }")["status"] == 200
