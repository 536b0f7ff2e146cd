from pathlib import Path

import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from saleor_kupikupi.saleor import manifest
from saleor_kupikupi.saleor.client import DOCUMENTS
from saleor_kupikupi.saleor.events import EVENTS
from tests.contract.saleor_files import VERSIONS, needs_saleor_files, schema

FILES = Path(manifest.__file__).parent / "graphql"


def complaints(version: str, name: str) -> list[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    return [error.message for error in validate(schema(version), parse(manifest.document(name)), rules)]


def test_every_file_is_a_document_in_use() -> None:
    assert {file.stem for file in FILES.iterdir()} == {*DOCUMENTS, *EVENTS, "source"}


@needs_saleor_files
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted({*DOCUMENTS, *EVENTS} - {"report_with_method"}))
def test_a_document_is_valid_for_every_saleor(version: str, name: str) -> None:
    assert complaints(version, name) == []


@needs_saleor_files
def test_the_payment_method_is_reported_only_where_it_is_valid() -> None:
    assert complaints("3.21", "report_with_method") != []
    assert complaints("3.22", "report_with_method") == complaints("3.23", "report_with_method") == []
