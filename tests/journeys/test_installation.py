"""A Saleor asks to be let in: nobody has signed that, so the order of the checks is the protection."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from saleor_kupikupi.app import create_app, make_parts
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.settings import Settings
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.database import migrate
from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from saleor_kupikupi_sandbox.serving import serve
from tests.journeys.payments import confirmed_payment, open_payment
from tests.keys import usual_key
from tests.outbound.peers import Line, Peer, certificate, http, talkative
from tests.saleor.stand_in import serving
from tests.world import APP_ID, KEY, Door, World
from tests.world import world as made_world

Register = Callable[..., requests.Response]
AppFor = Callable[..., Register]
Script = Callable[[Line], None]
Listen = Callable[..., Peer]
TOKEN = "a token that nobody gave out"


@pytest.fixture
def app_for(database_url: str) -> Iterator[AppFor]:
    """Makes apps that let some Saleors in, and gives what posts to /api/register."""
    migrate(database_url)
    ending: list[Callable[[], None]] = []

    def make(*urls: str, pattern: str = "", patience: float = 5.0) -> Register:
        settings = Settings(
            secret_key=KEY, database_url=database_url, allowed_saleor_urls=urls, allowed_domain_pattern=pattern
        )
        parts = make_parts(settings, Limits(registration=patience))
        served = serve(create_app(settings, parts).wsgi_app)
        ending.extend((served.stop, parts.saleor.close, parts.database.dispose))

        def register(api_url: str | None, body: bytes | None = None, version: str = "3.22") -> requests.Response:
            headers = {"Saleor-Schema-Version": version} | ({"Saleor-Api-Url": api_url} if api_url else {})
            said = json.dumps({"auth_token": TOKEN}).encode() if body is None else body
            return requests.post(f"{served.url}/api/register", data=said, headers=headers, timeout=10)

        return register

    yield make
    for end in ending:
        end()


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Makes Saleors that answer byte by byte as they are told."""
    peers: list[Peer] = []

    def make(script: Script, context: ssl.SSLContext | None = None) -> Peer:
        peers.append(Peer(script, context))
        return peers[-1]

    yield make
    for peer in peers:
        peer.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_a_wide_list_leads_to_no_address_of_a_private_network(app_for: AppFor, listen: Listen, host: str) -> None:
    peer = listen(lambda line: line.wait())
    register = app_for(f"http://*:{peer.port}/graphql/")
    status, code, message = refusal(register(f"http://{host}:{peer.port}/graphql/"))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "ALLOWED_SALEOR_URLS" in message
    assert peer.connections == 0


def refusal(response: requests.Response) -> tuple[int, str, str]:
    said = response.json()
    assert said["success"] is False
    return response.status_code, said["error"]["code"], said["error"]["message"]


# who may


@pytest.mark.parametrize(
    ("allowed", "asking"),
    [
        ("https://shop.example/graphql/", "https://shop.example.evil.example/graphql/"),
        ("https://shop.example/graphql/", "http://shop.example/graphql/"),
        ("https://shop.example/graphql/", "https://shop.example/graphql"),
        ("https://shop.example/graphql/", "https://shop.example/other/"),
        ("https://shop.example/graphql/", "https://SHOP.example/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://saleor.cloud/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://evil.example/a.saleor.cloud/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://evil.example#a.saleor.cloud/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://evil.example?a.saleor.cloud/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://user@a.saleor.cloud/graphql/"),
        ("https://*.saleor.cloud/graphql/", "https://a.saleor.cloud.evil.example/graphql/"),
        ("https://*.saleor.cloud/graphql/", "not an address"),
    ],
)
def test_a_saleor_that_is_not_listed_may_not_install(app_for: AppFor, allowed: str, asking: str) -> None:
    status, code, message = refusal(app_for(allowed)(asking))
    assert (status, code) == (403, "SALEOR_URL_PROHIBITED")
    assert "ALLOWED_SALEOR_URLS" in message or "GraphQL API" in message


def test_nothing_is_sent_to_a_saleor_that_may_not_install(app_for: AppFor) -> None:
    with serving() as stand_in:
        assert app_for("https://shop.example/graphql/")(stand_in.api_url).status_code == 403
        assert stand_in.asked == []


def test_an_empty_list_says_which_variable_to_set(app_for: AppFor) -> None:
    _, code, message = refusal(app_for()("https://shop.example/graphql/"))
    assert code == "SALEOR_URL_PROHIBITED"
    assert "set ALLOWED_SALEOR_URLS" in message


@pytest.fixture
def saleor() -> Iterator[Saleor]:
    made = Saleor(key=usual_key())
    made.start()
    yield made
    made.stop()


def is_asked(register: Register, saleor: Saleor) -> bool:
    """Whether the token was tried, upon which it turns out to be a wrong one."""
    response = register(saleor.api_url)
    return bool(saleor.graphql_calls) and response.status_code == 401


def is_let_in(register: Register, saleor: Saleor) -> bool:
    """Whether the list let the Saleor in, so that its address, which is not public, was looked at."""
    status, _, message = refusal(register(saleor.api_url))
    return status == 401 and "not public" in message and not saleor.graphql_calls


def test_a_listed_saleor_may_install(app_for: AppFor, saleor: Saleor) -> None:
    assert is_asked(app_for("https://shop.example/graphql/", saleor.api_url), saleor)


@pytest.mark.parametrize("listed", ["http://127.0.0.*:*/graphql/", "http://*/graphql/", "http://127.*.0.1:*/graphql/"])
def test_a_listed_address_may_have_stars(app_for: AppFor, saleor: Saleor, listed: str) -> None:
    assert is_let_in(app_for(listed), saleor)


@pytest.mark.parametrize("pattern", [r"^http://127\.0\.0\.1:\d+/graphql/$", r"/http://127\.0\.0\.1.*/"])
def test_the_ecosystems_own_pattern_lets_a_saleor_in(app_for: AppFor, saleor: Saleor, pattern: str) -> None:
    assert is_let_in(app_for(pattern=pattern), saleor)


def test_the_ecosystems_own_pattern_keeps_a_saleor_out(app_for: AppFor, saleor: Saleor) -> None:
    assert app_for(pattern=r".*\.saleor\.cloud/.*")(saleor.api_url).status_code == 403
    assert saleor.graphql_calls == []


# what is wrong


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "CANT_BE_PARSED"),
        (b"auth_token=1", "CANT_BE_PARSED"),
        (b"[" * 60_000, "CANT_BE_PARSED"),
        (b"[]", "MISSING_AUTH_TOKEN"),
        (b"{}", "MISSING_AUTH_TOKEN"),
        (b'{"auth_token": ""}', "MISSING_AUTH_TOKEN"),
        (b'{"auth_token": 7}', "MISSING_AUTH_TOKEN"),
    ],
)
def test_a_request_that_cannot_be_read_says_what_it_lacks(
    app_for: AppFor, saleor: Saleor, body: bytes, code: str
) -> None:
    assert refusal(app_for(saleor.api_url)(saleor.api_url, body))[:2] == (400, code)


def test_a_request_without_an_address_says_so(app_for: AppFor) -> None:
    assert refusal(app_for("http://*/graphql/")(None))[:2] == (400, "MISSING_API_URL_HEADER")


def test_a_wrong_token_is_named_as_the_cause(app_for: AppFor, saleor: Saleor) -> None:
    status, code, message = refusal(app_for(saleor.api_url)(saleor.api_url))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "wrong token" in message
    assert TOKEN not in message


@pytest.mark.parametrize("token", ["день", "a\nb", "a" * 20_000])
def test_a_token_that_no_saleor_would_send_is_refused(app_for: AppFor, saleor: Saleor, token: str) -> None:
    body = json.dumps({"auth_token": token}).encode()
    status, code, _ = refusal(app_for(saleor.api_url)(saleor.api_url, body))
    assert (status // 100, code) == (4, "UNKNOWN_APP_ID")


def cause_at(app_for: AppFor, api_url: str, patience: float = 5.0) -> str:
    status, code, message = refusal(app_for(api_url, patience=patience)(api_url))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    return message


def test_a_host_without_a_name_is_named_as_the_cause(app_for: AppFor) -> None:
    assert "DNS" in cause_at(app_for, "http://no-such-shop.invalid/graphql/")


def test_a_certificate_that_is_not_trusted_is_named_as_the_cause(
    app_for: AppFor, listen: Listen, tmp_path: Path
) -> None:
    peer = listen(talkative(http()), certificate(tmp_path)[0])
    assert "TLS" in cause_at(app_for, f"{peer.url}graphql/")


def silent(line: Line) -> None:
    line.hear()
    line.wait()


def rude(line: Line) -> None:
    line.hear()


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (silent, "timeout"),
        (rude, "dropped"),
        (talkative(http(b"", "302 Found", "Location: http://127.0.0.1:1/")), "redirect"),
        (talkative(http(b"<html>Welcome</html>")), "not JSON"),
        (talkative(http(b"x" * 70_000)), "too large"),
        (talkative(http(b"{}", "503 Service Unavailable")), "503"),
    ],
)
def test_a_saleor_that_does_not_answer_rightly_is_named_as_the_cause(
    app_for: AppFor, listen: Listen, script: Script, cause: str
) -> None:
    peer = listen(script)
    assert cause in cause_at(app_for, f"{peer.url}graphql/", patience=0.4 if script is silent else 5.0)


def test_a_closed_port_is_named_as_the_cause(app_for: AppFor, listen: Listen) -> None:
    peer = listen(talkative(http()))
    peer.stop()
    assert "refuses the connection" in cause_at(app_for, f"{peer.url}graphql/")


@pytest.mark.parametrize(
    "keys", [http(b'{"keys": []}'), http(b"<html>"), http(b"{}", "404 Nothing"), http(b"{}", "500 Oh")]
)
def test_a_saleor_without_keys_is_refused(app_for: AppFor, listen: Listen, keys: bytes) -> None:
    def script(line: Line) -> None:
        while heard := line.hear():
            app = json.dumps({"data": {"app": {"id": "QXBwOjE=", "identifier": APP_ID}}}).encode()
            line.say(http(app) if heard.startswith(b"POST") else keys)

    peer = listen(script)
    status, code, message = refusal(app_for(f"{peer.url}graphql/")(f"{peer.url}graphql/"))
    assert (status, code) == (401, "JWKS_NOT_AVAILABLE")
    assert "keys" in message


def test_registering_takes_posts_only(world: World) -> None:
    response = requests.get(f"{world.url}/api/register", timeout=10)
    assert (response.status_code, response.json()["error"]["type"]) == (405, "WRONG_METHOD")


# what staff read, and what stays


def test_staff_read_why_an_install_was_refused(world: World, saleor: Saleor) -> None:
    with pytest.raises(InstallFailed, match="add it to ALLOWED_SALEOR_URLS"):
        saleor.install(f"{world.url}/api/manifest")


def test_an_install_can_be_repeated_after_it_failed(each_world: World) -> None:
    each_world.saleor.uninstall(each_world.app)
    each_world.saleor.down(how="500")
    with pytest.raises(InstallFailed, match="answered 500"):
        each_world.saleor.install(f"{each_world.url}/api/manifest")
    each_world.saleor.clear()
    each_world.app = each_world.saleor.install(f"{each_world.url}/api/manifest")
    payment = open_payment(each_world)
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"


@pytest.mark.parametrize("fault", ["wrong token", "down"])
def test_a_register_that_is_refused_overwrites_nothing(world: World, fault: str) -> None:
    payment = confirmed_payment(world)
    with world.parts.database.read() as tx:
        before = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    if fault == "down":
        world.saleor.down(how="drop")
    response = requests.post(
        f"{world.url}/api/register",
        json={"auth_token": TOKEN},
        headers={"Saleor-Api-Url": world.saleor.api_url, "Saleor-Schema-Version": "3.99"},
        timeout=10,
    )
    assert response.status_code == 401
    world.saleor.clear()
    with world.parts.database.read() as tx:
        assert installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID) == before
    world.work()
    assert world.charged(payment) == "1234.50"
    open_payment(world)


def token_of_another_app(world: World) -> str:
    door = Door()
    served = serve(door)
    settings = world.settings.model_copy(update={"manifest_app_id": "another.app", "port": served.port})
    parts = make_parts(settings)
    door.inside = create_app(settings, parts).wsgi_app
    try:
        return world.saleor.install(f"{served.url}/api/manifest").token or ""
    finally:
        served.stop()
        parts.saleor.close()
        parts.database.dispose()


def register_with(world: World, token: str) -> requests.Response:
    headers = {"Saleor-Api-Url": world.saleor.api_url, "Saleor-Schema-Version": "3.22"}
    return requests.post(f"{world.url}/api/register", json={"auth_token": token}, headers=headers, timeout=10)


def test_another_app_of_the_same_saleor_cannot_take_our_place(each_world: World) -> None:
    world = each_world
    status, code, message = refusal(register_with(world, token_of_another_app(world)))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "another app" in message
    payment = open_payment(world)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def uninstalled_as(world: World, identifier: str) -> list[str]:
    with world.parts.database.read() as tx:
        known = [each.installation for each in installations.listed(tx) if each.uninstalled_at is not None]
        return [each.app_id for each in known if each.app_identifier == identifier]


def test_another_app_cannot_come_in_where_ours_was_uninstalled(each_world: World) -> None:
    world = each_world
    world.saleor.uninstall(world.app)
    with world.parts.database.write() as tx:
        installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.parts.now())
    before = uninstalled_as(world, APP_ID)
    assert before == [world.app.id]
    status, code, message = refusal(register_with(world, token_of_another_app(world)))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "another app" in message
    assert uninstalled_as(world, APP_ID) == before
    world.app = world.saleor.install(f"{world.url}/api/manifest")
    payment = open_payment(world)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_another_app_cannot_come_in_where_nothing_was_installed_yet(database_url: str) -> None:
    with made_world(database_url, installed=False) as world:
        assert refusal(register_with(world, token_of_another_app(world)))[:2] == (401, "UNKNOWN_APP_ID")
        with world.parts.database.read() as tx:
            assert installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID) is None


def test_an_app_whose_identifier_saleor_does_not_tell_is_refused(app_for: AppFor, listen: Listen) -> None:
    peer = listen(talkative(http(b'{"data": {"app": {"id": "QXBwOjE=", "identifier": null}}}')))
    status, code, message = refusal(app_for(f"{peer.url}graphql/")(f"{peer.url}graphql/"))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "another app" in message
