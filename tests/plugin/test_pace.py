"""How long a run still takes, by the past."""

from __future__ import annotations

import pytest

from kubestellar_conformance.plugin import pace
from kubestellar_conformance.plugin.pace import Pace


class Clock:
    """The time of the module under test, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    return made


def test_nothing_is_estimated_where_nothing_is_known() -> None:
    assert Pace(["a", "b"], {"another": 3.0}, 1).left() is None


def test_the_rest_is_shared_by_the_workers_and_a_running_test_counts_by_what_it_lacks(
    clock: Clock,
) -> None:
    run = Pace(["a", "b", "c", "new"], {"a": 10.0, "b": 4.0, "c": 6.0, "another": 900.0}, 2)
    assert run.left() == (10 + 4 + 6 + 6) / 2
    run.begin("a")
    run.begin("b")
    clock.now = 3.0
    assert run.running() == [("a", 3.0), ("b", 3.0)]
    assert run.left() == (7 + 1 + 6 + 6) / 2
    for test in ("b", "c", "new"):
        run.end(test)
    assert run.left() == 7.0, "one test cannot be shared"
    clock.now = 30.0
    assert run.left() == 0.0
    run.end("a")
    assert run.left() is None


def test_a_machine_that_is_slower_than_it_was_needs_longer(clock: Clock) -> None:
    run = Pace(["a", "b", "c"], {"a": 10.0, "b": 10.0, "c": 10.0}, 1)
    for test, until in (("a", 25.0), ("b", 50.0)):
        run.begin(test)
        clock.now = until
        run.end(test)
    assert run.left() == 25.0


def test_a_test_whose_worker_died_is_over() -> None:
    run = Pace(["a", "b"], {"a": 10.0, "b": 10.0}, 1)
    run.end("a")
    assert (run.left(), run.running()) == (10.0, [])
