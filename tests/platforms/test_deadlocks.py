"""Deadlocks of controllers: which count, which tests have met them, and that they are ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest

from kubestellar_conformance.platforms import ComponentHandle, deadlocks
from kubestellar_conformance.platforms.deadlocks import Deadlocks
from tests.platforms.test_goroutines import AT_WORK, READER

NAME = "wds1/kubestellar-controller-manager"
TEXT = (
    f"{NAME} is deadlocked: binding.resolver.requestForObject (resolver.go:396) called by "
    "binding.resolver.requestsForBinding (resolver.go:378) waits in sync.RWMutex.RLock"
)


class Controller:
    """A controller that serves these lists of goroutines, the last one again and again."""

    name, product = NAME, True

    def __init__(self, *dumps: str) -> None:
        self.state, self.done = "running", list[str]()
        self.dumps = list(dumps)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.path == "/debug/pprof/goroutine?debug=2"
                text = outer.dumps.pop(0) if len(outer.dumps) > 1 else outer.dumps[0]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.arguments = [f"--pprof-bind-address=127.0.0.1:{self.server.server_port}"]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.done.append("stop")

    def start(self) -> None:
        self.done.append("start")
        self.dumps = [AT_WORK]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlocks, "APART", 0.01)


@pytest.fixture
def controllers() -> Iterator[list[Controller]]:
    made: list[Controller] = []
    yield made
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def _watching(made: list[Controller], state: Path, *dumps: str) -> Deadlocks:
    if dumps:
        made.append(Controller(*dumps))
    return Deadlocks(lambda: cast(list[ComponentHandle], made), state)


def test_a_controller_whose_goroutines_wait_on_is_deadlocked(
    controllers: list[Controller], tmp_path: Path
) -> None:
    one = _watching(controllers, tmp_path, READER)
    assert one.met_since(time.monotonic()) == TEXT
    assert one.any()


@pytest.mark.parametrize(
    "dumps",
    [(AT_WORK,), (READER, AT_WORK), (READER, READER.replace("goroutine 812", "goroutine 813"))],
    ids=["none waits", "it got the lock", "another one waits"],
)
def test_a_goroutine_that_waits_for_a_moment_is_no_deadlock(
    controllers: list[Controller], tmp_path: Path, dumps: tuple[str, ...]
) -> None:
    one = _watching(controllers, tmp_path, *dumps)
    assert one.met_since(time.monotonic()) is None
    assert not one.any()


def test_a_deadlocked_controller_is_restarted_once(
    controllers: list[Controller], tmp_path: Path
) -> None:
    one = _watching(controllers, tmp_path, READER)
    one.end()
    assert controllers[0].done == []
    one.met_since(time.monotonic())
    _watching(controllers, tmp_path).end()
    one.end()
    assert controllers[0].done == ["stop", "start"]


def test_one_that_somebody_else_has_restarted_is_left_alone(
    controllers: list[Controller], tmp_path: Path
) -> None:
    one = _watching(controllers, tmp_path, READER)
    one.met_since(time.monotonic())
    controllers[0].dumps = [AT_WORK]
    one.end()
    assert controllers[0].done == []


def test_a_test_beside_it_has_met_it_too_also_soon_after_the_restart(
    controllers: list[Controller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = _watching(controllers, tmp_path, READER), _watching(controllers, tmp_path)
    began = time.monotonic()
    one.met_since(began)
    one.end()
    assert other.met_since(began) == TEXT
    monkeypatch.setattr(deadlocks, "AFTERWARDS", 0.0)
    assert other.met_since(time.monotonic()) is None


def test_a_test_has_met_it_that_another_ends_between_the_two_looks(
    controllers: list[Controller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = _watching(controllers, tmp_path, READER), _watching(controllers, tmp_path)

    def meanwhile(_seconds: float) -> None:
        monkeypatch.undo()
        monkeypatch.setattr(deadlocks, "APART", 0.01)
        other.met_since(began)
        other.end()

    began = time.monotonic()
    monkeypatch.setattr(time, "sleep", meanwhile)
    assert one.met_since(began) == TEXT
    assert controllers[0].done == ["stop", "start"]


def test_a_controller_that_does_not_run_or_serves_nothing_is_not_asked(
    controllers: list[Controller], tmp_path: Path
) -> None:
    one = _watching(controllers, tmp_path, READER)
    controllers[0].state = "paused"
    assert one.met_since(time.monotonic()) is None
    controllers[0].state = "running"
    controllers[0].arguments = ["--v=2"]
    assert one.met_since(time.monotonic()) is None
    controllers[0].arguments = ["--pprof-bind-address=127.0.0.1:1"]
    assert one.met_since(time.monotonic()) is None
