"""Readiness by a URL: the status alone counts, whoever has signed the certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from kubestellar_conformance.platforms.embedded.readiness import is_ready
from kubestellar_conformance.platforms.embedded.spec import Ready
from tests.support.serving import serving


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to log."""


@pytest.fixture(params=["http", "https"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("elsewhere.invalid").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield f"{request.param}://127.0.0.1:{server.server_port}"


def at(url: str) -> Ready:
    return Ready(https=url) if url.startswith("https") else Ready(http=url)


@pytest.mark.filterwarnings("error")
def test_only_a_status_of_200_is_ready(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # loopback is not asked through a proxy
    assert is_ready(at(f"{address}/readyz"), Path(), 0)
    assert not is_ready(at(f"{address}/other"), Path(), 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_there_is_not_ready(scheme: str) -> None:
    assert not is_ready(at(f"{scheme}://127.0.0.1:9/readyz"), Path(), 0)
