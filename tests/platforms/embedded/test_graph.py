"""The graph of a start: order, side by side, and an end that leaves nothing under way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.embedded.graph import StepGraph

SECONDS = 60.0  # a test that would hang fails after that


class Log:
    """What happened, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def note(self, entry: str) -> Callable[[], None]:
        return lambda: self.entries.append(entry)


def fail() -> None:
    raise Broken("etcd cannot be started")


def test_a_step_begins_after_all_that_it_needs() -> None:
    graph, log = StepGraph(), Log()
    graph.add("etcd", log.note("etcd"))
    graph.add("host", log.note("host"), ["etcd"])
    graph.add("its", log.note("its"), ["etcd"])
    graph.add("agent", log.note("agent"), ["host", "its"])
    graph.run(fail)
    assert log.entries[0] == "etcd"
    assert sorted(log.entries[1:3]) == ["host", "its"]
    assert log.entries[3] == "agent"


def test_the_steps_under_way_are_noted_the_oldest_first() -> None:
    graph, noted = StepGraph(), list[list[str]]()
    graph.add("etcd", lambda: None)
    graph.add("host", lambda: None, ["etcd"])
    graph.add("its", lambda: None, ["etcd"])
    graph.run(fail, lambda under_way: noted.append(list(under_way)))
    assert noted[:2] == [["etcd"], noted[1]]
    assert sorted(noted[1]) == ["host", "its"]
    assert len(noted) <= 3


def test_steps_that_do_not_need_each_other_run_at_the_same_time() -> None:
    graph, both = StepGraph(), threading.Barrier(5)
    for name in ("a", "b", "c", "d", "e"):
        graph.add(name, lambda: both.wait(SECONDS))
    graph.run(fail)
    assert not both.broken


def test_a_step_does_not_wait_for_others_than_its_own() -> None:
    graph, reached = StepGraph(), threading.Event()
    graph.add("slow", lambda: reached.wait(SECONDS))
    graph.add("quick", lambda: None)
    graph.add("after quick", reached.set, ["quick"])
    graph.run(fail)
    slow, after = (
        next(t for t in graph.timings if t.step == name) for name in ("slow", "after quick")
    )
    assert after.began <= slow.ended < SECONDS


def test_every_step_is_timed_from_the_graph_s_beginning() -> None:
    graph = StepGraph()
    graph.add("one", lambda: None)
    graph.add("two", lambda: None, ["one"])
    graph.run(fail)
    [one, two] = graph.timings
    assert (one.step, two.step) == ("one", "two")
    assert 0 <= one.began <= one.ended <= two.began <= two.ended < SECONDS


def test_a_step_after_one_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"step 'host' comes after unknown steps \['etcd'\]"):
        StepGraph().add("host", lambda: None, ["etcd"])


def test_the_first_failure_aborts_once_and_no_other_step_begins() -> None:
    graph, log, aborted, begun = StepGraph(), Log(), threading.Event(), threading.Event()

    def under_way() -> None:
        log.note("begun")()
        begun.set()
        assert aborted.wait(SECONDS)
        raise Broken("its server went away")  # a consequence, which must not hide the cause

    def abort() -> None:
        log.note("abort")()
        aborted.set()

    def fails() -> None:
        assert begun.wait(SECONDS)
        fail()

    graph.add("under way", under_way)
    graph.add("fails", fails)
    graph.add("later", log.note("later"), ["under way"])
    graph.add("much later", log.note("much later"), ["fails"])
    with pytest.raises(Broken, match="etcd cannot be started"):
        graph.run(abort)
    assert sorted(log.entries) == ["abort", "begun"]


def test_an_abort_that_fails_is_not_tried_again() -> None:
    graph, log = StepGraph(), Log()

    def abort() -> None:
        log.note("abort")()
        raise Broken("a process did not end")

    graph.add("fails", fail)
    with pytest.raises(Broken, match="a process did not end"):
        graph.run(abort)
    assert log.entries == ["abort"]


def test_ctrl_c_aborts_once_and_waits_for_the_steps_under_way() -> None:
    graph, log, aborted = StepGraph(), Log(), threading.Event()

    def under_way() -> None:
        # Later, since the waiting thread may still be busy with handing this step out.
        main = threading.main_thread().ident or 0
        threading.Timer(1, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
        assert aborted.wait(SECONDS)
        log.note("ended")()

    def abort() -> None:
        log.note("abort")()
        aborted.set()

    graph.add("under way", under_way)
    graph.add("later", log.note("later"), ["under way"])
    with pytest.raises(KeyboardInterrupt):
        graph.run(abort)
    assert log.entries == ["abort", "ended"]
