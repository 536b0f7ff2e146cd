from pathlib import Path

import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from saleor_kupikupi.saleor import manifest
from saleor_kupikupi.saleor.client import DOCUMENTS
from saleor_kupikupi.saleor.events import EVENTS
from tests.contract.saleor_files import VERSIONS, needs_saleor_files, schema

FILES = Path(manifest.__file__).parent / "graphql"
NEWER = {
    "dismiss_problems": "3.22",
    "raise_problem": "3.22",
    "report_with_method": "3.22",
    "webhooks_with_identifier": "3.23",
}


def complaints(version: str, name: str) -> list[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    return [error.message for error in validate(schema(version), parse(manifest.document(name)), rules)]


def test_every_file_is_a_document_in_use() -> None:
    assert {file.stem for file in FILES.iterdir()} == {*DOCUMENTS, *EVENTS, "source"}


@needs_saleor_files
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted({*DOCUMENTS, *EVENTS} - set(NEWER)))
def test_a_document_is_valid_for_every_saleor(version: str, name: str) -> None:
    assert complaints(version, name) == []


@needs_saleor_files
@pytest.mark.parametrize(("name", "since"), NEWER.items())
def test_a_document_that_needs_a_version_is_valid_from_it_on(name: str, since: str) -> None:
    assert {version for version in VERSIONS if complaints(version, name) == []} == {v for v in VERSIONS if v >= since}
