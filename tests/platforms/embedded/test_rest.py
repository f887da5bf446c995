"""Plain requests to an API server: against a small HTTPS server with a platform's own
certificates.
"""

from __future__ import annotations

import json
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.embedded.rest import CRDS, Rest, is_true, object_path
from tests.support.calm import busy
from tests.support.embedded import in_thread, within

CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
READY = {
    "metadata": {"name": "cluster1"},
    "status": {"conditions": [{"type": "Joined", "status": "True"}]},
}
NOT_YET = {
    "metadata": {"name": "cluster1"},
    "status": {"conditions": [{"type": "Joined", "status": "False"}]},
}
END = object()


class ApiServer(ThreadingHTTPServer):
    """Answers by path with a status and JSON; a watch gets what is put into ``events`` until `END`
    is.
    """

    daemon_threads = True

    def __init__(self, keys: Pki) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(keys.ca))
        context.load_cert_chain(keys.certificate("server"), keys.key("server"))
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: dict[str, tuple[int, Any]] = {}
        self.events: queue.Queue[object] = queue.Queue()
        self.watch_status = 200
        self.watching = threading.Semaphore(0)
        self.requests: list[tuple[str, str, str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def handle_any(self) -> None:
        url, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.requests.append(
            (self.command, self.path, self.headers.get("Content-Type", ""), body)
        )
        if "watch" in parse_qs(url.query):
            with suppress(OSError):  # the client has hung up
                self._watch()
            return
        status, content = self.server.answers.get(
            url.path, (404, {"message": f"{url.path} not found"})
        )
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def _watch(self) -> None:
        status = self.server.watch_status
        self.server.watching.release()
        self.send_response(status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while status == 200 and (event := self.server.events.get()) is not END:
            data = event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return pki.create(tmp_path_factory.mktemp("rest") / "credentials", [])


@pytest.fixture
def server(keys: Pki) -> Iterator[ApiServer]:
    with ApiServer(keys) as found:
        in_thread(lambda: found.serve_forever(poll_interval=0.02))
        yield found
        found.events.put(END)
        found.shutdown()


@pytest.fixture
def cancelled() -> threading.Event:
    return threading.Event()


@pytest.fixture
def rest(server: ApiServer, keys: Pki, cancelled: threading.Event) -> Rest:
    return Rest("its1", server.server_address[1], keys, cancelled)


def event(kind: str, obj: object) -> dict[str, object]:
    return {"type": kind, "object": obj}


def joined(obj: dict[str, Any]) -> bool:
    return is_true(obj, "Joined")


def test_an_answer_is_the_object(server: ApiServer, rest: Rest) -> None:
    server.answers[f"{CLUSTERS}/cluster1"] = (200, READY)
    assert rest.get(f"{CLUSTERS}/cluster1") == READY
    assert rest.get(f"{CLUSTERS}/cluster2") == {}


def test_a_refusal_is_reported_with_the_server_s_words(server: ApiServer, rest: Rest) -> None:
    server.answers["/api/v1/namespaces/x"] = (403, {"message": 'namespaces "x" is forbidden'})
    server.answers["/api/v1/namespaces/y"] = (500, "oh <html>")
    with pytest.raises(Broken) as raised:
        rest.request("GET", "/api/v1/namespaces/x", missing_ok=True)
    assert (
        str(raised.value)
        == 'GET /api/v1/namespaces/x at its1 was refused with 403: namespaces "x" is forbidden'
    )
    with pytest.raises(Broken, match="was refused with 500: oh <html>"):
        rest.get("/api/v1/namespaces/y")


def test_what_is_missing_is_refused_unless_it_may_be(rest: Rest) -> None:
    path = "/api/v1/namespaces/x"
    assert rest.request("DELETE", path, missing_ok=True) == {}
    with pytest.raises(
        Broken, match=f"DELETE {path} at its1 was refused with 404: {path} not found"
    ):
        rest.request("DELETE", path)


def test_no_server_and_an_untrusted_one_are_reported(
    server: ApiServer, rest: Rest, keys: Pki, tmp_path: Path
) -> None:
    stranger = Rest("its1", server.server_address[1], pki.create(tmp_path / "other", []))
    assert not stranger.ready()
    with pytest.raises(
        Broken, match=r"GET /version at its1 \(https://127.0.0.1:\d+\) got no answer: .*CERTIFICATE"
    ):
        stranger.get("/version")
    absent = Rest("wds1", 9, keys)
    assert not absent.ready()
    with pytest.raises(
        Broken, match=r"GET /version at wds1 \(https://127.0.0.1:9\) got no answer: .*refused"
    ):
        absent.get("/version")
    assert not rest.ready()
    server.answers["/readyz"] = (500, "not yet")
    assert not rest.ready()
    server.answers["/readyz"] = (200, "ok")
    assert rest.ready()


def test_what_is_applied_says_by_whom(server: ApiServer, rest: Rest) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
    }
    paths = ["/api/v1/namespaces/n/secrets/s", "/apis/rbac.authorization.k8s.io/v1/clusterroles/r"]
    server.answers |= {path: (200, {}) for path in paths}
    rest.apply(secret, role)
    query = "?fieldManager=kubestellar-conformance&force=true"
    content = "application/apply-patch+yaml"
    assert server.requests == [
        ("PATCH", path + query, content, obj)
        for path, obj in zip(paths, (secret, role), strict=True)
    ]
    assert [object_path(secret), object_path(role)] == paths


def test_a_wait_sees_what_is_there_already(server: ApiServer, rest: Rest) -> None:
    server.events.put(event("ADDED", READY))
    assert rest.wait(CLUSTERS, "cluster1", "Joined", joined, 30) == READY
    [(method, path, _, _)] = server.requests
    assert method == "GET"
    assert path.startswith(f"{CLUSTERS}?watch=true&fieldSelector=metadata.name=cluster1&")


@pytest.mark.parametrize(
    "between",
    [[], [END], [event("ERROR", {"code": 410}), END], [event("DELETED", NOT_YET)]],
    ids=["same watch", "watch ended", "watch expired", "deleted and made anew"],
)
def test_a_wait_sees_a_later_event_at_once(
    server: ApiServer, rest: Rest, between: list[object]
) -> None:
    found: list[dict[str, Any]] = []
    server.events.put(event("ADDED", NOT_YET))
    waiting = in_thread(lambda: found.append(rest.wait(CLUSTERS, "cluster1", "Joined", joined, 60)))
    assert server.watching.acquire(timeout=60)
    for item in between:
        server.events.put(item)
    with within(5):
        line = json.dumps(event("MODIFIED", READY)).encode() + b"\n"
        server.events.put(line[:30])  # as the network may cut it
        server.events.put(line[30:])
        waiting.join(60)
    assert found == [READY]


def test_a_wait_bears_a_kind_that_is_not_served_yet(server: ApiServer, rest: Rest) -> None:
    server.watch_status = 404
    waiting = in_thread(lambda: rest.wait(CLUSTERS, "cluster1", "Joined", joined, 60))
    assert server.watching.acquire(timeout=60)
    assert server.watching.acquire(timeout=60)
    server.events.put(event("ADDED", READY))
    server.watch_status = 200
    waiting.join(60)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (None, "last seen: absent"),
        (NOT_YET, 'last seen: {"conditions": [{"type": "Joined", "status": "False"}]}'),
    ],
)
def test_a_wait_in_vain_says_what_was_seen(
    server: ApiServer, rest: Rest, seen: object, told: str
) -> None:
    if seen:
        server.events.put(event("ADDED", seen))
    with within(30), pytest.raises(Broken) as raised:
        rest.wait(CLUSTERS, "cluster1", "condition Joined", joined, 2)
    assert (
        str(raised.value)
        == f"{CLUSTERS}/cluster1 at its1: condition Joined not seen in 2 s; {told}"
    )


def test_a_cancelled_wait_ends_when_its_server_does(
    server: ApiServer, rest: Rest, cancelled: threading.Event
) -> None:
    raised: list[Broken] = []

    def wait() -> None:
        try:
            rest.wait(CLUSTERS, "cluster1", "Joined", joined, 60)
        except Broken as error:
            raised.append(error)

    waiting = in_thread(wait)
    assert server.watching.acquire(timeout=60)
    with within(5):
        cancelled.set()
        server.events.put(END)  # what an aborted start does to it
        waiting.join(60)
    assert [str(error) for error in raised] == [
        f"waiting for {CLUSTERS}/cluster1 at its1 was cancelled"
    ]


def test_a_cancelled_wait_for_a_server_that_is_not_there_ends_at_once(keys: Pki) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with within(5), pytest.raises(Broken, match="was cancelled"):
        Rest("wds1", 9, keys, cancelled).wait(CLUSTERS, "cluster1", "Joined", joined, 60)


def test_waiting_until_it_is_gone(server: ApiServer, rest: Rest) -> None:
    path = f"{CLUSTERS}/cluster1"
    rest.wait_gone(CLUSTERS, "cluster1", 5)
    server.answers[path] = (200, READY)
    with (
        within(2),
        pytest.raises(Broken, match=f"{path} at its1 was not gone 0 s after its deletion"),
    ):
        rest.wait_gone(CLUSTERS, "cluster1", 0.2)


def test_a_token_is_requested_for_a_year(server: ApiServer, rest: Rest) -> None:
    path = "/api/v1/namespaces/n/serviceaccounts/a/token"
    server.answers[path] = (201, {"status": {"token": "secret"}})
    assert rest.token("n", "a") == "secret"
    assert server.requests[0][3]["spec"] == {"expirationSeconds": 365 * 24 * 3600}


def test_only_the_crds_of_a_file_are_applied_and_waited_for(
    server: ApiServer, rest: Rest, tmp_path: Path
) -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: "
        "{name: things.example.org}\n"
    )
    file = tmp_path / "crd.yaml"
    file.write_text(f"---\n---\nkind: ConfigMap\n---\n{crd}")
    server.answers[f"{CRDS}/things.example.org"] = (200, {})
    names = rest.apply_crds([file])
    assert names == ["things.example.org"]
    assert len(server.requests) == 1
    established = {
        "spec": {"group": "example.org", "names": {"plural": "things"}, "versions": []},
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }
    began = time.monotonic()
    server.events.put(event("ADDED", established))
    rest.wait_established(names, 5)
    assert time.monotonic() - began < 5 * busy()
    assert server.requests[1][1].startswith(
        f"{CRDS}?watch=true&fieldSelector=metadata.name=things.example.org"
    )


def test_a_kind_is_there_when_it_is_served_not_when_its_crd_says_so(
    server: ApiServer, rest: Rest
) -> None:
    """Its API server hears of its own CRD a moment after it has said that it is established."""
    crd = {
        "metadata": {"name": "bindings.x.test"},
        "spec": {
            "group": "x.test",
            "names": {"plural": "bindings"},
            "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }
    server.answers["/apis/x.test/v1/bindings"] = (404, {"message": "not yet"})
    server.events.put(event("ADDED", crd))
    waiting = in_thread(lambda: rest.wait_established(["bindings.x.test"], 30))
    until(lambda: _asked(server, "/apis/x.test/v1/bindings?limit=1") > 1)
    assert waiting.is_alive()
    server.answers["/apis/x.test/v1/bindings"] = (200, {"items": []})
    waiting.join(60)
    assert not waiting.is_alive()
    assert not _asked(server, "/apis/x.test/v0/bindings?limit=1")


def test_a_kind_that_is_never_served_is_reported(server: ApiServer, rest: Rest) -> None:
    names, versions = {"plural": "bindings"}, [{"name": "v1", "served": True}]
    server.events.put(
        event(
            "ADDED",
            {
                "metadata": {"name": "bindings.x.test"},
                "spec": {"group": "x.test", "names": names, "versions": versions},
                "status": {"conditions": [{"type": "Established", "status": "True"}]},
            },
        )
    )
    with pytest.raises(
        Broken,
        match=r"^/apis/x.test/v1/bindings is not served by its1 .* bindings\.x\.test is establ",
    ):
        rest.wait_established(["bindings.x.test"], 0.5)


def _asked(server: ApiServer, path: str) -> int:
    return sum(asked == path for _, asked, _, _ in server.requests)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
