"""What the pages say is what the code does, as far as a machine can compare."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from graphql import parse, validate

from saleor_kupikupi.cli import main
from saleor_kupikupi.domain.wording import _SHOPPER as SHOPPER_TEXTS
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.settings import Settings
from tests.contract.made_from_code import PACKAGE, PAGES, PARTS, ROOT, leaves, made_anew, parts_of
from tests.contract.saleor_files import VERSIONS, needs_saleor_files, schema

DOCS = ROOT / "docs"
STOREFRONT = (DOCS / "storefront.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
TOP = [ROOT / name for name in ("README.md", "README.ru.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
ALL = [*TOP, *sorted(DOCS.rglob("*.md")), ROOT / "storefront" / "kupikupi-saleor" / "README.md"]


def blocks(text: str, language: str = "[a-z]*") -> list[str]:
    return [found[1] for found in re.finditer(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)]


def first_cells(text: str, head: str) -> list[str]:
    """Reads the names in the first column of the table that begins with this head."""
    table = text.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def code_blocks_and_spans(text: str) -> str:
    return "\n".join([*blocks(text), *re.findall(r"`([^`\n]+)`", text)])


# made from the code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert text == made_anew(text), f"{page.name} is behind the code: run `make docs`"


def test_every_part_has_its_place() -> None:
    assert sorted(part for page in PAGES for part in parts_of(page.read_text(encoding="utf-8"))) == sorted(PARTS)


# the storefront's page


@needs_saleor_files
@pytest.mark.parametrize("version", VERSIONS)
def test_the_graphql_is_valid_for_every_saleor(version: str) -> None:
    documents = blocks(STOREFRONT, "graphql")

    assert len(documents) == 5
    assert [error.message for each in documents for error in validate(schema(version), parse(each))] == []


def test_the_examples_of_data_are_what_is_answered() -> None:
    offered, opened = (json.loads(each) for each in blocks(STOREFRONT, "json"))
    gateway = answers.gateway(True, None, "", None, None, points="1.00")["data"]

    assert {*offered, "points"} == set(gateway) == set(first_cells(STOREFRONT, "field"))
    assert set(opened) == {"transferURL", "orderId", "paymentId", "status"}
    assert offered["label"] == gateway["label"]
    assert offered["message"] == SHOPPER_TEXTS[offered["reason"]][1]


def test_every_code_that_a_shopper_can_get_is_explained() -> None:
    assert sorted(first_cells(STOREFRONT, "code")) == sorted(SHOPPER_TEXTS)


# the operator's page


def events(*levels: str) -> set[str]:
    """Finds the names of the events that the app logs at these levels."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    return {event for tree in trees for event in _events(tree, levels)}


def _events(tree: ast.Module, levels: tuple[str, ...]) -> Iterator[str]:
    loggers = {f"log.{level}" for level in levels}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(ast.unparse(part) in loggers for part in ast.walk(node.value)):
            loggers.update(ast.unparse(target) for target in node.targets)  # tell = log.error if … else …
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in loggers:
            assert isinstance(node.args[0], ast.Constant), f"an event without a fixed name: {ast.unparse(node)}"
            yield str(node.args[0].value)


def test_every_error_in_the_log_is_explained() -> None:
    assert sorted(first_cells(OPERATIONS, "error")) == sorted(events("error", "exception", "critical"))


def test_every_warning_that_is_explained_is_logged() -> None:
    assert set(first_cells(OPERATIONS, "warning")) <= events("warning")


# commands, settings, links


def command_of(words: list[str]) -> click.Command | None:
    known = {tuple(usage.split()): command for usage, command in leaves(main)}
    names = {tuple(word for word in usage if not word.isupper()): command for usage, command in known.items()}
    return next((names[tuple(words[:end])] for end in (2, 1) if tuple(words[:end]) in names), None)


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_commands_are_those_of_the_command_line(page: Path) -> None:
    for line in re.findall(r"saleor-kupikupi ([a-z].*)", code_blocks_and_spans(page.read_text(encoding="utf-8"))):
        command = command_of(line.split())
        known = (
            {name for option in command.params for name in (*option.opts, *option.secondary_opts)} if command else {}
        )

        assert command is not None, line
        assert set(re.findall(r"(?<= )--[a-z-]+", line)) <= {*known, "--help"}, line


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_make_has_every_target_that_is_named(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    spoken_of = code_blocks_and_spans(page.read_text(encoding="utf-8"))

    assert set(re.findall(r"^ *make ([a-z-]+)", spoken_of, re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_settings_in_examples_are_settings(page: Path) -> None:
    examples = "\n".join(blocks(page.read_text(encoding="utf-8"), "(?:sh|dotenv)"))
    known = {name.upper() for name in Settings.model_fields}

    assert set(re.findall(r"^ *([A-Z][A-Z_]+)=", examples, re.MULTILINE)) <= known


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_both_readmes_give_the_same_commands_and_links() -> None:
    english, russian = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md"))

    def told(text: str) -> tuple[list[str], list[str]]:
        commands = [re.sub(r"(^| +)#.*", "", each, flags=re.MULTILINE) for each in blocks(text)]
        return commands, sorted(link for link in re.findall(r"\]\(([^)]+)\)", text) if "README" not in link)

    assert told(english) == told(russian)


# the architect's page


def test_the_traces_name_functions_that_are_there() -> None:
    named = re.findall(r"`([a-z_/]+\.py)` · `([A-Za-z_]+)`", ARCHITECTURE)
    missing = [f"{file} · {name}" for file, name in named if name not in _defined(PACKAGE / file)]

    assert len(named) > 20
    assert missing == []


def _defined(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("page", [DOCS / "architecture.md", *DOCS.glob("adr/*.md")], ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", page.read_text(encoding="utf-8"))

    assert [name for name in named if not any((root / name).exists() for root in (ROOT, PACKAGE))] == []


def test_decisions_are_numbered_and_short() -> None:
    decisions = sorted((DOCS / "adr").iterdir())
    texts = [path.read_text(encoding="utf-8") for path in decisions]

    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert [text.splitlines()[0].startswith(f"# {number}. ") for number, text in enumerate(texts, 1)] == [True] * len(
        texts
    )
    assert [re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) for text in texts] == [
        ["Context", "Decision", "Consequences"]
    ] * len(texts)
    assert [len(text.splitlines()) <= 40 for text in texts] == [True] * len(texts)
