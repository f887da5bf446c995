"""A worker with a platform of its own, for the tests that need one alone."""

from __future__ import annotations

import pytest

from tests.support.suite import Ran, Suite

MANY = ("-n3",)
"""Workers enough for one to go apart. In these tests, which need not start eight each."""
ALONE = """
    pytestmark = pytest.mark.exclusive

    @pytest.mark.parametrize("n", range({tests}))
    def test_alone(wds, n):
        {body}
"""
SHARED = """
    @pytest.mark.parametrize("n", range(24))
    def test_shared(wds, n):
        time.sleep(0.1)
"""
UNTIL_IT_IS_DOWN = """
    @pytest.mark.parametrize("n", range(8))
    def test_shared(wds, n, request):
        events = request.config.rootpath / "run" / "apart" / "events.log"
        while not (events.exists() and "down" in events.read_text()):
            time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def _repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_REPEATABLE", "1")
    monkeypatch.setenv("FAKE_ENOUGH_WORKERS", "3")


def both(suite: Suite, body: str = "time.sleep(0.2)") -> None:
    suite.tests(alone(body), "suite/test_a.py")
    suite.tests(SHARED, "suite/test_b.py")


def alone(body: str = "pass", tests: int = 4) -> str:
    return ALONE.format(body=body, tests=tests)


def workers(ran: Ran, tests: str) -> set[str]:
    return {test["worker"] for name, test in ran.tests.items() if name.startswith(tests)}


def test_one_worker_runs_them_on_a_platform_of_its_own(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKE_ENOUGH_WORKERS")
    both(suite)
    ran = suite.run("-n8")
    assert ran.status == 0, ran.output
    assert workers(ran, "test_alone") == {"gw0"}
    assert "gw0" not in workers(ran, "test_shared")
    second = ran.apart
    assert (second.folder / "tests.lock").exists(), "they take their turns there"
    assert [event for event in second.events if event != "child-runs"][:3] == [
        "up",
        "detach",
        "down",
    ]
    assert ran.events.count("up") == 1
    assert not second.child_lives()
    assert not ran.child_lives()


def test_the_second_platform_goes_with_its_tests(suite: Suite) -> None:
    """Else the machine would keep it going while the others still run."""
    suite.tests(alone(), "suite/test_a.py")
    suite.tests(UNTIL_IT_IS_DOWN, "suite/test_b.py")
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output


def test_it_goes_too_when_its_worker_crashes(suite: Suite) -> None:
    suite.tests(alone("n or os._exit(3)"), "suite/test_a.py")
    suite.tests(UNTIL_IT_IS_DOWN, "suite/test_b.py")
    ran = suite.run(*MANY)
    assert {ran.verdicts[f"test_shared[{n}]"] for n in range(8)} == {"conforms"}, ran.output


@pytest.mark.parametrize(
    "options",
    [
        (*MANY, "--ks-keep"),
        (*MANY, "--dist=worksteal"),
        (*MANY, "--deselect=suite/test_a.py::test_alone[0]"),
        (*MANY, *(f"--deselect=suite/test_b.py::test_shared[{n}]" for n in range(22))),
    ],
    ids=[
        "the platform is kept",
        "another distribution",
        "few tests",
        "few other tests",
    ],
)
def test_otherwise_all_share_one(suite: Suite, options: tuple[str, ...]) -> None:
    both(suite)
    ran = suite.run(*options)
    if "--ks-keep" in options:
        ran.end_child()
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


def test_seven_workers_share_one(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKE_ENOUGH_WORKERS")
    both(suite)
    ran = suite.run("-n7")
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


def test_tests_that_all_need_it_alone_share_one(suite: Suite) -> None:
    suite.tests(alone(), "suite/test_a.py")
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


def test_what_another_plugin_leaves_out_does_not_count(suite: Suite) -> None:
    """``--lf`` does so, after all hooks of the harness."""
    both(suite)
    suite.write(
        "suite/conftest.py",
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_collection_modifyitems(items):
            result = yield
            items[:] = [item for item in items if item.name != "test_alone[0]"]
            return result
        """,
    )
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output
    assert len(ran.tests) == 27
    assert not (ran.folder / "apart").exists()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("usage", 0, "the source folder /nowhere is not a Go module"),
        ("broken", 10, "wds1/kube-apiserver was not ready after 30 s"),
    ],
)
def test_without_the_second_platform_all_share_the_first(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, error: str, status: int, said: str
) -> None:
    monkeypatch.setenv("FAKE_UP_APART", error)
    both(suite)
    ran = suite.run(*MANY)
    assert ran.status == status, ran.output
    assert set(ran.verdicts.values()) == {"conforms"}
    assert len(ran.tests) == 28
    noted = ran.record["problems"] if status else ran.record["platform"]["warnings"]
    (line,) = noted
    assert line.startswith("the second platform did not start")
    assert said in line
    assert ran.events.count("up") == 1
    assert ran.apart.events.count("up") == 1, "the start is not tried again"
    assert not ran.apart.child_lives()
    assert not ran.child_lives()


def test_a_second_platform_that_cannot_be_stopped_harms_no_test(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_DOWN", "apart")
    both(suite, "pass")
    ran = suite.run(*MANY)
    assert ran.status == 10, ran.output
    assert set(ran.verdicts.values()) == {"conforms"}
    assert ran.record["problems"] == ["stopping the platform: Broken: etcd cannot be ended"]
    assert "down" in ran.events, "the first one is stopped all the same"


def test_a_run_that_stops_early_does_not_wait_for_all_of_them(suite: Suite) -> None:
    suite.tests(alone("time.sleep(0.5)", tests=12), "suite/test_a.py")
    suite.tests(
        """
        @pytest.mark.parametrize("n", range(24))
        def test_shared(wds, n):
            assert n
        """,
        "suite/test_b.py",
    )
    ran = suite.run(*MANY, "-x")
    assert ran.status == 1, ran.output
    begun = [name for name, test in ran.tests.items() if test["verdict"] != "not run"]
    assert len([name for name in begun if name.startswith("test_alone")]) <= 4


def test_a_platform_that_there_can_be_one_of_is_shared(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKE_REPEATABLE")
    both(suite)
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


def test_a_worker_that_crashes_there_leaves_nothing_up(suite: Suite) -> None:
    both(suite, "open(f'{n}.ran', 'a').write('x'); n == 1 and os._exit(3)")
    ran = suite.run(*MANY)
    assert ran.status == 10, ran.output
    written = {path.name: path.read_text() for path in suite.path.glob("*.ran")}
    assert written == {f"{n}.ran": "x" for n in range(4)}, "the rest runs with the others"
    assert {ran.tests[f"test_alone[{n}]"]["worker"] for n in (2, 3)}.isdisjoint({"gw0"})
    assert len(ran.tests) == 28
    assert ran.apart.events.count("up") == 1
    assert not ran.apart.child_lives()
    assert not ran.child_lives()


def test_a_second_run_in_the_same_folder_starts_it_again(suite: Suite) -> None:
    both(suite, "pass")
    for _ in range(2):
        ran = suite.run(*MANY)
        assert ran.status == 0, ran.output
    assert ran.apart.events.count("up") == 2
