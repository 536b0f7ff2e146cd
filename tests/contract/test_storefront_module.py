"""The storefront's module speaks as the app and docs/storefront.md do."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from saleor_kupikupi.domain.wording import _SHOPPER as SHOPPER_TEXTS
from saleor_kupikupi.domain.wording import LANGUAGES
from tests.contract.saleor_files import VERSIONS, needs_saleor_files, schema
from tests.world import APP_ID

MODULE = Path(__file__).resolve().parents[2] / "storefront" / "kupikupi-saleor"
README = (MODULE / "README.md").read_text(encoding="utf-8")
PRINT = """
const [module, texts] = await Promise.all([import('./src/index.js'), import('./src/app-texts.js')]);
console.log(JSON.stringify({ ...module, ...texts }));
"""


@pytest.fixture(scope="module")
def module() -> dict[str, Any]:
    """What the module exports, as JSON tells it."""
    node = shutil.which("node")
    assert node, "Node.js is missing: install version 20 or newer"
    command = [node, "--input-type=module", "--eval", PRINT]
    exported: dict[str, Any] = json.loads(subprocess.check_output(command, cwd=MODULE, timeout=60))
    return exported


def test_every_code_of_the_app_has_the_apps_own_words(module: dict[str, Any]) -> None:
    said = {
        language: {code: texts[number] for code, texts in SHOPPER_TEXTS.items()}
        for number, language in enumerate(LANGUAGES)
    }

    assert module["APP_TEXTS"] == said


def test_the_gateway_is_the_app(module: dict[str, Any]) -> None:
    assert module["GATEWAY"] == APP_ID


@needs_saleor_files
@pytest.mark.parametrize("version", VERSIONS)
def test_the_documents_are_valid_for_every_saleor(module: dict[str, Any], version: str) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    found = {
        name: [error.message for error in validate(schema(version), parse(document), rules)]
        for name, document in module["DOCUMENTS"].items()
    }

    assert found == {name: [] for name in module["DOCUMENTS"]}
    assert len(found) == 8


def test_every_state_is_drawn_and_told() -> None:
    types = (MODULE / "src" / "types.js").read_text(encoding="utf-8")
    states = {line.split("'")[1] for line in types.splitlines() if "{ name: '" in line}
    table = README.partition("| state |")[2].partition("\n\n")[0]

    assert len(states) == 10
    assert {row.split("`")[1] for row in table.splitlines() if row.startswith("| `")} == states
    assert {word for word in states if f" {word}" in README.partition("stateDiagram")[2].partition("```")[0]} == states
