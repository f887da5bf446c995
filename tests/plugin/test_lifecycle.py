"""One platform for a run: started once, shared, and ended whatever happens."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

TWO = """
    def test_one(wds):
        time.sleep(0.5)

    def test_two(wds):
        time.sleep(0.5)

    def test_three(wds):
        time.sleep(0.5)
"""
BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])


def test_one_process_does_it_all(suite: Suite) -> None:
    suite.tests(TWO)
    ran = suite.run()
    assert ran.status == 0
    assert [event for event in ran.events if event != "child-runs"] == ["up", "detach", "down"]
    assert not ran.child_lives()


def test_workers_share_one_platform(suite: Suite) -> None:
    suite.tests(TWO)
    ran = suite.run("-n2")
    assert ran.status == 0, ran.output
    assert sorted(event for event in ran.events if event != "child-runs") == [
        "attach",
        "detach",
        "detach",
        "down",
        "up",
    ]
    assert ran.events[-1] == "down"
    assert {test["worker"] for test in ran.tests.values()} == {"gw0", "gw1"}
    assert ran.record["complete"] is True
    assert not ran.child_lives()


@BOTH
@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("usage", 4, "ERROR: the source folder /nowhere is not a Go module"),
        (
            "compiler",
            4,
            "ERROR: it: building /ks failed; the compiler's last lines are below\n"
            "    # example.test/pkg\n    pkg/a.go:1:2: undefined: b\n"
            "    pkg/a.go:3:4: c (type *d  has no\n        method c)\n",
        ),
        ("broken", 10, "ERROR: wds1/kube-apiserver was not ready after 30 s"),
        ("deviates", 1, "ERROR: wds1/transport-controller ended while starting"),
        ("bug", 10, "ERROR: RuntimeError: a hole in the harness"),
    ],
)
def test_a_start_that_fails_is_reported_once(
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    processes: tuple[str, ...],
    error: str,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("FAKE_UP", error)
    suite.tests(TWO)
    ran = suite.run(*processes)
    assert ran.status == status
    assert ran.output.count(said) == 1
    assert ran.output.count("undefined: b") == (1 if error == "compiler" else 0)
    assert "Traceback" not in ran.output
    assert "crashed" not in ran.output
    assert ran.events.count("up") == 1
    assert not ran.child_lives()
    assert set(ran.verdicts.values()) == {"not run"}
    assert ran.record["complete"] is False


@BOTH
def test_keep_leaves_it_up_and_says_how_to_use_it(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(TWO)
    ran = suite.run("--ks-keep", *processes)
    assert ran.status == 0
    assert f"export KUBECONFIG={ran.folder}/kubeconfig" in ran.output
    assert "down" not in ran.events
    assert ran.child_lives()
    ran.end_child()


def test_an_end_that_fails_is_broken(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_DOWN", "fails")
    suite.tests(TWO)
    ran = suite.run()
    assert ran.status == 10
    assert "stopping the platform: Broken: etcd cannot be ended" in ran.output


def test_nothing_is_started_for_a_look(suite: Suite) -> None:
    suite.tests(TWO)
    ran = suite.run("--collect-only")
    assert ran.status == 0
    assert ran.events == []
    assert not (ran.folder / "report").exists()


def test_a_long_start_is_not_in_a_tests_time(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_UP_SECONDS", "12")
    suite.tests("@pytest.mark.timeout(10)\ndef test_quick(wds):\n    pass\n")
    assert suite.run().status == 0


@pytest.mark.parametrize(
    ("platforms", "users", "marks", "verdict"),
    [
        ("60", [], "", "conforms"),
        ("1.5", [], "", "broken"),
        ("60", ["--timeout=1"], "", "broken"),
        ("60", [], "@pytest.mark.timeout(1)", "broken"),
    ],
    ids=["the platform's", "the platform's is over", "the user's", "the test's own"],
)
def test_a_platform_may_give_tests_longer_than_the_suite_does(
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    platforms: str,
    users: list[str],
    marks: str,
    verdict: str,
) -> None:
    monkeypatch.setenv("FAKE_TEST_LIMIT", platforms)
    ini = suite.path / "pytest.ini"
    ini.write_text(ini.read_text().replace("timeout = 60", "timeout = 1"))
    suite.tests(f"{marks}\ndef test_takes_3_s(wds):\n    time.sleep(3)\n")
    assert suite.run(*users).verdicts == {"test_takes_3_s": verdict}
