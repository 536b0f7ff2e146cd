"""Functions and modules stay small enough to be read at a glance, and a name means one thing."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES = 40
MODULE_LINES = 300


def test_no_module_is_longer_than_its_limit() -> None:
    lengths = {module: len(module.read_text().splitlines()) for module in modules()}

    assert {str(module): length for module, length in lengths.items() if length > MODULE_LINES} == {}


def test_no_function_is_longer_than_its_limit() -> None:
    lengths = {f"{module}:{node.name}": code_lines(node) for module in modules() for node in functions(module)}

    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_no_name_of_a_module_is_defined_twice() -> None:
    twice = [
        f"{module}:{name}" for module in modules() for name, times in Counter(defined(module)).items() if times > 1
    ]

    assert twice == []


def defined(module: Path) -> Iterator[str]:
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def modules() -> list[Path]:
    return [
        path for package in ("saleor_kupikupi", "saleor_kupikupi_sandbox") for path in (ROOT / package).rglob("*.py")
    ]


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Counts from `def` to the last line, without the docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    prose = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - prose
