"""The wheel is all one needs: it carries its files, and serves from an empty folder."""

import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
STOP_SECONDS = 15.0

Command = list[str | Path]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build: Command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and, beside it, what requirements.lock names and no more."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip: Command = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python"]
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *quiet, "--no-deps", "--no-index", wheel], check=True)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    for name in locked_names():
        link_distribution(name, site_packages)
    return environment


def locked_names() -> list[str]:
    return re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


def link_distribution(name: str, site_packages: Path) -> None:
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return  # for another system, says its marker
    for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        link = site_packages / top
        if not link.exists():
            link.symlink_to(Path(str(metadata.distribution(name).locate_file(top))).resolve())


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What an operator sets, and nothing of this process's own environment."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "ENV": "production",
        "SECRET_KEY": "a secret of the wheel's test that is long enough",
        "ALLOWED_SALEOR_URLS": "https://shop.example/graphql/",
        "APP_API_BASE_URL": "https://kupikupi.example",
        "DATABASE_URL": f"sqlite:///{tmp_path}/app.db",
        "PORT": str(free_port()),
        "WEB_WORKERS": "1",
    }


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_wheel_carries_everything_the_code_reads(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())

    assert "saleor_kupikupi/manifest.json" in carried
    for package in ("saleor_kupikupi", "saleor_kupikupi_sandbox"):
        wanted = {
            file.relative_to(ROOT).as_posix()
            for file in (ROOT / package).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        assert wanted <= carried


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"saleor_kupikupi", "saleor_kupikupi_sandbox"}


def test_the_installed_command_explains_itself(
    installed: Path, environment: dict[str, str], empty_folder: Path
) -> None:
    shown = run(installed, "--help", environment=environment, folder=empty_folder)

    for command in ("serve", "worker", "migrate", "demo", "connections", "transfers", "reports", "reconcile"):
        assert command in shown


def test_the_installed_app_migrates_and_serves_from_an_empty_folder(
    installed: Path, environment: dict[str, str], empty_folder: Path
) -> None:
    run(installed, "migrate", environment=environment, folder=empty_folder)

    with served(installed, environment, empty_folder) as address:
        manifest = requests.get(f"{address}/api/manifest", timeout=5).json()

    assert manifest["id"] == "saleor.app.payment.kupikupi"
    assert all(webhook["query"].startswith("subscription") for webhook in manifest["webhooks"])
    assert all(
        webhook["targetUrl"].startswith("https://kupikupi.example/api/webhooks/") for webhook in manifest["webhooks"]
    )
    assert list(empty_folder.iterdir()) == []


def run(installed: Path, *arguments: str, environment: dict[str, str], folder: Path) -> str:
    command: Command = [installed / "bin" / "saleor-kupikupi", *arguments]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(installed: Path, environment: dict[str, str], folder: Path) -> Iterator[str]:
    """Serves the app and yields its address; ending it as an operator does takes at most 15 seconds."""
    address = f"http://127.0.0.1:{environment['PORT']}"
    command: Command = [installed / "bin" / "saleor-kupikupi", "serve"]
    with subprocess.Popen(command, env=environment, cwd=folder) as server:
        try:
            await_live(server, address)
            yield address
            server.send_signal(signal.SIGTERM)
            assert server.wait(STOP_SECONDS) == 0
        finally:
            server.kill()


def await_live(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended at its start"
        try:
            if requests.get(f"{address}/health/live", timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("the server did not start")
