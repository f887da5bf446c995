"""A run that pytest-split splits over jobs: its parts merge into the record of the whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.reporting.conformance.verify import EXIT_PARTIAL
from tests.support.suite import Suite

TESTS = """
    @promises("T-1")
    @pytest.mark.parametrize("row", ["a", "b", "c"])
    def test_rows(wds, row):
        pass

    @promises("T-2")
    def test_known(wds):
        assert 0, "it is not so"
"""
KNOWN = """
- id: KD-1
  tests: [../test_it.py::test_known]
  promises: [T-2]
  expected: e
  seen: s
  cause: c
  rate: 1/1
"""
LONG = {"suite/test_it.py::test_known": 9.0, "suite/test_it.py::test_rows[a]": 8.0}
SHORT = {"suite/test_it.py::test_rows[b]": 1.0, "suite/test_it.py::test_rows[c]": 0.5}


@pytest.fixture
def parted(suite: Suite) -> Suite:
    """Four tests, of which the past knows that two are long."""
    suite.tests(TESTS)
    suite.known(KNOWN)
    suite.write("durations.json", json.dumps(LONG | SHORT))
    return suite


def _part(suite: Suite, number: int, *args: str) -> str:
    """The folder of a half of the run."""
    split = ("--splits=2", f"--group={number}", "--splitting-algorithm=least_duration")
    folder = suite.path / f"part-{number}"
    ran = suite.run(*split, "--durations-path=durations.json", f"--ks-run-dir={folder}", *args)
    assert ran.status == 0, ran.output
    why = "; ".join(_record(folder)["selection"]["why_partial"])
    assert f"--splits 2; --group {number}; 2 tests deselected" in why
    return str(folder)


def _record(folder: Path) -> dict[str, Any]:
    place = folder / "report" if (folder / "report").is_dir() else folder
    content: dict[str, Any] = json.loads((place / "run.json").read_text())
    return content


def _said(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says of suite and product, without the times of its run."""
    keys = ("complete", "exit_status", "suite", "counts", "promises", "coverage", "release")
    tests = [
        {key: test[key] for key in ("nodeid", "verdict", "judged", "known_deviation", "message")}
        for test in record["tests"]
    ]
    return {"tests": tests, "known": record["known_deviations"]} | {
        key: record[key] for key in keys
    }


def test_two_halves_are_the_whole_and_one_is_partial(
    parted: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = parted.run()
    halves = [_part(parted, 1), _part(parted, 2, "-n2")]
    ran = [{test["nodeid"] for test in _record(Path(one))["tests"]} for one in halves]
    assert not ran[0] & ran[1]
    assert all(len(one & LONG.keys()) == 1 for one in ran), "each part has one of the long tests"
    out = parted.path / "merged"
    assert cli.main(["merge", *halves, "--out", str(out)]) == 0
    assert _said(_record(out)) == _said(whole.record)
    assert cli.main(["verify", str(out / "conformance.yaml")]) == 0
    capsys.readouterr()
    assert cli.main(["merge", halves[0], "--out", str(out)]) == EXIT_PARTIAL
    assert "is not the whole suite: did not run in any part: " in capsys.readouterr().err
    assert cli.main(["verify", str(out / "conformance.yaml")]) == EXIT_PARTIAL


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--splits=2",), "argument `--group` is required"),
        (("--splits=2", "--group=3"), "argument `--group` must be >= 1 and <= 2"),
    ],
)
def test_a_part_that_does_not_exist_is_refused(
    parted: Suite, given: tuple[str, ...], said: str
) -> None:
    ran = parted.run(*given)
    assert ran.status == 4
    assert said in ran.output
