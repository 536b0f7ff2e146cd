"""compose.yaml: what runs, what it may, what it is told, and what a failure does."""

import re
from typing import Any

import click
import pytest

from saleor_kupikupi.cli import main
from saleor_kupikupi.cli.serving import STOP_WITHIN
from saleor_kupikupi.settings import Settings
from tests.packaging.compose_file import COMPOSE, Service, services

APP = {"single": {"app-single"}, "scaled": {"app", "worker", "migrate"}}
EVERY = services("single", "scaled", "caddy")

NO_ALIASES: dict[str, Any] = {"default": {"aliases": []}}

each_profile = pytest.mark.parametrize("profile", APP)
each_service = pytest.mark.parametrize("service", EVERY.values(), ids=EVERY)


def apps(profile: str) -> dict[str, Service]:
    return {name: each for name, each in services(profile).items() if each["image"] == "saleor-kupikupi"}


def published(*profiles: str, **variables: str) -> list[str]:
    return [port for each in services(*profiles, **variables).values() for port in each.get("ports", ())]


def test_a_profile_starts_what_it_needs() -> None:
    assert set(services("single")) == {"app-single"}
    assert set(services("scaled")) == {"app", "worker", "migrate", "postgres"}


@each_profile
def test_nothing_is_published_to_other_machines_unless_somebody_wants_it(profile: str) -> None:
    assert published(profile) == ["127.0.0.1:8000:8000"]
    assert published(profile, PUBLISH="10.0.0.5:80") == ["10.0.0.5:80:8000"]


@each_profile
def test_caddy_finds_the_app_of_either_profile_and_is_alone_in_the_open(profile: str) -> None:
    both = services(profile, "caddy", APP_API_BASE_URL="https://points.example.com")
    aliases = [alias for each in both.values() for alias in each.get("networks", NO_ALIASES)["default"]["aliases"]]

    assert "reverse_proxy {$UPSTREAM:app:8000}" in (COMPOSE.parent / "Caddyfile").read_text()
    assert "app" in {*both, *aliases}
    assert both["caddy"]["environment"] == {"APP_API_BASE_URL": "https://points.example.com"}
    assert published("caddy") == ["80:80", "443:443"]
    assert {name for name, each in EVERY.items() if "cap_add" in each} == {"caddy"}


@each_profile
def test_a_profile_builds_the_image_once(profile: str) -> None:
    assert set(apps(profile)) == APP[profile]
    assert len([each for each in services(profile).values() if "build" in each]) == 1


@each_service
def test_a_service_is_bounded(service: Service) -> None:
    assert service["mem_limit"] == "512m"
    assert service["pids_limit"] == 200
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}


@each_service
def test_a_service_may_do_nothing_special(service: Service) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("user", "postgres") == "postgres"
    assert service.get("cap_add", ["NET_BIND_SERVICE"]) == ["NET_BIND_SERVICE"]
    assert not {"privileged", "network_mode", "pid", "devices"} & set(service)


@each_profile
def test_the_app_writes_to_its_volume_and_to_memory_alone(profile: str) -> None:
    for service in apps(profile).values():
        assert service["read_only"] is True
        assert service["tmpfs"] == "/tmp"  # noqa: S108 - in a container
        assert service.get("volumes", ["data:/data"]) == ["data:/data"]


@each_profile
def test_the_app_gets_the_time_that_a_stop_takes(profile: str) -> None:
    for service in apps(profile).values():
        assert int(service["stop_grace_period"].removesuffix("s")) > STOP_WITHIN + 5


@each_profile
def test_everything_comes_back_but_a_migration_that_failed(profile: str) -> None:
    restarts = {name: each["restart"] for name, each in services(profile).items()}

    assert restarts.pop("migrate", "no") == "no"
    assert set(restarts.values()) == {"unless-stopped"}


def test_nothing_works_on_tables_that_are_not_migrated() -> None:
    scaled = services("scaled")

    for name in ("app", "worker"):
        assert scaled[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert scaled["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_the_password_is_a_file_that_only_those_read_who_need_it() -> None:
    given = {name: each["secrets"] for name, each in EVERY.items() if "secrets" in each}

    assert given == {name: ["postgres_password"] for name in ("app", "worker", "migrate", "postgres")}
    assert EVERY["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    for name in ("app", "worker", "migrate"):
        assert EVERY[name]["environment"]["DATABASE_PASSWORD_FILE"] == "/run/secrets/postgres_password"
        assert "password" not in EVERY[name]["environment"]["DATABASE_URL"].lower()


@each_service
def test_a_service_of_others_is_pinned_by_its_digest_and_does_not_get_our_settings(service: Service) -> None:
    if service["image"] != "saleor-kupikupi":
        assert re.fullmatch(r"[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}", service["image"])
        assert "env_file" not in service


def test_each_container_is_asked_for_what_runs_in_it() -> None:
    asked: dict[str, Any] = {name: each.get("healthcheck", {}) for name, each in EVERY.items()}

    assert asked["app"] == {}  # the image's own, `health`
    assert asked["worker"] == {"test": ["CMD", "saleor-kupikupi", "health", "--worker"]}
    assert asked["app-single"] == {"test": ["CMD-SHELL", "saleor-kupikupi health && saleor-kupikupi health --worker"]}
    assert asked["migrate"] == {"disable": True}


def test_commands_and_settings_are_those_of_the_app() -> None:
    context = click.Context(main)
    known = {name.upper() for name in Settings.model_fields}

    for service in EVERY.values():
        if service["image"] == "saleor-kupikupi":
            assert main.get_command(context, service.get("command", "serve"))
            assert {name.removesuffix("_FILE") for name in service.get("environment", ())} <= known


def test_a_secret_that_is_read_is_declared() -> None:
    assert "secrets:\n  postgres_password:\n    file: secrets/postgres_password\n" in COMPOSE.read_text()
