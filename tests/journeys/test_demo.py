"""What a developer sees first: the demo, as the program that it is."""

import re
import subprocess
import sysconfig
from pathlib import Path

LONGEST = 90.0  # seconds, after set-up
COMMAND = Path(sysconfig.get_path("scripts")) / "saleor-kupikupi"


def test_the_demo_pays_in_every_way_and_finds_both_sides_right(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "demo"], cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=LONGEST
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
