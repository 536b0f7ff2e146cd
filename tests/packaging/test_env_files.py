"""An env file that is made as the documents show it works once it is filled in, and is refused until then."""

import re
from pathlib import Path

import pytest

from saleor_kupikupi.settings import WrongSettings, read_settings
from tests.packaging.env_file import read_env_file

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.ru.md")
PAGES = (*READMES, "docs/operations.md", "compose.yaml")
KEY = "8d1f2c3b4a5968778695a4b3c2d1e0f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

each_readme = pytest.mark.parametrize("readme", READMES)


def env_block(readme: str) -> str:
    (block,) = re.findall(r"^ *```dotenv\n(.*?)^ *```$", (ROOT / readme).read_text(), re.DOTALL | re.MULTILINE)
    return str(block)


def refusal(monkeypatch: pytest.MonkeyPatch, env_file: str) -> str:
    """Starts in production with an env file; gives the reason why it does not, or nothing where it does."""
    for name, value in ({"ENV": "production"} | read_env_file(env_file)).items():
        monkeypatch.setenv(name, value)
    try:
        read_settings()
    except WrongSettings as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=            # any text", "# any text"),
        ("KEY=value   # a comment", "value"),
        ("KEY=val#ue", "val#ue"),
        ("  export KEY = value ", "value"),
        ('KEY="a value"  # a comment', "a value"),
        ("KEY=pa$word", "pa"),
        ('KEY="pa${word}s"', "pas"),
        ("KEY=pa$$word", "pa$word"),
        ("KEY='pa$word'", "pa$word"),
        ("OTHER=a\nKEY=$OTHER/b", "a/b"),
        ("KEY=", ""),
    ],
)
def test_an_env_file_is_read_as_compose_reads_it(line: str, value: str) -> None:
    assert read_env_file(f"# KEY=nothing\n{line}\n")["KEY"] == value


@each_readme
def test_the_env_file_of_the_readme_is_refused_while_the_key_is_blank(
    monkeypatch: pytest.MonkeyPatch, readme: str
) -> None:
    assert read_env_file(env_block(readme))["SECRET_KEY"] == ""
    assert "SECRET_KEY: in production" in refusal(monkeypatch, env_block(readme))


@each_readme
def test_the_env_file_of_the_readme_works_with_a_key(monkeypatch: pytest.MonkeyPatch, readme: str) -> None:
    assert refusal(monkeypatch, env_block(readme).replace("SECRET_KEY=", f"SECRET_KEY={KEY}")) == ""


def test_a_comment_in_the_place_of_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = "SECRET_KEY=            # any text of 32 characters or more, for instance this one\n"

    said = refusal(monkeypatch, f"{blank}APP_API_BASE_URL=https://points.example.com\n")

    assert "begins with #" in said
    assert "openssl rand -hex 32" in said


def test_a_key_that_a_dollar_sign_has_cut_short_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "each key needs 32" in refusal(monkeypatch, "SECRET_KEY=a-key$with_a_dollar_sign_that_is_long_enough\n")


def test_no_page_shows_a_key_that_could_be_copied() -> None:
    pages = "\n".join((ROOT / page).read_text() for page in PAGES)

    assert set(re.findall(r"^[ #]*SECRET_KEY(?:=| {2,})(.*)$", pages, re.MULTILINE)) == {""}
