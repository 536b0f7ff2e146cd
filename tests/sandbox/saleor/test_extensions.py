"""An app's places in the Dashboard, as its manifest names them."""

from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from tests.sandbox.saleor.recording_app import RecordingApp

WIDGET = {"label": "Points", "mount": "ORDER_DETAILS_WIDGETS", "target": "WIDGET", "url": "/widget/order"}
BY_GET = {"options": {"widgetTarget": {"method": "GET"}}}
APP_URL = "http://app.test/app"


def test_widgets_came_with_3_22(any_saleor: Saleor, recorder: RecordingApp) -> None:
    recorder.changes = {"appUrl": APP_URL, "extensions": [WIDGET | BY_GET]}
    if any_saleor.version == "3.21":
        with pytest.raises(InstallFailed, match="WIDGET"):
            any_saleor.install(recorder.manifest_url)
        return
    (extension,) = any_saleor.install(recorder.manifest_url).extensions
    assert (extension.label, extension.mount, extension.method) == ("Points", "ORDER_DETAILS_WIDGETS", "GET")


def test_a_widget_that_says_nothing_is_posted_to(saleor: Saleor, recorder: RecordingApp) -> None:
    recorder.changes = {"appUrl": APP_URL, "extensions": [WIDGET]}

    assert saleor.install(recorder.manifest_url).extensions[0].method == "POST"


@pytest.mark.parametrize(
    ("app_url", "changes"),
    [
        (None, {}),
        (APP_URL, {"url": "widget/order"}),
        (APP_URL, {"target": "APP_PAGE", "url": "http://app.test/page"}),
        (APP_URL, {"url": "http://elsewhere.test/posted"}),
    ],
)
def test_an_address_that_does_not_fit_fails_the_install(
    saleor: Saleor, recorder: RecordingApp, app_url: str | None, changes: dict[str, Any]
) -> None:
    recorder.changes = {"appUrl": app_url, "extensions": [WIDGET | changes]}

    with pytest.raises(InstallFailed, match="INVALID_URL_FORMAT"):
        saleor.install(recorder.manifest_url)
