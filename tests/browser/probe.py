"""An app whose page only writes down what it is told, to see that the stand-in Dashboard does as the real one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, jsonify, request

from saleor_kupikupi_sandbox.serving import Served, serve

PAGE = """<!doctype html><html lang="en"><title>Probe</title><h1>Probe</h1>
<p><a href="/app/second">second</a></p>
<script>
  window.got = [];
  const parent = window.parent;
  addEventListener("message", (event) => got.push(event.data));
  window.ask = (type, payload = {}) => new Promise((resolve) => {
    const actionId = String(Math.random());
    addEventListener("message", ({ data }) => {
      if (data.type === "response" && data.payload.actionId === actionId) resolve(data.payload.ok);
    });
    setTimeout(() => resolve("no answer"), 300);
    parent.postMessage({ type, payload: { actionId, ...payload } }, "*");
  });
  if (!location.search.includes("noready")) ask("notifyReady");
</script>"""


class Probe:
    """The app; `asked` are the paths with query that its documents were asked for, `posted` the fields of forms."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.posted: list[dict[str, str]] = []
        self.served: Served = serve(self._flask())

    @property
    def manifest_url(self) -> str:
        return f"{self.served.url}/manifest"

    def _flask(self) -> Flask:
        app = Flask("probe")
        app.add_url_rule("/manifest", "manifest", view_func=lambda: jsonify(self._manifest()))
        app.add_url_rule("/register", "register", view_func=lambda: jsonify(success=True), methods=["POST"])
        app.add_url_rule("/<path:path>", view_func=self._document, methods=["GET", "POST"])
        app.url_map.merge_slashes = False
        return app

    def _document(self, path: str) -> Response:
        with self.lock:
            self.asked.append(f"/{path}?{request.query_string.decode()}")
            if request.method == "POST":
                self.posted.append(dict(request.form))
        return Response(PAGE)

    def _manifest(self) -> dict[str, object]:
        widget = {"label": "Probe widget", "mount": "ORDER_DETAILS_WIDGETS", "target": "WIDGET", "url": "/app/widget"}
        return {
            "id": "app.probe",
            "name": "Bridge probe",
            "author": "Ext team",
            "version": "1",
            "tokenTargetUrl": f"{self.served.url}/register",
            "appUrl": f"{self.served.url}/app",
            "permissions": ["HANDLE_PAYMENTS"],
            "extensions": [
                {**widget, "options": {"widgetTarget": {"method": "GET"}}},
                {**widget, "label": "Probe widget POST", "url": "/app/widget-post"},
            ],
        }


@contextmanager
def probe() -> Iterator[Probe]:
    made = Probe()
    try:
        yield made
    finally:
        made.served.stop()
