"""A worker with a platform of its own, for the tests that need one alone."""

from __future__ import annotations

import pytest

from tests.support.suite import Ran, Suite

MANY = ("-n8",)
ALONE = """
    pytestmark = pytest.mark.exclusive

    @pytest.mark.parametrize("n", range(4))
    def test_alone(wds, n):
        {body}
"""
SHARED = """
    @pytest.mark.parametrize("n", range(24))
    def test_shared(wds, n):
        time.sleep(0.1)
"""


@pytest.fixture(autouse=True)
def _repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_REPEATABLE", "1")


def both(suite: Suite, body: str = "time.sleep(0.2)") -> None:
    suite.tests(ALONE.format(body=body), "suite/test_a.py")
    suite.tests(SHARED, "suite/test_b.py")


def workers(ran: Ran, tests: str) -> set[str]:
    return {test["worker"] for name, test in ran.tests.items() if name.startswith(tests)}


def test_one_worker_runs_them_on_a_platform_of_its_own(suite: Suite) -> None:
    both(suite)
    ran = suite.run(*MANY)
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
    assert "up" not in ran.events[1:], "the platform of the others comes first, and once"
    assert not second.child_lives()
    assert not ran.child_lives()


def test_the_second_platform_goes_with_its_tests(suite: Suite) -> None:
    """Else the machine would keep it going while the others still run."""
    suite.tests(ALONE.format(body="pass"), "suite/test_a.py")
    suite.tests(
        """
        @pytest.mark.parametrize("n", range(8))
        def test_shared(wds, n, request):
            events = request.config.rootpath / "run" / "apart" / "events.log"
            while not (events.exists() and "down" in events.read_text()):
                time.sleep(0.05)
        """,
        "suite/test_b.py",
    )
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output


@pytest.mark.parametrize(
    ("options", "alone"),
    [(("-n2",), 4), ((*MANY, "--ks-keep"), 4), (("-n8", "--dist=worksteal"), 4), (MANY, 3)],
    ids=["few workers", "the platform is kept", "another distribution", "few tests"],
)
def test_otherwise_all_share_one(suite: Suite, options: tuple[str, ...], alone: int) -> None:
    both(suite)
    chosen = [] if alone == 4 else ["--deselect=suite/test_a.py::test_alone[0]"]
    ran = suite.run(*options, *chosen)
    if "--ks-keep" in options:
        ran.end_child()
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


def test_tests_that_all_need_it_alone_share_one(suite: Suite) -> None:
    suite.tests(ALONE.format(body="pass"), "suite/test_a.py")
    ran = suite.run(*MANY)
    assert ran.status == 0, ran.output
    assert not (ran.folder / "apart").exists()


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
    assert not ran.apart.child_lives()
    assert not ran.child_lives()


def test_a_second_run_in_the_same_folder_starts_it_again(suite: Suite) -> None:
    both(suite, "pass")
    for _ in range(2):
        ran = suite.run(*MANY)
        assert ran.status == 0, ran.output
    assert ran.apart.events.count("up") == 2
