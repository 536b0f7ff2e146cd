from collections.abc import Iterator

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.recording_app import RecordingApp


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    return SigningKey()


@pytest.fixture
def recorder() -> Iterator[RecordingApp]:
    app = RecordingApp().start()
    yield app
    app.stop()


@pytest.fixture(params=["3.21", "3.22", "3.23"])
def any_saleor(request: pytest.FixtureRequest, signing_key: SigningKey) -> Iterator[Saleor]:
    yield from running(request.param, signing_key)


@pytest.fixture
def saleor(signing_key: SigningKey) -> Iterator[Saleor]:
    yield from running("3.22", signing_key)


def running(version: str, key: SigningKey, patience: float = 5.0) -> Iterator[Saleor]:
    saleor = Saleor(version=version, session_timeout=patience, retry_delays=(0.01, 0.01), key=key)
    saleor.start()
    saleor.channel()
    yield saleor
    saleor.stop()


@pytest.fixture
def impatient(signing_key: SigningKey) -> Iterator[Saleor]:
    """A Saleor that waits half a second for an app's answer."""
    yield from running("3.22", signing_key, patience=0.5)


@pytest.fixture
def app(saleor: Saleor, recorder: RecordingApp) -> App:
    return saleor.install(recorder.manifest_url)
