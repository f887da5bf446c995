"""Deviations and what is broken stay apart: on the terminal, in JUnit, in the record, in the exit
status.
"""

from __future__ import annotations

import pytest

from tests.support.suite import BAD_FIXTURES, Suite

ALL_KINDS = f"""{BAD_FIXTURES}
    @promises("T-1")
    def test_conforms(wds):
        pass

    @promises("T-1")
    def test_deviates(wds):
        raise Deviation("Deployment nginx in cluster1: expected to exist, seen: absent")

    @promises("T-2")
    def test_asserts(wds):
        assert 1 == 2

    def test_broken(wds):
        raise ConnectionError("no route to the API server")

    def test_broken_in_setup(bad, wds):
        pass

    def test_broken_in_teardown(bad_end, wds):
        pass

    def test_deviates_in_teardown(deviating_end, wds):
        pass

    @pytest.mark.capability("core-chart")
    @promises("T-3")
    def test_not_supported(wds):
        pass

    @pytest.mark.exclusive
    @pytest.mark.capability("stop-components")
    def test_supported(wds):
        pass

    def test_skips_itself(wds):
        pytest.skip("no second WDS")

    @pytest.mark.timeout(1)
    def test_takes_too_long(wds):
        time.sleep(30)
"""
EXPECTED = {
    "test_conforms": "conforms",
    "test_deviates": "deviates",
    "test_asserts": "deviates",
    "test_broken": "broken",
    "test_broken_in_setup": "broken",
    "test_broken_in_teardown": "broken",
    "test_deviates_in_teardown": "deviates",
    "test_not_supported": "not supported",
    "test_supported": "conforms",
    "test_skips_itself": "not run",
    "test_takes_too_long": "broken",
}


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_every_kind_gets_its_word(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(ALL_KINDS)
    ran = suite.run("-v", *processes)
    assert ran.status == 10
    assert ran.verdicts == EXPECTED
    junit = {
        name: sorted({node.tag for node in case} - {"properties"})
        for name, case in ran.cases.items()
    }
    assert (
        junit["test_deviates"]
        == junit["test_asserts"]
        == junit["test_deviates_in_teardown"]
        == ["failure"]
    )
    assert (
        junit["test_broken"]
        == junit["test_broken_in_setup"]
        == junit["test_broken_in_teardown"]
        == ["error"]
    )
    assert junit["test_takes_too_long"] == ["error"]
    assert junit["test_not_supported"] == ["skipped"]
    assert (
        "platform fake lacks the capability core-chart"
        in ran.tests["test_not_supported"]["message"]
    )
    assert "BROKEN in call of suite/test_it.py::test_broken" in ran.output
    assert "no route to the API server" in ran.output
    promises = {promise["id"]: promise for promise in ran.record["promises"]}
    assert promises["T-1"]["state"] == promises["T-2"]["state"] == "does not hold"
    assert promises["T-3"]["state"] == "not supported"
    assert "core-chart" in promises["T-3"]["why"]


@pytest.mark.parametrize(
    ("body", "status"),
    [("pass", 0), ("assert 0", 1), ("raise Broken('etcd')", 10), ("raise KeyError('x')", 10)],
)
def test_the_exit_status_says_which(suite: Suite, body: str, status: int) -> None:
    suite.tests(f"""
        def test_it(wds):
            {body}
    """)
    assert suite.run().status == status


def test_a_run_without_a_terminal_judges_alike(suite: Suite) -> None:
    suite.tests("""
        def test_it(wds):
            assert 0

        def test_other(wds):
            pass
    """)
    ran = suite.run("-p", "no:terminal")
    assert (ran.verdicts, ran.status) == ({"test_it": "deviates", "test_other": "conforms"}, 1)


def test_junit_totals_follow_the_words(suite: Suite) -> None:
    suite.tests(ALL_KINDS)
    ran = suite.run()
    head = ran.junit.read_text()
    assert 'failures="3"' in head
    assert 'errors="4"' in head


def test_the_harness_own_tests_are_ordinary(suite: Suite) -> None:
    suite.tests("def test_it():\n    raise ValueError('plain')\n", name="own/test_own.py")
    ran = suite.run("own")
    assert ran.status == 1
    assert "KubeStellar conformance" not in ran.output
    assert "BROKEN" not in ran.output
    assert not (ran.folder / "report").exists()
    assert ran.events == []


def test_a_worker_that_dies_is_broken(suite: Suite) -> None:
    suite.tests("""
        def test_dies(wds):
            os._exit(3)

        def test_lives(wds):
            pass
    """)
    ran = suite.run("-n1", "--max-worker-restart=0")
    assert ran.status == 10
    assert ran.verdicts["test_dies"] == "broken"
    assert not ran.child_lives()
