"""What a developer sees first: the demo, as the program that it is."""

import re
import signal
import subprocess
import sysconfig
from itertools import takewhile
from pathlib import Path
from threading import Timer

import pytest
import requests

LONGEST = 90.0  # seconds
DEMO: list[str | Path] = [Path(sysconfig.get_path("scripts")) / "saleor-kupikupi", "demo"]
INTERRUPTED = 130


def test_the_demo_pays_in_every_way_and_keeps_a_dashboard_with_the_app_open(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*DEMO, "--keep"],
        cwd=tmp_path,
        env={"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as demo:
        assert demo.stdout is not None
        too_late = Timer(LONGEST, demo.kill)
        too_late.start()
        said = "".join(takewhile(lambda line: "Ctrl-C" not in line, demo.stdout))
        addresses = dict(re.findall(r"^(\S.*?) {2,}(http\S+)$", said, re.MULTILINE))
        pages = {
            what: requests.get(address, timeout=5).text for what, address in addresses.items() if "API" not in what
        }
        demo.send_signal(signal.SIGINT)
        rest, errors = demo.communicate()
        too_late.cancel()

    assert (demo.returncode, errors) == (0, ""), said + rest
    ends = re.findall(r"^[0-9a-f]{8}…  (.+?)  +(CONFIRMED|REJECTED|CANCELED) .* (ok|WRONG)$", said, re.MULTILINE)
    assert ends == [
        ("The first test phone", "CONFIRMED", "ok"),
        ("The second test phone", "REJECTED", "ok"),
        ("The third test phone", "CANCELED", "ok"),
        ("A buyer never returns", "CONFIRMED", "ok"),
        ("One notification is lost", "CONFIRMED", "ok"),
        ("The app is killed after its OK", "CONFIRMED", "ok"),
        ("Every notification is lost", "CANCELED", "ok"),
    ]
    assert "by now 3\N{NO-BREAK SPACE}199.99 ₽ moved and 0.00 ₽ charged" in said
    assert "\x1b" not in said
    assert f"{addresses['the manifest'].removesuffix('/api/manifest')}/app" in pages["the Dashboard"]
    assert "Uninstall" in pages["its extensions"]
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
