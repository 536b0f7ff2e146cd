"""What an operator types and reads: every command, its happy path, its errors and its exit codes."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from saleor_kupikupi import __version__
from saleor_kupikupi.cli.desk import chosen_installation
from saleor_kupikupi.store.tables import installations
from saleor_kupikupi_sandbox.saleor import Saleor
from tests.clock import eventually
from tests.journeys.payments import paid_payment
from tests.journeys.test_refunds_restored import forget_refunds
from tests.processes.running import PATIENCE, CommandLine, Mortal, Running
from tests.processes.stage import environment_of
from tests.world import KEY, RICH, RICH_DIGITS, SECRET, UID, Session, World
from tests.world import world as made_world

DONE, FAILED, WRONGLY_ASKED, WRONG_SETTINGS = range(4)


@pytest.fixture
def empty(operator: CommandLine, tmp_path: Path) -> CommandLine:
    """Types on a machine where nothing has been done yet."""
    operator.environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/app.db", "SECRET_KEY": KEY}
    return operator


@pytest.fixture
def run(operator: CommandLine, world: World) -> CommandLine:
    """Types beside an app that is installed and connected."""
    operator.environment = environment_of(world)
    return operator


def add(run: CommandLine, world: World, name: str, *more: str, secret: str = SECRET) -> Any:
    base = ("--test", "--platform-uid", UID, "--base-url", world.provider.base_url, "--secret-file", "-")
    return run("connections", "add", name, *base, *more, typed=f"{secret}\n")


def connection(run: CommandLine, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in run("connections", "list", "--json").json if each["name"] == name)
    return found


def opened(world: World) -> Session:
    return world.pay(world.saleor.create_checkout(total="12.34", phone=RICH).id)


# the command itself


def test_the_installed_command_introduces_itself(tmp_path: Path) -> None:
    asked = Running(tmp_path, {}, "--help")
    assert asked.ended() == DONE
    for command in ("serve", "worker", "migrate", "demo", "connections", "transfers", "reports", "reconcile"):
        assert re.search(rf"^  {command} ", asked.output, re.MULTILINE)
    version = Running(tmp_path, {}, "--version")
    assert version.ended() == DONE
    assert __version__ in version.output
    unknown = Running(tmp_path, {}, "serf")
    assert unknown.ended() == WRONGLY_ASKED


def test_every_command_explains_itself(empty: CommandLine) -> None:
    for command in ("connections", "transfers", "reports", "installations"):
        names = re.findall(r"^  ([a-z]+) ", empty(command, "--help").out.partition("Commands:")[2], re.MULTILINE)
        assert names
        for name in names:
            said = empty(command, name, "--help")
            assert (said.code, said.errors) == (DONE, "")


# an app that is being set up


def test_commands_ask_for_tables_first_and_migrate_makes_them(empty: CommandLine) -> None:
    said = empty("transfers", "list")
    assert said.code == FAILED
    assert "saleor-kupikupi migrate" in said.errors
    for _ in range(2):
        assert empty("migrate").code == DONE
    assert empty("transfers", "list", "--json").json == []
    assert empty("transfers", "list").errors == "nothing to show\n"


def test_commands_wait_for_a_saleor_to_install_the_app(empty: CommandLine) -> None:
    empty("migrate")
    said = empty("connections", "list")
    assert said.code == FAILED
    assert "no Saleor has installed this app yet" in said.errors
    assert empty("installations", "list", "--json").json == []


def test_wrong_settings_have_an_exit_code_of_their_own(empty: CommandLine) -> None:
    empty.environment = {"DATABASE_URL": "mysql://shop:sesame@db/shop", "SECRET_KEY": KEY}
    said = empty("transfers", "list")
    assert said.code == WRONG_SETTINGS
    assert "DATABASE_URL: " in said.errors
    assert "sesame" not in said.errors


def test_a_database_that_is_away_is_no_traceback(empty: CommandLine) -> None:
    empty.environment = {"DATABASE_URL": "postgres://shop:sesame@127.0.0.1:1/shop", "SECRET_KEY": KEY}
    said = empty("transfers", "list")
    assert said.code == FAILED
    assert "Traceback" not in said.errors
    assert "sesame" not in said.errors


def test_installations_are_listed(run: CommandLine, world: World) -> None:
    (listed,) = run("installations", "list", "--json").json
    assert listed["saleor"] == world.saleor.api_url
    assert listed["version"].startswith("3.22")
    assert world.saleor.api_url in run("installations", "list").out


def test_each_saleor_is_asked_whether_it_still_has_the_app(run: CommandLine, world: World) -> None:
    def state(*more: str) -> str:
        (listed,) = run("installations", "list", "--json", *more).json
        return str(listed["state"])

    assert state() == "installed"
    assert state("--offline") == "not asked"
    world.saleor.deactivate(world.app)
    assert state() == "switched off or uninstalled"  # the token of both reads the same
    world.saleor.activate(world.app)
    assert state() == "installed"
    world.saleor.uninstall(world.app)  # 3.22 tells nobody
    assert state() == "switched off or uninstalled"
    assert state("--offline") == "not asked"
    world.saleor.down()
    said = run("installations", "list")
    assert (said.code, "not answered" in said.out) == (DONE, True)
    with world.parts.database.write() as tx:
        tx.execute(update(installations).values(token_sealed="sealed with a key that is lost"))
    assert state() == "token cannot be opened"


def test_an_uninstall_that_saleor_told_of_is_known_without_asking(database_url: str, operator: CommandLine) -> None:
    with made_world(database_url, version="3.23") as world:
        operator.environment = environment_of(world)
        world.saleor.uninstall(world.app)

        def state() -> str:
            return str(operator("installations", "list", "--json", "--offline").json[0]["state"])

        assert eventually(lambda: state() == "uninstalled", PATIENCE)
        world.saleor.down()
        assert operator("installations", "list", "--json").json[0]["state"] == "uninstalled"


def test_webhooks_are_compared_first_and_mended_when_asked_to(run: CommandLine, world: World) -> None:
    opened(world)
    well = run("installations", "sync", "--dry-run")
    assert (well.code, well.out) == (DONE, "every webhook is as the manifest has it\n")
    installation = chosen_installation(world.parts, None)
    (first, second, *_) = world.parts.saleor.webhooks(installation, world.parts.deadline(5))  # type: ignore[misc]
    changes = ((first, {"targetUrl": first.url.replace(str(world.settings.port), "9")}), (second, {"isActive": False}))
    for each, given in changes:
        world.parts.saleor.update_webhook(installation, each.id, given, world.parts.deadline(5))
    seen = run("installations", "sync", "--dry-run")
    assert seen.code == FAILED
    assert re.search(rf"{first.url} +update +targetUrl +to do", seen.out)
    assert world.saleor.app(world.app).webhooks[0].target_url != first.url
    mended = run("installations", "sync", "--saleor", world.saleor.api_url)
    assert mended.code == FAILED
    assert re.search(rf"{first.url} +update +targetUrl +done", mended.out)
    assert re.search(rf"{second.url} +switched off +see --activate", mended.out)
    (done,) = run("installations", "sync", "--activate", "--json").json
    assert (done["webhook"], done["differs in"], done["outcome"]) == (second.url, ["isActive"], "done")
    assert world.saleor.app(world.app).webhooks[1].is_active
    assert run("installations", "sync").code == DONE
    (listed,) = run("installations", "list", "--json").json
    assert listed["last payment"] is not None
    assert (listed["app id"], listed["uninstalled"]) == (world.app.id, None)


def test_a_worker_mends_webhooks_by_itself(run: CommandLine, world: World, tmp_path: Path) -> None:
    installation = chosen_installation(world.parts, None)
    (hook, *_) = world.parts.saleor.webhooks(installation, world.parts.deadline(5))  # type: ignore[misc]
    changes = {"targetUrl": hook.url.replace(str(world.settings.port), "9")}
    world.parts.saleor.update_webhook(installation, hook.id, changes, world.parts.deadline(5))
    (tmp_path / "clock").write_text("90000")  # by now the install is long over
    worker = Mortal(tmp_path)
    worker.environment = run.environment
    try:
        worker.start("worker")
        assert eventually(lambda: "webhook mended" in worker.output, PATIENCE), worker.output
    finally:
        worker.end()
    assert world.saleor.app(world.app).webhooks[0].target_url == hook.url


def test_webhooks_of_a_saleor_that_does_not_answer_are_not_mended(run: CommandLine, world: World) -> None:
    world.saleor.down()
    said = run("installations", "sync")
    assert said.code == FAILED
    assert said.errors.startswith(f"{world.saleor.api_url}: ")
    assert said.out == ""


def test_with_two_saleors_one_has_to_be_named(database_url: str, operator: CommandLine) -> None:
    other = Saleor("3.23")
    other.start()
    try:
        with made_world(database_url, allowed=(other.api_url,)) as world:
            operator.environment = environment_of(world)
            other.install(f"{world.url}/api/manifest")
            said = operator("connections", "list")
            assert said.code == FAILED
            assert world.saleor.api_url in said.errors
            assert other.api_url in said.errors
            assert operator("connections", "list", "--json", "--saleor", other.api_url).json == []
            assert len(operator("connections", "list", "--json", "--saleor", world.saleor.api_url).json) == 1
            assert operator("connections", "list", "--saleor", "https://nobody.example.com/graphql/").code == FAILED
    finally:
        other.stop()


# connections


def test_a_connection_is_added_and_its_secret_is_not_shown(run: CommandLine, world: World) -> None:
    said = add(run, world, "second")
    assert said.code == DONE
    assert "connection second added" in said.out
    assert "Kupi-Kupi accepts the key (documented)" in said.out
    assert "no real points" in said.errors
    listed = connection(run, "second")
    assert (listed["environment"], listed["channels"], listed["platform uid"]) == ("test", [], UID)
    assert listed["test notification url"] in said.out
    assert listed["production notification url"] in said.out
    shown = run("connections", "list")
    assert "second" in shown.out
    assert listed["test notification url"] in run("connections", "show", "second").out
    assert run("connections", "show", "second", "--json").json == [listed]
    assert SECRET not in said.out + said.errors + shown.out + str(listed)


def test_a_connection_gets_its_addresses_before_it_has_keys(run: CommandLine, world: World) -> None:
    said = run("connections", "add", "second", "--test")
    assert said.code == DONE
    listed = connection(run, "second")
    assert (listed["secret"], listed["platform uid"]) == ("missing", None)
    assert listed["test notification url"] in said.out
    assert run("connections", "set", "second", "--no-guard").code == DONE
    assert connection(run, "second")["guard"] is False
    assert run("connections", "test", "second").code == FAILED
    half = run("connections", "add", "third", "--secret-file", "-", typed=SECRET)
    assert (half.code, "--platform-uid" in half.errors) == (WRONGLY_ASKED, True)
    keys = ("--platform-uid", UID, "--base-url", world.provider.base_url, "--secret-file", "-")
    assert "accepts the key" in run("connections", "set", "second", *keys, typed=SECRET).out
    assert connection(run, "second")["secret"] != "missing"


def test_the_wire_format_is_found_out(database_url: str, operator: CommandLine) -> None:
    with made_world(database_url, wire_formats=("php-client",)) as world:
        operator.environment = environment_of(world)
        said = add(operator, world, "second")
        assert "Kupi-Kupi accepts the key (php-client)" in said.out
        assert connection(operator, "second")["wire format"] == "php-client"
        assert operator("connections", "test", "second").code == DONE


def test_a_refused_key_is_saved_and_said_so(run: CommandLine, world: World) -> None:
    said = add(run, world, "second", secret="not-the-secret")
    assert said.code == DONE
    assert "accepted neither" in said.errors
    tested = run("connections", "test", "second")
    assert (tested.code, tested.out) == (FAILED, "")
    mended = run("connections", "set", "second", "--secret-file", "-", typed=SECRET)
    assert "accepts the key" in mended.out
    assert run("connections", "test", "second").code == DONE


@pytest.mark.parametrize(
    ("wrong", "secret", "code", "words"),
    [
        (("--platform-uid", ""), SECRET, FAILED, "1 to 20 characters"),
        (("--platform-uid", "x" * 21), SECRET, FAILED, "1 to 20 characters"),
        (("--base-url", "http://payapi.example.com/"), SECRET, FAILED, "https"),
        (("--base-url", "payapi"), SECRET, FAILED, "no base address"),
        ((), " ", FAILED, "the secret is empty"),
        (("--environment", "production", "--trust-test-notification"), SECRET, WRONGLY_ASKED, "test environment alone"),
        (("--cabinet-url", "http://cabinet.example/"), SECRET, FAILED, "https address"),
        (("--ack", "loudly"), SECRET, WRONGLY_ASKED, "--ack"),
        (("--saleor", "https://nobody.example.com/graphql/"), SECRET, FAILED, "has not installed this app"),
    ],
)
def test_a_connection_that_cannot_work_is_not_added(
    run: CommandLine, world: World, wrong: tuple[str, ...], secret: str, code: int, words: str
) -> None:
    said = add(run, world, "second", *wrong, secret=secret)
    assert said.code == code
    assert words in said.errors
    assert [each["name"] for each in run("connections", "list", "--json").json] == ["shop"]


def test_a_name_is_given_once(run: CommandLine, world: World) -> None:
    said = add(run, world, "shop")
    assert said.code == FAILED
    assert "connections set shop" in said.errors


def test_choices_are_changed(run: CommandLine, world: World) -> None:
    assert run("connections", "set", "shop", "--no-guard", "--ack", "json", "--balance-check", "off").code == DONE
    listed = connection(run, "shop")
    assert (listed["guard"], listed["ack"], listed["balance_check"]) == (False, "json", "off")
    warned = run("connections", "set", "shop", "--show-balance")
    assert "unverified" in warned.errors
    assert run("connections", "set", "nobody", "--guard").code == FAILED


def test_refunds_return_addresses_and_the_cabinet_are_chosen(run: CommandLine, world: World) -> None:
    pages = ("--return-url", "https://a.example/pay", "--return-url", "https://b.example")
    chosen = ("--refunds", "manual", "--cabinet-url", "https://cabinet.example/")
    assert run("connections", "set", "shop", *pages, *chosen).code == DONE
    listed = connection(run, "shop")
    assert listed["return urls"] == ["https://a.example/pay", "https://b.example"]
    assert (listed["refunds"], listed["cabinet url"]) == ("manual", "https://cabinet.example/")
    wrong = run("connections", "set", "shop", "--return-url", "http://a.example", "--cabinet-url", "cabinet")
    assert (wrong.code, "must begin with https" in wrong.errors, "cabinet url" in wrong.errors) == (FAILED, True, True)
    assert run("connections", "set", "shop", "--return-url", "", "--cabinet-url", "").code == DONE
    emptied = connection(run, "shop")
    assert (emptied["return urls"], emptied["cabinet url"]) == ([], "")


def test_an_empty_key_never_passes_for_the_stored_one(run: CommandLine, world: World) -> None:
    said = run("connections", "set", "shop", "--secret-file", "-", typed="")
    assert (said.code, "the secret is empty" in said.errors) == (FAILED, True)


def test_going_live_needs_the_live_secret(run: CommandLine, world: World) -> None:
    refused = run("connections", "set", "shop", "--environment", "production", "--secret-file", "-", typed="")
    assert refused.code == FAILED
    assert connection(run, "shop")["environment"] == "test"
    live = ("--environment", "production", "--secret-file", "-", "--base-url", world.provider.base_url)
    said = run("connections", "set", "shop", *live, typed=SECRET)
    assert said.code == DONE
    listed = connection(run, "shop")
    assert (listed["environment"], listed["platform uid"]) == ("production", UID)
    assert listed["production notification url"] in said.out
    assert listed["production notification url"] != world.notification_url()
    back = run("connections", "set", "shop", "--environment", "test")
    assert "no real points" in back.errors
    assert connection(run, "shop")["test notification url"] == world.notification_url()


def test_a_connection_is_tested(run: CommandLine, world: World) -> None:
    said = run("connections", "test", "shop", "--phone", RICH)
    assert (said.code, said.errors) == (DONE, "")
    assert "100000.00 points" in said.out
    stranger = run("connections", "test", "shop", "--phone", "+79990000000")
    assert stranger.code == FAILED
    unusable = run("connections", "test", "shop", "--phone", "12")
    assert unusable.code == FAILED
    nothing = run("connections", "test", "shop", "--environment", "production")
    assert nothing.code == FAILED
    assert "no production secret yet" in nothing.errors
    world.provider.fault("drop_before", "balance")
    assert run("connections", "test", "shop").code == FAILED


def test_channels_are_mapped_and_unmapped(run: CommandLine, world: World) -> None:
    add(run, world, "second")
    world.saleor.channel("b2b")
    said = run("connections", "map", "second", "--channel", "rub", "--channel", "b2b")
    assert said.code == DONE
    assert "test environment" in said.errors
    assert sorted(connection(run, "second")["channels"]) == ["b2b", "rub"]
    assert connection(run, "shop")["channels"] == ["(default)"]
    assert run("connections", "map", "second", "--channel", "b2b", "--remove").code == DONE
    assert connection(run, "second")["channels"] == ["rub"]
    assert run("connections", "map", "second", "--default").code == DONE
    assert connection(run, "shop")["channels"] == []
    assert run("connections", "map", "second").code == WRONGLY_ASKED
    assert run("connections", "map", "nobody", "--default").code == FAILED


def test_a_channel_that_cannot_pay_in_points_is_not_mapped_unless_forced(run: CommandLine, world: World) -> None:
    world.saleor.channel("moscow")
    world.saleor.channel("europe", "EUR")
    for slug, why in (("moskow", "there is no channel moskow"), ("europe", "europe is in EUR")):
        said = run("connections", "map", "shop", "--channel", "rub", "--channel", slug)
        assert said.code == FAILED
        assert why in said.errors
        assert "moscow, rub" in said.errors
        assert "--force" in said.errors
        assert connection(run, "shop")["channels"] == ["(default)"]
    assert run("connections", "map", "shop", "--channel", "europe", "--channel", "moskow", "--force").code == DONE
    assert sorted(connection(run, "shop")["channels"]) == ["(default)", "europe", "moskow"]
    assert run("connections", "map", "shop", "--channel", "moskow", "--remove").code == DONE


def test_a_channel_that_nobody_can_check_is_not_mapped_unless_forced(run: CommandLine, world: World) -> None:
    world.saleor.deactivate(world.app)
    denied = run("connections", "map", "shop", "--channel", "rub")
    assert (denied.code, "switched off" in denied.errors, "--force" in denied.errors) == (FAILED, True, True)
    world.saleor.down()
    silent = run("connections", "map", "shop", "--channel", "rub")
    assert (silent.code, "does not answer" in silent.errors, "--force" in silent.errors) == (FAILED, True, True)
    assert run("connections", "map", "shop", "--default").code == DONE
    assert connection(run, "shop")["channels"] == ["(default)"]
    assert run("connections", "map", "shop", "--channel", "rub", "--force").code == DONE
    assert sorted(connection(run, "shop")["channels"]) == ["(default)", "rub"]


def test_a_mapping_of_another_connection_is_not_taken_away(run: CommandLine, world: World) -> None:
    add(run, world, "second")
    said = run("connections", "map", "second", "--default", "--remove")
    assert said.code == FAILED
    assert connection(run, "shop")["channels"] == ["(default)"]


def test_a_connection_is_removed_once_nothing_needs_it(run: CommandLine, world: World) -> None:
    payment = opened(world)
    refused = run("connections", "remove", "shop")
    assert refused.code == FAILED
    assert "undecided" in refused.errors
    world.paid(payment)
    assert run("connections", "remove", "shop").code == DONE
    assert run("connections", "list", "--json").json == []
    assert len(run("transfers", "list", "--json").json) == 1
    assert run("connections", "remove", "shop").code == FAILED


# transfers


def test_transfers_are_listed_and_found(run: CommandLine, world: World) -> None:
    paid, waiting = opened(world), opened(world)
    world.paid(paid)
    listed = run("transfers", "list", "--json").json
    assert [each["reference"] for each in listed] == [waiting.token, paid.token]
    assert listed[0] | {"state": "OPEN", "roubles": "12.34", "environment": "test"} == listed[0]
    only = run("transfers", "list", "--json", "--state", "CONFIRMED").json
    assert [each["reference"] for each in only] == [paid.token]
    for words in (paid.token, listed[1]["paymentId"]):
        assert [each["reference"] for each in run("transfers", "list", "--json", "--search", words).json] == [
            paid.token
        ]
    assert len(run("transfers", "list", "--json", "--search", RICH[-4:]).json) == 2
    assert run("transfers", "list", "--json", "--trouble").json == []
    assert len(run("transfers", "list", "--json", "--limit", "1").json) == 1
    before = str(listed[0]["id"])
    assert [each["reference"] for each in run("transfers", "list", "--json", "--before", before).json] == [paid.token]
    table = run("transfers", "list", "--saleor", world.saleor.api_url)
    assert waiting.token in table.out
    assert RICH_DIGITS not in table.out
    assert run("transfers", "list", "--limit", "0").code == WRONGLY_ASKED
    assert run("transfers", "list", "--state", "LOST").code == WRONGLY_ASKED


def test_a_transfer_is_shown_with_its_story(run: CommandLine, world: World) -> None:
    payment = opened(world)
    world.paid(payment)
    (shown,) = run("transfers", "show", payment.token, "--json").json
    assert [each["what"] for each in shown["timeline"]] == world.story(payment)
    assert {each["state"] for each in shown["reports"]} == {"delivered"}
    said = run("transfers", "show", payment.token)
    assert said.code == DONE
    for words in ("CONFIRMED", "CLAIMED", "CHARGE_SUCCESS"):
        assert words in said.out
    assert run("transfers", "show", "nothing-like-this").code == FAILED


def test_a_transfer_is_checked_now(run: CommandLine, world: World) -> None:
    payment = opened(world)
    (seen,) = run("transfers", "check", payment.token, "--json").json
    assert seen["state"] == "OPEN"
    world.type_code(payment)
    (seen,) = run("transfers", "check", payment.token, "--json").json
    assert seen["state"] == "CONFIRMED"
    assert world.charged(payment) == "0.00"
    assert "pieces of work done" in run("reconcile", "--once").out
    assert world.charged(payment) == "12.34"


def test_a_check_that_gets_no_answer_fails(run: CommandLine, world: World) -> None:
    payment = opened(world)
    world.provider.fault("drop_before", "checkout")
    said = run("transfers", "check", payment.token)
    assert said.code == FAILED
    assert "did not answer" in said.errors
    assert "Traceback" not in said.errors
    assert run("transfers", "check", "nothing-like-this").code == FAILED


# reports


def test_reports_are_listed_and_sent_again(run: CommandLine, world: World) -> None:
    payment = opened(world)
    world.saleor.down(how="500")
    world.paid(payment)
    owed = run("reports", "list", "--state", "owed", "--json").json
    assert {each["reference"] for each in owed} == {payment.token}
    assert all(each["attempts"] >= 1 and each["last error"] for each in owed)
    assert run("reconcile", "--once").out == "0 pieces of work done\n"
    world.saleor.clear()
    said = run("reports", "resend", payment.token)
    assert (said.code, said.out) == (DONE, f"{len(owed)} reports are due now\n")
    assert run("reconcile", "--once").out == f"{len(owed)} pieces of work done\n"
    assert world.charged(payment) == "12.34"
    assert run("reports", "list", "--state", "owed", "--json").json == []
    assert "CHARGE_SUCCESS" in run("reports", "list", "--state", "delivered", "--limit", "5").out
    assert run("reports", "resend", payment.token).code == FAILED
    assert run("reports", "resend", "nothing-like-this").code == FAILED
    assert run("reports", "list", "--state", "lost").code == WRONGLY_ASKED


def test_reconcile_since_a_day_finds_refunds_that_a_restore_lost(run: CommandLine, world: World) -> None:
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    forget_refunds(world)
    today = f"{world.clock.now():%Y-%m-%d}"
    found = run("reconcile", "--since", today)
    assert found.out == f"{payment.token}: refunds found in Saleor: 1\n1 payments looked at\n"
    assert run("reconcile", "--since", today).out == "1 payments looked at\n"
    world.saleor.down()
    silent = run("reconcile", "--since", today)
    assert (silent.code, payment.token in silent.errors) == (FAILED, True)


def test_reconcile_does_what_is_due(run: CommandLine, world: World) -> None:
    payment = opened(world)
    world.type_code(payment)
    assert run("reconcile", "--once").out == "2 pieces of work done\n"
    assert world.charged(payment) == "12.34"
    assert run("reconcile", "--once").out == "0 pieces of work done\n"
