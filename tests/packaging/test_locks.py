"""The lock files can be installed by pip alone, whatever is released tomorrow."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTRA = re.compile(r"[a-z0-9-]+\[[a-z0-9,]+\]", re.IGNORECASE)


def test_what_is_wanted_with_an_extra_is_locked_with_it() -> None:
    # Without it pip looks for the newest release that has the extra, and refuses that one for its missing hash.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = (each for group in project["dependency-groups"].values() for each in group if isinstance(each, str))
    wanted = {found[0] for each in (*project["project"]["dependencies"], *groups) if (found := EXTRA.match(each))}
    locked = set(EXTRA.findall((ROOT / "requirements-dev.lock").read_text()))
    assert len(wanted) > 1
    assert wanted <= locked
