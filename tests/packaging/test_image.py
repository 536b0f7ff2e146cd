"""The image: the same bases in every build, and layers that change as seldom as what is in them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}")


def stages() -> dict[str, list[str]]:
    """The steps of each stage by its name; the last stage, which becomes the image, has none."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE)
    _, *parts = re.split(r"^FROM (\S+)(?: AS (\w+))?$", text, flags=re.MULTILINE)
    return {
        name or "": [f"FROM {base}", *filter(None, (line for line in steps.splitlines() if not line.startswith("#")))]
        for base, name, steps in zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    }


def copied(steps: list[str]) -> list[str]:
    return [step.removeprefix("COPY ") for step in steps if step.startswith("COPY ")]


def test_every_stage_begins_with_the_same_base_by_its_digest() -> None:
    (argument,) = re.findall(r"^ARG PYTHON=(.*)$", DOCKERFILE, re.MULTILINE)
    bases = {steps[0] for steps in stages().values()}

    assert PINNED.fullmatch(argument)
    assert bases == {"FROM ${PYTHON}", "FROM dependencies"}


def test_a_change_of_source_changes_the_last_layer_alone() -> None:
    assert copied(stages()["dependencies"]) == ["requirements.lock /src/"]
    assert copied(stages()[""]) == ["--from=dependencies /app /app", "--from=app /staged/app /app"]


def test_the_image_runs_under_fixed_ids_and_without_pip() -> None:
    steps = stages()[""]
    made = next(step for step in steps if "useradd" in step)

    assert "USER 10001:10001" in steps
    assert re.search(r"groupadd .*--gid 10001", made)
    assert re.search(r"useradd .*--uid 10001 --gid 10001", made)
    assert "pip uninstall" in made


def test_the_image_asks_the_app_whether_it_can_do_its_work() -> None:
    (check,) = (step for step in stages()[""] if step.startswith("HEALTHCHECK"))

    assert check.endswith('CMD ["saleor-kupikupi", "health"]')
    assert "WORKER_BEAT_FILE=/tmp/worker.beat" in DOCKERFILE


@pytest.fixture
def docker(tmp_path: Path) -> dict[str, str]:
    """An environment whose `docker pull` knows two images."""
    command = tmp_path / "bin" / "docker"
    command.parent.mkdir()
    command.write_text(
        '#!/bin/sh\necho "pulling $2"\ncase $2 in\n'
        f'  python:3.13-slim) echo "Digest: sha256:{"a" * 64}" ;;\n'
        f'  postgres:17-alpine) echo "Digest: sha256:{"b" * 64}" ;;\n'
        "  *) exit 1 ;;\nesac\n"
    )
    command.chmod(0o755)
    return {"PATH": f"{command.parent}:{os.defpath}", "HOME": str(tmp_path)}


def renew(folder: Path, environment: dict[str, str], compose: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "Dockerfile"):
        shutil.copy(ROOT / name, folder)
    (folder / "compose.yaml").write_text(compose)
    command = [str(shutil.which("make")), "base-images"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_renewing_the_bases_keeps_the_tags_and_takes_their_digests_of_today(
    tmp_path: Path, docker: dict[str, str]
) -> None:
    done = renew(tmp_path, docker, f"image: postgres:17-alpine@sha256:{'0' * 64}\n")

    assert done.returncode == 0, done.stderr
    assert f"ARG PYTHON=python:3.13-slim@sha256:{'a' * 64}\n" in (tmp_path / "Dockerfile").read_text()
    assert (tmp_path / "compose.yaml").read_text() == f"image: postgres:17-alpine@sha256:{'b' * 64}\n"


def test_an_image_without_a_digest_to_be_had_stops_the_renewal_by_its_name(
    tmp_path: Path, docker: dict[str, str]
) -> None:
    done = renew(tmp_path, docker, f"image: nowhere:1@sha256:{'0' * 64}\n")

    assert done.returncode != 0
    assert "nowhere:1" in done.stdout
    assert "0" * 64 in (tmp_path / "compose.yaml").read_text()
