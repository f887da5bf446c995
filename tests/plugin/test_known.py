"""Known deviations in a run: seen, fixed, intermittent, explained otherwise, and lists that are
wrong.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from kubestellar_conformance import cli
from tests.support.suite import Suite

BODY = """
    @promises("T-1")
    def test_it(wds):
        {body}

    @promises("T-2")
    def test_other(wds):
        pass
"""
ENTRY = """
- id: KD-1
  tests: ["{test}"]
  promises: [T-1]
  expected: the status to return
  seen: it stays empty
  cause: nobody writes it
  rate: {rate}
  intermittent: {intermittent}
  matches: stays empty
"""


def _known(
    suite: Suite, body: str, *, intermittent: bool = False, test: str = "../test_it.py::test_it"
) -> None:
    suite.tests(BODY.format(body=body))
    suite.known(
        ENTRY.format(
            test=test,
            intermittent=str(intermittent).lower(),
            rate="3/10" if intermittent else "10/10",
        )
    )


SEEN = "raise Deviation('status: stays empty')"


@pytest.mark.parametrize(
    ("processes", "body", "intermittent", "status", "verdict"),
    [
        ((), SEEN, False, 0, "known deviation"),
        (("-n2",), SEEN, False, 0, "known deviation"),
        ((), "assert 'stays empty' == ''", False, 0, "known deviation"),
        ((), "pass", False, 1, "fixed deviation"),
        (("-n2",), "pass", False, 1, "fixed deviation"),
        ((), SEEN, True, 0, "known deviation"),
        ((), "pass", True, 0, "conforms"),
        (("-n2",), "pass", True, 0, "conforms"),
        ((), "raise Deviation('something else')", False, 1, "deviates"),
        ((), "raise Deviation('something else')", True, 1, "deviates"),
        ((), "raise Broken('stays empty')", False, 10, "broken"),
        (("-n2",), "raise Broken('stays empty')", True, 10, "broken"),
    ],
)
def test_outcomes(
    suite: Suite,
    processes: tuple[str, ...],
    body: str,
    intermittent: bool,
    status: int,
    verdict: str,
) -> None:
    _known(suite, body, intermittent=intermittent)
    ran = suite.run(*processes)
    assert (ran.status, ran.verdicts["test_it"]) == (status, verdict)
    assert ran.tests["test_it"]["known_deviation"] == "KD-1"
    assert ran.tests["test_other"]["known_deviation"] is None
    promise = {row["id"]: row["state"] for row in ran.record["promises"]}
    assert (
        promise["T-1"]
        == {
            "known deviation": "does not hold",
            "deviates": "does not hold",
            "conforms": "holds",
            "fixed deviation": "holds",
            "broken": "broken",
        }[verdict]
    )
    assert promise["T-2"] == "holds"
    if status == 0:
        assert "known deviation" in ran.output
        assert "KD-1" in ran.output


def test_an_entry_for_all_tests_explains_a_failure_of_any(suite: Suite) -> None:
    suite.tests(
        BODY.format(body="raise Deviation('not there; the manager is deadlocked: a waits')")
    )
    own = ENTRY.format(test="../test_it.py::test_it", intermittent="false", rate="10/10")
    everywhere = ENTRY.format(test="../*", intermittent="true", rate="1/10")
    everywhere = everywhere.replace("KD-1", "KD-2").replace("stays empty", "manager is deadlocked")
    suite.known(own + everywhere)
    ran = suite.run()
    assert (ran.status, ran.verdicts["test_it"]) == (0, "known deviation")
    assert ran.tests["test_it"]["known_deviation"] == "KD-2"
    assert ran.tests["test_other"]["known_deviation"] is None, "it names no test"
    assert ran.verdicts["test_other"] == "conforms"
    seen = {one["id"]: (one["seen"], one["not_seen"]) for one in ran.record["known_deviations"]}
    assert seen == {"KD-1": (0, 0), "KD-2": (1, 0)}


def test_a_fixture_that_asserts_is_not_the_known_deviation(suite: Suite) -> None:
    suite.tests("""
        @pytest.fixture
        def bad():
            assert "stays empty" == ""

        @promises("T-1")
        def test_it(bad, wds):
            pass
    """)
    suite.known(ENTRY.format(test="../test_it.py::test_it", intermittent="false", rate="10/10"))
    ran = suite.run()
    assert (ran.status, ran.verdicts["test_it"]) == (10, "broken")


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_an_entry_without_its_test_is_refused(suite: Suite, processes: tuple[str, ...]) -> None:
    _known(suite, "pass", test="../test_it.py::test_renamed")
    ran = suite.run(*processes)
    assert ran.status == 4
    line = (
        "known_deviations/0.30.0/t.yaml:2: known deviation KD-1 of release 0.30.0 names a test that does not exist: "
        "suite/test_it.py::test_renamed"
    )
    assert ran.output.count(line) == 1
    assert "Traceback" not in ran.output
    assert "up" not in ran.events
    assert (
        suite.run("suite/test_it.py", *processes).status == 0
    )  # there, the test may just not be asked for


def test_a_proposed_entry_makes_the_deviation_a_known_one(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.tests(BODY.format(body=SEEN), name="suite/t/test_it.py")
    assert suite.run().status == 1
    monkeypatch.chdir(suite.path)
    capsys.readouterr()
    assert cli.main(["known-deviations", "run", "--scenarios", "suite"]) == 0
    proposed = capsys.readouterr().out
    suite.known(proposed.replace("cause:", "cause: it has been found #"))
    ran = suite.run()
    assert (ran.status, ran.record["counts"]["known deviation"]) == (0, 1)


def _entry(**changes: Any) -> str:
    lines = {
        "id": "KD-1",
        "tests": "[a]",
        "promises": "[T-1]",
        "expected": "x",
        "seen": "y",
        "cause": "z",
        "rate": "10/10",
    } | changes
    return (
        "- {"
        + ", ".join(f"{key}: {value}" for key, value in lines.items() if value is not None)
        + "}\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_entry(promises="[T-9]"), "t.yaml:1: entry KD-1: unknown promise 'T-9'"),
        (_entry(rate="often"), "rate 'often' is not 'times seen/runs'"),
        (_entry(seen=None), "t.yaml:1: needs text under 'seen'"),
        (_entry(cause="''"), "t.yaml:1: needs text under 'cause'"),
        (_entry(tests="[]"), "t.yaml:1: needs a list of at least one text under 'tests'"),
        (_entry(colour="red"), "t.yaml:1: unknown field 'colour'"),
        (_entry() + _entry(), "t.yaml:2: duplicate entry KD-1: "),
        (_entry(matches='"("'), "'matches' is not a valid regular expression"),
        (
            _entry(tests='["../*"]', matches="x"),
            "an entry for all tests ('../*') must be intermittent and have 'matches'",
        ),
        ("a: b", "expected a list, found a mapping"),
        ("- [", "is not YAML"),
    ],
)
def test_a_wrong_list_is_one_clear_line(suite: Suite, text: str, said: str) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    suite.known(text)
    ran = suite.run()
    assert ran.status == 4
    line = next(line for line in ran.output.splitlines() if line.startswith("ERROR: "))
    assert said in line
    assert "known_deviations/0.30.0/t.yaml:" in line
    assert "Traceback" not in ran.output
    assert ran.events == []


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_an_expected_failure_without_an_entry_is_judged_by_what_it_raises(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("""
        @pytest.mark.xfail(reason="known to me")
        def test_deviates(wds):
            raise Deviation("not there")

        @pytest.mark.xfail
        def test_conforms(wds):
            pass

        @pytest.mark.xfail(strict=True)
        def test_conforms_strictly(wds):
            pass

        @pytest.fixture
        def bad():
            raise OSError("no space left")

        @pytest.mark.xfail
        def test_broken_in_setup(bad, wds):
            pass

        def test_gives_up(wds):
            pytest.xfail("will not work")

        @pytest.mark.xfail(run=False)
        def test_is_not_begun(wds):
            pass

        @pytest.mark.xfail
        def test_skips_itself(wds):
            pytest.skip("not today")
    """)
    ran = suite.run(*processes)
    assert ran.status == 10
    assert ran.verdicts == {
        "test_deviates": "deviates",
        "test_conforms": "conforms",
        "test_conforms_strictly": "conforms",
        "test_broken_in_setup": "broken",
        "test_gives_up": "broken",
        "test_is_not_begun": "broken",
        "test_skips_itself": "not run",
    }
    assert "no space left" in ran.tests["test_broken_in_setup"]["message"]
    assert "will not work" in ran.tests["test_gives_up"]["message"]
    assert re.search(r"1 failed, 2 passed, 1 skipped, (\d+ warnings, )?3 broken", ran.output)
    assert {node.tag for node in ran.cases["test_deviates"]} == {"properties", "failure"}
    assert {node.tag for node in ran.cases["test_conforms_strictly"]} == {"properties"}


@pytest.mark.parametrize(
    "options",
    [(), ("--runxfail",), ("-p", "no:skipping", "-o", "markers=xfail"), ("--marked",)],
    ids=["plain", "runxfail", "no-skipping", "marked"],
)
@pytest.mark.parametrize(
    ("body", "verdict", "status"),
    [("pass", "fixed deviation", 1), (SEEN, "known deviation", 0)],
    ids=["fixed", "seen"],
)
def test_no_option_and_no_mark_hides_what_the_list_says(
    suite: Suite, options: tuple[str, ...], body: str, verdict: str, status: int
) -> None:
    _known(suite, body)
    if options == ("--marked",):
        text = (suite.path / "suite/test_it.py").read_text()
        suite.write(
            "suite/test_it.py",
            text.replace("def test_it", "@pytest.mark.xfail(strict=False)\ndef test_it"),
        )
        options = ()
    ran = suite.run(*options)
    assert (ran.status, ran.verdicts["test_it"]) == (status, verdict), ran.output
