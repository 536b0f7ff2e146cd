"""The storefront's module passes its own tests, which talk to the world of `tests/storefront/stage.py`."""

import shutil
import subprocess
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "storefront" / "kupikupi-saleor"
SECONDS = 300


def test_the_module_passes_its_own_tests() -> None:
    node, env = shutil.which("node"), shutil.which("env")
    assert node, "Node.js is missing: install version 20 or newer"
    assert env
    tests = sorted(str(path) for path in (MODULE / "test").glob("*.test.js"))

    done = subprocess.run(
        [env, f"PYTHON={sys.executable}", node, "--test", "--test-reporter=spec", *tests],
        cwd=MODULE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )

    assert len(tests) > 1
    assert done.returncode == 0, done.stdout
