"""Reads an env file as Compose does, which is neither as a shell does nor as python-dotenv."""

import re

_LINE = re.compile(r"""[^\S\n]*(?:export\s+)?([\w.-]+)[^\S\n]*=[^\S\n]*(?:'([^']*)'|"([^"]*)"|(.*))""")
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)\}|([A-Za-z_]\w*))")


def read_env_file(text: str) -> dict[str, str]:
    """Gives the variables of an env file.

    A comment is a line of its own, or follows a value after a space; where there is no value, it is the value. A `$`
    stands for another variable unless the value is in single quotes.
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        found = None if line.lstrip().startswith("#") else _LINE.match(line)
        if found:
            name, verbatim, quoted, bare = found.groups()
            values[name] = verbatim if verbatim is not None else _expanded(quoted, bare, values)
    return values


def _expanded(quoted: str | None, bare: str, values: dict[str, str]) -> str:
    value = bare.partition(" #")[0].rstrip() if quoted is None else quoted
    return _VARIABLE.sub(lambda found: found[1] or values.get(found[2] or found[3], ""), value)
