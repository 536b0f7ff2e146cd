"""The requests of docs/storefront.http buy something, run as an editor runs them."""

import json
import re
from typing import Any

import requests
from graphql import parse, validate

from tests.contract.made_from_code import ROOT
from tests.contract.saleor_files import VERSIONS, needs_saleor_files, schema
from tests.world import RICH, World, carried_out

COLLECTION = (ROOT / "docs" / "storefront.http").read_text(encoding="utf-8")
REQUEST = re.compile(
    r"^# @name (\w+)\nPOST (\S+)\nContent-Type: application/json\n\n(\{.*?^\})", re.DOTALL | re.MULTILINE
)
VARIABLE = re.compile(r"\{\{([^}]+)\}\}")


class Editor:
    """Sends a collection's requests by name, and fills in variables and earlier answers."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._requests = {name: (url, body) for name, url, body in REQUEST.findall(COLLECTION)}
        self._answers: dict[str, Any] = {}

    def send(self, name: str) -> Any:
        url, body = (VARIABLE.sub(lambda found: self._value(found[1]), text) for text in self._requests[name])
        answer = requests.post(url, json=json.loads(body), timeout=10).json()
        assert "errors" not in answer, answer
        self._answers[name] = answer
        return next(iter(answer["data"].values()))

    def _value(self, wanted: str) -> str:
        if wanted in self._variables:
            return self._variables[wanted]
        name, response, body, *path = wanted.split(".")
        assert (response, body) == ("response", "body")
        value = self._answers[name]
        for step in path:
            value = value[step]
        return str(value)


def test_the_collection_buys_something(world: World) -> None:
    checkout = world.saleor.create_checkout(phone=RICH)
    editor = Editor({"saleor": world.saleor.api_url, "checkout": checkout.id})

    assert editor.send("offer")["gatewayConfigs"][0]["data"]["available"] is True
    opened = editor.send("pay")
    assert opened["data"]["transferURL"].startswith(world.provider.url)
    assert editor.send("look")["chargeStatus"] == "NONE"
    world.paid(carried_out(world.saleor.transaction_process(opened["transaction"]["id"])))
    assert editor.send("look")["chargeStatus"] == "FULL"
    assert editor.send("ask")["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert editor.send("order")["order"]["number"] == world.saleor.orders[0].number


@needs_saleor_files
def test_every_request_of_the_collection_is_valid_for_every_saleor() -> None:
    documents = {name: json.loads(body)["query"] for name, _, body in REQUEST.findall(COLLECTION)}
    complaints = [
        (version, name, error.message)
        for version in VERSIONS
        for name, document in documents.items()
        for error in validate(schema(version), parse(document))
    ]

    assert (list(documents), complaints) == (["offer", "pay", "look", "ask", "order"], [])
