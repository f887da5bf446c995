"""A kind whose CRD is established and which the API server does not serve yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.spaces import Kind, UnknownKind, Unreachable
from kubestellar_conformance.spaces import client as module
from kubestellar_conformance.spaces.client import Client
from tests.spaces.test_requests import KUBECONFIG
from tests.support.serving import serving

WIDGET = Kind("widgets.test", "v1", "Widget")
CRDS = {
    "resources": [
        {
            "name": "customresourcedefinitions",
            "kind": "CustomResourceDefinition",
            "namespaced": False,
        }
    ]
}


class Server(ThreadingHTTPServer):
    """Serves the kind from the third time that it is asked for, or from another one (``serves``)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.crd: dict[str, Any] = {
            "metadata": {},
            "spec": {
                "group": WIDGET.group,
                "names": {"kind": WIDGET.name},
                "versions": [{"name": WIDGET.version, "served": True}],
            },
            "status": {"conditions": [{"type": "Established", "status": "True"}]},
        }
        self.asked, self.serves = 0, 3

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == f"/apis/{WIDGET.api_version}":
            self.asked += 1
            widgets = {"name": "widgets", "kind": WIDGET.name, "namespaced": True}
            return (200, {"resources": [widgets]}) if self.asked >= self.serves else (404, {})
        if path.endswith("/customresourcedefinitions"):
            return 200, {"items": [self.crd]}
        return (200, CRDS) if path.startswith("/apis/apiextensions.k8s.io/") else (404, {})


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        status, body = self.server.answer(self.path.partition("?")[0])
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the screen clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as server:
        yield server


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[Client]:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG % server.server_port)
    client = Client("wds1", tmp_path / "kubeconfig")
    yield client
    client.close()


def test_an_established_kind_is_asked_for_until_it_is_served(
    server: Server, client: Client
) -> None:
    assert client.served(WIDGET).plural == "widgets"
    assert server.asked == 3


def test_a_kind_whose_crd_is_not_established_is_unknown_at_once(
    server: Server, client: Client
) -> None:
    server.crd["status"] = {}
    with pytest.raises(UnknownKind):
        client.served(WIDGET)
    assert server.asked == 1


def test_a_kind_whose_crd_is_going_is_unknown_at_once(server: Server, client: Client) -> None:
    server.crd["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    with pytest.raises(UnknownKind):
        client.served(WIDGET)
    assert server.asked == 1


def test_an_established_kind_that_is_not_served_is_not_unknown(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its objects may all be there: an overloaded API server takes long after a restart."""
    monkeypatch.setattr(module, "_PAUSES", (0.01, 0.01))
    server.serves = 100
    with pytest.raises(Unreachable, match=r"discovery of widgets.test/v1.*CRD is established"):
        client.served(WIDGET)
    assert server.asked == 3
