"""The parts of docs/ that are made from the code. `make docs` writes them; a test compares.

It knows how a part is marked in a page and how to make its text, not what stands around it.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import SecretStr

from saleor_kupikupi.cli import main
from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.ladder import CLAIM_WAITS, OPEN_WAITS
from saleor_kupikupi.domain.transfer import FINAL, MOVES, State
from saleor_kupikupi.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "saleor_kupikupi"
PAGES = (ROOT / "docs" / "architecture.md", ROOT / "docs" / "operations.md")
FOLDERS = (".", "domain", "kupikupi", "saleor", "store", "flows", "web", "web/dashboard", "cli")

_PART = re.compile(r"(?<=<!-- made by make docs: )([a-z-]+)( -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def states() -> str:
    """Draws the moves between a transfer's states."""
    moves = [f"    {old} --> {new}" for old in State for new in sorted(MOVES[old], key=list(State).index)]
    ends = [f"    {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> REQUESTED", *moves, *ends, "```"])


def layers() -> str:
    """Writes the layers down as they are enforced, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    names = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return "`" + " > ".join(name.strip("()") for name in names) + "`"


def layout() -> str:
    """Lists the files of the app, each with the first sentence of its docstring."""
    return "\n\n".join(_folder(PACKAGE / name) for name in FOLDERS)


def ladder() -> str:
    """Lists the waits between two looks at a transfer, in seconds."""
    claimed, unclaimed = (", ".join(f"{wait:g}" for wait in waits) for waits in (CLAIM_WAITS, OPEN_WAITS))
    return f"- after a claim: {claimed} s, then like an unclaimed one\n- unclaimed: {unclaimed} s, then by its age"


def settings() -> str:
    """Lists the environment variables."""
    rows = [(_variable(name, field), _default(field), field.description) for name, field in _settings()]
    return _table(("variable", "default", "meaning"), rows)


def commands() -> str:
    """Lists the commands."""
    rows = [(f"`saleor-kupikupi {usage}`", command.get_short_help_str(300)) for usage, command in leaves(main)]
    return _table(("command", "does"), rows)


def choices() -> str:
    """Lists what can be chosen for a connection, with what holds where nothing is chosen."""
    command = dict(leaves(main))["connections set NAME"]
    options = {each.name: each for each in command.params if isinstance(each, click.Option)}
    rows = [
        (_option(options[field.name]), _chosen(field.default), options[field.name].help or "")
        for field in fields(Connection)
        if field.name in options
    ]
    return _table(("option", "default", "meaning"), rows)


def leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Lists the commands below a group, each with the words it is called by."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        assert command is not None
        usage = f"{before}{name}"
        if isinstance(command, click.Group):
            yield from leaves(command, f"{usage} ")
        else:
            arguments = [f" {each.human_readable_name}" for each in command.params if isinstance(each, click.Argument)]
            yield usage + "".join(arguments), command


PARTS: dict[str, Callable[[], str]] = {
    made.__name__: made for made in (states, layers, layout, ladder, settings, commands, choices)
}


def parts_of(page: str) -> list[str]:
    """Lists the parts that a page holds."""
    return [found[1] for found in _PART.finditer(page)]


def made_anew(page: str) -> str:
    """Gives a page's text with its parts as the code now makes them."""
    return _PART.sub(lambda found: f"{found[1]}{found[2]}{PARTS[found[1]]()}\n", page)


def first_sentence(module: Path) -> str:
    """Reads what a module says it is."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", paragraph)[0]


def _folder(folder: Path) -> str:
    name = folder.relative_to(PACKAGE.parent).as_posix()
    modules = [each for each in sorted(folder.glob("*.py")) if each.name != "__init__.py"]
    rows = [(f"`{each.name}`", first_sentence(each)) for each in modules]
    return f"**`{name}/`** {first_sentence(folder / '__init__.py')}\n\n" + _table(("file", "what it is"), rows)


def _settings() -> Iterator[tuple[str, Any]]:
    yield from Settings.model_fields.items()


def _variable(name: str, field: Any) -> str:
    variable = name.upper()
    return f"`{variable}`, `{variable}_FILE`" if field.annotation is SecretStr else f"`{variable}`"


def _default(field: Any) -> str:
    default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if default in (None, "", ()):
        return ""
    shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
    others = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return shown + "".join(f", or `{other}`" for other in others if other != default)


def _option(option: click.Option) -> str:
    if option.secondary_opts:
        return f"`{option.opts[0]}`, `{option.secondary_opts[0]}`"
    values = option.type.choices if isinstance(option.type, click.Choice) else ()
    return f"`{option.opts[0]}` " + ", ".join(f"`{value}`" for value in values)


def _chosen(default: object) -> str:
    if default is MISSING or default in ((), ""):
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    for each_page in PAGES:
        each_page.write_text(made_anew(each_page.read_text(encoding="utf-8")), encoding="utf-8")
