"""A shop and its buyer, as the provider's stand-in meets them."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask
import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from saleor_kupikupi_sandbox.serving import Served

UID, SECRET = "shop-1", "a-secret-of-the-shop"
PAYS, POOR, FAILS, BUYER = 79000000001, 79000000002, 79000000003, 79161234567
SUCCESS, FAIL = "https://shop.example/thanks", "https://shop.example/sorry"
Make = Callable[..., Kupikupi]


class Clock:
    """Time that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shop:
    """A shop's NotificationURL: notes what comes and answers as it is told."""

    answers: list[tuple[str, int]] = field(default_factory=lambda: [("OK", 200)])
    bodies: list[bytes] = field(default_factory=list)
    served: Served | None = None

    @property
    def url(self) -> str:
        assert self.served is not None
        return f"{self.served.url}/notify"

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def app(self) -> flask.Flask:
        app = flask.Flask(__name__)

        @app.post("/notify")
        def notify() -> tuple[str, int]:
            self.bodies.append(flask.request.get_data())
            return self.answers[min(len(self.bodies), len(self.answers)) - 1]

        return app


def signed(body: dict[str, Any], secret: str = SECRET) -> dict[str, Any]:
    """Signs as the manual says, spelled out once more and apart from the stand-in's own way."""
    pairs = {**{name: str(value) for name, value in body.items()}, "SecretKey": secret}
    text = "".join(pairs[name] for name in sorted(pairs))
    return {**body, "token": hashlib.sha256(text.encode()).hexdigest()}


def ask(provider: Kupikupi, method: str, **body: Any) -> dict[str, Any]:
    request = signed({"uidPlatform": UID, **body})
    response = requests.post(provider.base_url + method, json=request, timeout=5)
    assert response.status_code == 200
    answer = response.json()
    assert isinstance(answer, dict)
    return answer


def opened(provider: Kupikupi, order: str = "order-1", phone: int = BUYER, amount: int = 25_050) -> str:
    url = ask(provider, "init", phone=phone, orderId=order, amount=amount)["transferURL"]
    assert isinstance(url, str)
    return url


def typed(provider: Kupikupi, url: str, order: str = "order-1") -> requests.Response:
    return provider.type_code(url, provider.transfer(order).code)


def status_of(provider: Kupikupi, order: str = "order-1", amount: int = 25_050) -> Any:
    return ask(provider, "checkout", orderId=order, amount=amount)["transferStatus"]


def eventually(fact: Callable[[], object], within: float = 5.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if fact():
            return True
        time.sleep(0.005)
    return bool(fact())
