"""How the tests of a run are handed to its workers."""

from __future__ import annotations

from collections import OrderedDict
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.plugin import durations
from kubestellar_conformance.plugin.apart import APART
from kubestellar_conformance.plugin.distribution import ALONE, InPieces, pieces
from kubestellar_conformance.plugin.run import KEY
from tests.support.suite import Suite

MANY = [f"s/test_a.py::test_{number}" for number in range(40)]


def test_tests_that_belong_together_are_one_piece() -> None:
    tests = ["s/test_a.py::one", "s/test_b.py::two", "s/test_a.py::three"]
    found = pieces(tests, {tests[0]: "its WDS", tests[2]: "its WDS"}, {}, 1)
    assert found["its WDS"] == [tests[0], tests[2]]
    assert sorted(chain.from_iterable(found.values())) == sorted(tests)


def test_tests_that_run_alone_are_the_last_piece() -> None:
    found = pieces(MANY, dict.fromkeys(MANY[:3], ALONE), {}, 2)
    assert list(found)[-1] == ALONE
    assert found[ALONE] == MANY[:3]


def test_tests_for_a_worker_apart_are_handed_out_one_at_a_time() -> None:
    found = pieces(MANY, dict.fromkeys(MANY[:3], APART), {}, 2)
    assert list(found.items())[-3:] == [(test, [test]) for test in MANY[:3]]


@pytest.mark.parametrize(
    ("seconds", "largest"),
    [(1.0, 15), (7.0, 2), (16.0, 1)],
    ids=["short tests", "long ones", "ones longer than a piece"],
)
def test_a_piece_of_other_tests_lasts_some_seconds(seconds: float, largest: int) -> None:
    many = [f"s/test_a.py::test_{number}" for number in range(400)]
    found = pieces(many, {}, dict.fromkeys(many, seconds), 1)
    assert max(map(len, found.values())) == largest
    assert [*chain.from_iterable(found.values())] == many, "in the order of collection"


def test_a_piece_is_of_one_module() -> None:
    tests = [*MANY, *(test.replace("_a", "_b") for test in MANY)]
    for found in pieces(tests, {}, dict.fromkeys(tests, 1.0), 1).values():
        assert len({test.partition("::")[0] for test in found}) == 1


def test_few_tests_are_enough_for_every_worker() -> None:
    assert len(pieces(MANY[:8], {}, dict.fromkeys(MANY, 0.1), 4)) == 8


def test_what_builds_spaces_starts_early_and_not_all_at_once() -> None:
    own = {MANY[5]: "short", MANY[20]: "long", MANY[39]: "middle"}
    past = dict.fromkeys(MANY, 9.0) | {MANY[5]: 20.0, MANY[20]: 200.0, MANY[39]: 100.0}
    order = list(pieces(MANY, own, past, 1))
    places = [order.index(name) for name in ("long", "middle", "short")]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[2] < len(order) * 2 / 3
    assert min(places[1] - places[0], places[2] - places[1]) > 5


@pytest.mark.parametrize("workers", [2, 5, 10])
def test_the_longest_do_not_begin_side_by_side(workers: int) -> None:
    """They would make each other slower, and the first of them the start of every run."""
    many = [f"s/test_a.py::test_{number}" for number in range(400)]
    own = {test: test for test in many[:100]}
    past = {test: 1000.0 - number for number, test in enumerate(many)}
    early = [name for name in pieces(many, own, past, workers) if name in own]
    assert early[0] == many[0]
    longest = sorted(early.index(test) for test in many[:workers])
    assert [place // (100 // workers) for place in longest] == list(range(workers))


def test_a_long_test_starts_early_by_itself() -> None:
    past = dict.fromkeys(MANY, 1.0) | {MANY[30]: 90.0, MANY[38]: 30.0}
    found = pieces(MANY, {MANY[10]: "its WDS"}, past | {MANY[10]: 60.0}, 1)
    assert [found[name] for name in found if len(found[name]) == 1] == [
        [MANY[30]],
        [MANY[10]],
        [MANY[38]],
    ]
    assert next(iter(found)) == MANY[30]
    assert list(found).index(MANY[38]) < len(found) - 1


@pytest.mark.parametrize("slower", [1.0, 5.0])
def test_a_slow_day_makes_no_more_tests_long(slower: float) -> None:
    many = [f"s/test_a.py::test_{number}" for number in range(400)]
    past = {test: slower * (10 + number / 100) for number, test in enumerate(many)}
    found = pieces(many, {}, past | {many[300]: slower * 500}, 1)
    order = [*chain.from_iterable(found.values())]
    assert order == [many[300], *(test for test in many if test != many[300])]


def test_a_run_hands_them_out_so(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TOPOLOGIES", "1")
    suite.tests(
        """
        def test_alone(wds):
            pass
        pytestmark = pytest.mark.exclusive
        """,
        "suite/test_a.py",
    )
    suite.tests(
        """
        from kubestellar_conformance.story import own_wds
        pytestmark = own_wds
        @pytest.mark.parametrize("n", range(6))
        def test_own(wds, n):
            pass
        """,
        "suite/test_b.py",
    )
    suite.tests(
        """
        @pytest.mark.parametrize("n", range(12))
        def test_shared(wds, n, request):
            open(os.environ["PYTEST_XDIST_WORKER"] + ".shared", "w").close()
            while len([*request.config.rootpath.glob("*.shared")]) < 2:
                time.sleep(0.02)  # one worker alone could be done with all of them
        """,
        "suite/test_c.py",
    )
    ran = suite.run("-n2")
    assert ran.status == 0, ran.output
    own = {test["worker"] for name, test in ran.tests.items() if "test_own" in name}
    shared = {test["worker"] for name, test in ran.tests.items() if "test_shared" in name}
    assert len(own) == 1, "the WDS of the module is built once"
    assert len(shared) == 2
    order = sorted(ran.tests, key=lambda name: ran.tests[name]["begun"])
    last = [name for name in order[-3:] if name.endswith("test_alone")]
    assert last, "both workers may still have a test when the last piece is handed out"
    assert [event.split()[0] for event in ran.events].count("add") == 1


def test_another_distribution_stays(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.parametrize("n", range(4))
        def test_it(wds, n):
            pass
    """)
    ran = suite.run("-n2", "--dist=loadfile")
    assert ran.status == 0, ran.output
    assert len({test["worker"] for test in ran.tests.values()}) == 1


def test_a_test_that_takes_its_worker_down_is_not_run_again(suite: Suite) -> None:
    suite.tests("""
        @pytest.mark.parametrize("n", range(8))
        def test_it(wds, n):
            open(f"{n}.ran", "a").write("x")
            if n == 1:
                os._exit(3)
    """)
    ran = suite.run("-n2")
    assert ran.status == 10, ran.output
    assert {path.name: path.read_text() for path in suite.path.glob("*.ran")} == {
        f"{n}.ran": "x" for n in range(8)
    }, "the others of its piece run on a further worker"


def test_a_worker_may_end_before_it_gets_tests() -> None:
    """As it does when the platform is refused: its own message is still to come."""

    class Ended:
        def send_runtest_some(self, _: list[int]) -> None:
            raise OSError("cannot send to <Channel id=3 closed>")

    worker = Ended()
    scheduler = InPieces.__new__(InPieces)
    scheduler._order, scheduler._apart = {"a piece": MANY[:2]}, set()
    scheduler.workqueue = OrderedDict({"a piece": dict.fromkeys(MANY[:2], False)})
    scheduler.assigned_work, scheduler.registered_collections = {}, {worker: MANY}
    scheduler._assign_work_unit(worker)
    assert scheduler.assigned_work == {worker: {"a piece": dict.fromkeys(MANY[:2], False)}}


class Worker:
    """One of xdist's workers, as the scheduler sees it."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.sent: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, tests: list[int]) -> None:
        assert not self.shutting_down
        self.sent += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def test_more_workers_than_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """xdist shuts down those that were ready last. The worker that goes apart has a use then too:
    it has noted before that it does, and its platform would start for nothing.
    """
    belonging = dict.fromkeys(MANY[:4], APART) | dict.fromkeys(MANY[4:12], "their WDS")
    workers = [Worker(f"gw{number}") for number in (*range(1, 8), 0)]
    scheduler = _scheduled(monkeypatch, belonging, MANY[:12], workers)
    by_name = {worker.gateway.id: worker for worker in workers}
    assert by_name["gw0"].sent == [0, 1]
    (other,) = [worker for worker in workers[:-1] if worker.sent]
    assert other.sent == list(range(4, 12))
    for test in range(4):
        scheduler.mark_test_complete(by_name["gw0"], test)
    assert by_name["gw0"].sent == [0, 1, 2, 3]
    assert by_name["gw0"].shutting_down


def _scheduled(
    monkeypatch: pytest.MonkeyPatch,
    belonging: dict[str, str],
    tests: list[str],
    workers: list[Worker],
) -> InPieces:
    monkeypatch.setattr(durations, "past", lambda _: {})
    run: Any = SimpleNamespace(folder=SimpleNamespace(belonging=lambda: belonging))
    option = SimpleNamespace(loadscopereorder=True, tx=["popen"] * len(workers))
    config = SimpleNamespace(
        stash={KEY: run}, option=option, getvalue=lambda name: getattr(option, name)
    )
    scheduler = InPieces(config)
    for worker in workers:
        scheduler.add_node(worker)
    for worker in workers:
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    return scheduler
