"""The schemas and recordings of real Saleors. They lie beside the repository, and not everybody has them."""

from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

ROOT = Path(__file__).parents[2]
SALEOR = ROOT.parent / "shared" / "saleor"
RECORDINGS = SALEOR / "recordings"
VERSIONS = ("3.21", "3.22", "3.23")

needs_saleor_files = pytest.mark.skipif(not SALEOR.is_dir(), reason="no ../shared/saleor with Saleor's schemas")


@cache
def schema(version: str) -> GraphQLSchema:
    return build_schema((SALEOR / f"schema-{version}.graphql").read_text(encoding="utf-8"), assume_valid=True)
