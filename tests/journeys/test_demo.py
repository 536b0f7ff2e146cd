"""What a developer sees first: the demo, as the program that it is."""

import re
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest
import requests

LONGEST = 90.0  # seconds
DEMO: list[str | Path] = [Path(sysconfig.get_path("scripts")) / "saleor-kupikupi", "demo"]
INTERRUPTED = 130


def test_the_demo_pays_in_every_way_and_finds_both_sides_right(tmp_path: Path) -> None:
    done = subprocess.run(
        DEMO,
        check=False,
        cwd=tmp_path,
        env={"TMPDIR": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    ends = re.findall(r"^[0-9a-f]{8}…  (.+?)  +(CONFIRMED|REJECTED|CANCELED) .* (ok|WRONG)$", done.stdout, re.MULTILINE)
    assert ends == [
        ("The first test phone", "CONFIRMED", "ok"),
        ("The second test phone", "REJECTED", "ok"),
        ("The third test phone", "CANCELED", "ok"),
        ("A buyer never returns", "CONFIRMED", "ok"),
        ("One notification is lost", "CONFIRMED", "ok"),
        ("The app is killed after its OK", "CONFIRMED", "ok"),
        ("Every notification is lost", "CANCELED", "ok"),
    ]
    assert "by now 3\N{NO-BREAK SPACE}199.99 ₽ moved and 0.00 ₽ charged" in done.stdout
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        DEMO, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, encoding="utf-8"
    ) as demo:
        assert demo.stdout is not None
        app = next(found[0] for line in demo.stdout if (found := re.search(r"http://\S+(?=/api/manifest)", line)))
        assert requests.get(f"{app}/health/live", timeout=5).status_code == 200
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=LONGEST)

    assert demo.returncode == INTERRUPTED, said
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{app}/health/live", timeout=5)
    assert list(tmp_path.iterdir()) == []
