"""A watch is read event by event, as each arrives, and ends whenever another thread ends it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from kubestellar_conformance.watching import EXPIRED, Watch, WatchFailed, lines, watch_query
from tests.support.embedded import in_thread

SECONDS = 60.0


def event(verb: str, **obj: Any) -> bytes:
    return json.dumps({"type": verb, "object": obj}).encode() + b"\n"


class Server:
    """Answers each request with parts of an answer, as a watch gets them; each part is sent when
    the one before was taken.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.go_on = threading.Semaphore(0)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in outer.parts:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    self.wfile.flush()
                    outer.go_on.acquire(timeout=SECONDS)
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = in_thread(self._http.serve_forever)
        self._pool = urllib3.PoolManager()

    def answer(self, *parts: bytes) -> Any:
        self.parts = list(parts)
        url = f"http://127.0.0.1:{self._http.server_port}/"
        return self._pool.request("GET", url, preload_content=False)

    def close(self) -> None:
        self.go_on.release(100)
        self._http.shutdown()
        self._thread.join(SECONDS)
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.close()


def test_a_line_is_there_with_its_last_byte_wherever_the_answer_is_cut(server: Server) -> None:
    found = lines(server.answer(b"on", b"e\ntwo\nth", b"ree\n"))
    server.go_on.release()
    assert [next(found), next(found)] == [b"one", b"two"]
    server.go_on.release(2)
    assert list(found) == [b"three"]


def test_events_are_read_one_by_one_until_the_server_ends_the_watch(server: Server) -> None:
    watch, made = Watch(), {"metadata": {"name": "a"}}
    with watch.reading(server.answer(event("ADDED", **made), event("DELETED", **made))) as events:
        assert next(events) == ("ADDED", made)
        server.go_on.release(2)
        assert list(events) == [("DELETED", made)]
    assert not watch.ended


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (event("ERROR", code=EXPIRED, message="too old"), EXPIRED, "the watch ended: too old"),
        (event("ERROR", message="no code"), 0, "the watch ended: no code"),
        (b"<html>\n", 0, "the watch ended: an event is not JSON"),
    ],
)
def test_an_error_of_the_server_ends_the_watch(
    server: Server, said: bytes, code: int, message: str
) -> None:
    answer = server.answer(said)
    with pytest.raises(WatchFailed, match=message) as raised, Watch().reading(answer) as events:
        next(events)
    assert raised.value.code == code
    assert answer.closed


def test_another_thread_ends_a_read_under_way(server: Server) -> None:
    """The read ends with whatever the connection raises then, or as if the server had ended it."""
    watch, reads = Watch(), threading.Event()
    answer, began = server.answer(event("ADDED")), time.monotonic()

    def read() -> None:
        with suppress(urllib3.exceptions.HTTPError, OSError), watch.reading(answer) as events:
            for _ in events:
                reads.set()

    thread = in_thread(read)
    assert reads.wait(SECONDS)
    watch.end()
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert time.monotonic() - began < SECONDS / 2


@pytest.mark.parametrize("end", [Watch.end, lambda watch: watch.end() or watch.end()])
def test_a_watch_that_was_ended_before_reads_nothing(
    server: Server, end: Callable[[Watch], None]
) -> None:
    watch = Watch()
    end(watch)
    answer = server.answer(event("ADDED"))
    with watch.reading(answer) as events:
        assert list(events) == []
    assert answer.closed
    began = time.monotonic()
    watch.pause(SECONDS)
    assert time.monotonic() - began < SECONDS / 2


def test_a_watch_asks_for_bookmarks_and_ends_in_time() -> None:
    assert watch_query("42", 60) == {
        "watch": "true",
        "resourceVersion": "42",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "60",
    }
