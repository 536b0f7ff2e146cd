"""Settings come from the environment, and a wrong one names its variable."""

import stat
from pathlib import Path

import pytest

from saleor_kupikupi.settings import WrongSettings, read_settings
from saleor_kupikupi.store.database import database_url

LONG = "a key that is long enough to seal with"


@pytest.fixture(autouse=True)
def _empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "ENV",
        "SECRET_KEY",
        "SECRET_KEY_FILE",
        "PORT",
        "DATABASE_URL",
        "DATABASE_PASSWORD",
        "DATABASE_PASSWORD_FILE",
        "ALLOWED_SALEOR_URLS",
        "ALLOWED_PROVIDER_URLS",
    ):
        monkeypatch.delenv(name, raising=False)


def explained(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refused:
        read_settings()
    return str(refused.value)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "many"}, ["PORT", "integer"]),
        ({"PORT": "0"}, ["PORT", "greater"]),
        ({"ENV": "staging"}, ["ENV", "local", "production"]),
        ({"SECRET_KEY": "short"}, ["SECRET_KEY", "32"]),
        ({"SECRET_KEY": f"{LONG},short"}, ["SECRET_KEY", "32"]),
        ({"SECRET_KEY": f"# {LONG}"}, ["SECRET_KEY", "begins with #", "openssl rand -hex 32", "SECRET_KEY=new,"]),
        ({"SECRET_KEY": "x" * 32}, ["SECRET_KEY", "again and again"]),
        ({"ENV": "production", "APP_API_BASE_URL": "https://example.com"}, ["SECRET_KEY", "production"]),
        ({"ENV": "production", "SECRET_KEY": LONG}, ["APP_API_BASE_URL", "public address"]),
        ({"APP_API_BASE_URL": "example.com"}, ["APP_API_BASE_URL", "https://"]),
        ({"APP_API_BASE_URL": "https://example.com/?a=b"}, ["APP_API_BASE_URL", "https://"]),
        ({"ALLOWED_SALEOR_URLS": "shop.example.com"}, ["ALLOWED_SALEOR_URLS", "shop.example.com", "/graphql/"]),
        ({"ALLOWED_SALEOR_URLS": "https://shop.example.com/graphql"}, ["ALLOWED_SALEOR_URLS", "last slash"]),
        ({"ALLOWED_SALEOR_URLS": "https://*.example.com/graphql/ , *"}, ["ALLOWED_SALEOR_URLS", "* is no API URL"]),
        (
            {"ALLOWED_PROVIDER_URLS": "https://a.example/api/ payapi.example"},
            ["ALLOWED_PROVIDER_URLS", "payapi.example"],
        ),
        ({"ALLOWED_PROVIDER_URLS": "https://a.example/api/?a=b"}, ["ALLOWED_PROVIDER_URLS", "no base address"]),
        ({"ALLOWED_PROVIDER_URLS": "http://a.example/api/"}, ["ALLOWED_PROVIDER_URLS", "no base address"]),
        ({"ALLOWED_DOMAIN_PATTERN": "("}, ["ALLOWED_DOMAIN_PATTERN", "regular expression"]),
        ({"SECRET_KEY_FILE": "nowhere"}, ["SECRET_KEY_FILE", "cannot be read by uid"]),
        ({"SECRET_KEY_FILE": "/dev/null"}, ["SECRET_KEY_FILE", "empty"]),
        ({"DATABASE_PASSWORD_FILE": "/dev/null"}, ["DATABASE_PASSWORD_FILE", "empty"]),
        ({"DATABASE_PASSWORD": "sesame"}, ["DATABASE_URL", "postgresql://user@host/name", "DATABASE_PASSWORD"]),
        (
            {"DATABASE_PASSWORD": "sesame", "DATABASE_URL": "postgres://shop:open@db/shop"},
            ["DATABASE_URL", "a password already", "DATABASE_PASSWORD"],
        ),
        (
            {"DATABASE_PASSWORD": "sesame", "DATABASE_URL": "postgres://db/shop"},
            ["DATABASE_URL", "names no user", "DATABASE_PASSWORD"],
        ),
        ({"STAFF_LANGUAGE": "de"}, ["STAFF_LANGUAGE", "ru", "en"]),
    ],
)
def test_a_wrong_setting_names_its_variable_and_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: list[str]
) -> None:
    said = explained(monkeypatch, **environment)
    assert all(word in said for word in words)


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tooshort" not in explained(monkeypatch, SECRET_KEY="tooshort")


def test_locally_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = read_settings()
    assert read_settings().secret_keys == first.secret_keys
    file = tmp_path / "saleor-kupikupi.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first.secret_keys[0]) >= 32


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(LONG + "\n")
    (tmp_path / "url").write_text("postgres://user:sesame@db/name\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    settings = read_settings()
    assert settings.secret_keys == (LONG,)
    assert settings.database_url.get_secret_value() == "postgres://user:sesame@db/name"
    assert "sesame" not in repr(settings)


def test_the_password_of_the_database_may_come_from_a_file_and_hold_any_character(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("p@ss/w:rd?%\n")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://kupikupi@[::1]:5432/name")

    url = database_url(read_settings().database_url.get_secret_value())

    assert (url.username, url.password, url.host, url.port) == ("kupikupi", "p@ss/w:rd?%", "::1", 5432)


def test_several_keys_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", f"{LONG} new, {LONG} old")
    assert read_settings().secret_keys == (f"{LONG} new", f"{LONG} old")


def test_a_key_that_is_no_secret_may_still_open_what_it_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", f"{LONG},# {LONG}")
    assert read_settings().secret_keys == (LONG, f"# {LONG}")


def test_addresses_fall_back_on_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert read_settings().base_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("APP_API_BASE_URL", "https://points.example.com/")
    assert read_settings().iframe_url == "https://points.example.com"
    monkeypatch.setenv("APP_IFRAME_BASE_URL", "https://page.example.com")
    assert read_settings().iframe_url == "https://page.example.com"
