"""Requests that an API server cannot answer any more, though it runs: they fail at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.spaces import Unreachable
from kubestellar_conformance.spaces.client import Client
from tests.support.calm import busy
from tests.support.embedded import in_thread

WHY = "etcd, where it keeps its objects, exited unexpectedly"
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: it
clusters: [{name: it, cluster: {server: "http://127.0.0.1:%d"}}]
contexts: [{name: it, context: {cluster: it, user: it}}]
users: [{name: it, user: {}}]
"""


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def client(mute: socket.socket, tmp_path: Path) -> Client:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG % mute.getsockname()[1])
    return Client("wds1", tmp_path / "kubeconfig")


def test_a_request_under_way_is_interrupted(mute: socket.socket, client: Client) -> None:
    gone: list[str] = []
    client.down = lambda: gone[0] if gone else None

    def interrupt() -> None:
        taken, _ = mute.accept()
        with taken:
            assert taken.recv(10).startswith(b"GET")
            gone.append(WHY)
            client.interrupt()
            time.sleep(0.5)  # the server keeps its end open, as a real one does

    later, began = in_thread(interrupt), time.monotonic()
    with pytest.raises(Unreachable, match=rf"did not answer \(a look\): {WHY}$"):
        client.request("get", "/api", doing="a look")
    assert time.monotonic() - began < 10 * busy()
    later.join(10)


def test_no_further_request_is_sent_until_it_can_answer(client: Client) -> None:
    client.down = lambda: WHY
    began = time.monotonic()
    with pytest.raises(Unreachable, match=WHY):
        client.request("get", "/api", doing="a look")
    assert client.unreachable() == WHY
    assert time.monotonic() - began < 1 * busy()


def test_interrupting_nothing_is_nothing(client: Client) -> None:
    client.interrupt()
