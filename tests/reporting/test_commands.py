"""The commands on the catalogue and on records, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.reporting.record import SCHEMA

ROW = "- {{id: {}, requirement: r, source: BD 2, check: c, upstream: none, rig: {}}}\n"
TEST = '@promises("A-1", "A-2")\ndef test_a(): ...\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a suite of three promises, two of which a test names."""
    promises = tmp_path / "scenarios" / "promises"
    promises.mkdir(parents=True)
    (promises / "one.yaml").write_text(ROW.format("A-1", "C") + ROW.format("A-2", "W"))
    (promises / "two.yaml").write_text(ROW.format("B-1", "C"))
    (promises / "sources.yaml").write_text("- {code: BD, page: docs/binding.md}\n")
    (tmp_path / "scenarios" / "one").mkdir()
    (tmp_path / "scenarios" / "one" / "test_it.py").write_text(TEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _record(folder: Path, run: str, **states: str) -> Path:
    """A record of a run in which a test of the first promise deviates."""
    path = folder / "run" / run / "report" / "run.json"
    path.parent.mkdir(parents=True)
    rows = [
        {"id": name.replace("_", "-"), "state": state, "requirement": "r", "known": False}
        for name, state in states.items()
    ]
    test: dict[str, Any] = {
        "nodeid": "scenarios/one/test_it.py::test_a",
        "verdict": "deviates",
        "judged": {"A-1": "deviates", "A-2": "conforms"},
        "message": "status: expected 2, seen 1",
        "known_deviation": None,
    }
    content = {"schema": SCHEMA, "release": "0.30.0", "promises": rows, "tests": [test]}
    path.write_text(json.dumps(content))
    return path


def _says(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(args) == 0
    return capsys.readouterr().out


def _refuses(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(args) == 4
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_promises_are_listed_with_their_last_state(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _record(here, "older", A_1="holds", A_2="does not hold")
    _record(here, "newer", A_1="broken", A_2="not run", B_1="no check yet")
    assert _says(capsys, "promises") == (
        "A-1  (one, rig C)\n  r\n  source: docs/binding.md 2\n"
        "  tests:  scenarios/one/test_it.py::test_a\n  last:   broken, newer\n\n"
        "A-2  (one, rig W)\n  r\n  source: docs/binding.md 2\n"
        "  tests:  scenarios/one/test_it.py::test_a\n  last:   does not hold, older\n\n"
        "B-1  (two, rig C)\n  r\n  source: docs/binding.md 2\n  last:   no check yet\n\n"
        "3 of 3 promises\n"
    )


def test_a_promise_that_names_needs_is_listed_with_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = ROW.format("C-1", "H, needs: [vcluster], reason: It needs pods.")
    path = here / "scenarios" / "promises" / "three.yaml"
    path.write_text(row)
    assert _says(capsys, "promises", "--state", "not supported") == (
        "C-1  (three, rig H)\n  r\n  source: docs/binding.md 2\n"
        "  needs:  vcluster: It needs pods.\n  last:   not supported\n\n"
        "1 of 4 promises\n"
    )
    path.write_text(row.replace("vcluster", "topologies"))
    assert "C-1" in _says(capsys, "promises", "--state", "no check")


@pytest.mark.parametrize(
    ("args", "listed"),
    [
        (["A-*"], ["A-1", "A-2"]),
        (["A-1", "B-*"], ["A-1", "B-1"]),
        (["--area", "two"], ["B-1"]),
        (["--rig", "C"], ["A-1", "B-1"]),
        (["--rig", "C", "--area", "one"], ["A-1"]),
        (["--state", "no check"], ["B-1"]),
        (["--state", "not run"], ["A-1", "A-2"]),
    ],
)
def test_only_those_that_fit(
    capsys: pytest.CaptureFixture[str], args: list[str], listed: list[str]
) -> None:
    lines = _says(capsys, "promises", *args).splitlines()
    assert [line.split()[0] for line in lines if "rig" in line] == listed
    assert lines[-1] == f"{len(listed)} of 3 promises"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["promises", "C-*"], "unknown promise 'C-*'"),
        (["promises", "--area", "three"], "--area 'three': use one of one, two"),
        (["promises", "--rig", "H"], "--rig 'H': use one of C, W"),
        (["promises", "--state", "held"], "--state 'held': use one of holds, does not hold, "),
        (["promises", "--scenarios", "nowhere"], "nowhere: is not a suite"),
        (["known-deviations"], "run has no record of a run: give a run's folder"),
        (["known-deviations", "x"], "x: is neither a run in "),
        (["known-deviations", "scenarios/promises/one.yaml"], "one.yaml: is not JSON"),
        (["docs"], "README.md: put the lines"),
    ],
)
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    assert said in _refuses(capsys, *args)


def test_an_unknown_promise_in_a_test_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "scenarios" / "one" / "test_it.py").write_text(TEST.replace("A-2", "A-9"))
    assert "test_it.py::test_a: unknown promise 'A-9'" in _refuses(capsys, "promises")


@pytest.mark.parametrize("run", ["newer", "run/newer", "run/newer/report/run.json", None])
def test_known_deviations_of_a_run(
    here: Path, capsys: pytest.CaptureFixture[str], run: str | None
) -> None:
    _record(here, "newer", A_1="does not hold")
    said = _says(capsys, "known-deviations", *([run] if run else []))
    assert said.startswith("# scenarios/known_deviations/0.30.0/one.yaml\n- id: KD-0.30.0-1\n")
    assert "  - test_it.py::test_a\n" in said


def test_a_record_of_another_kind_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _record(here, "newer", A_1="holds")
    path.write_text('{"schema": "other"}')
    assert "is not a record of this harness" in _refuses(capsys, "known-deviations", "newer")


def test_docs_are_written_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "README.md").write_text(
        "x\n<!-- coverage: written by `make docs` -->\n<!-- end of coverage -->\ny\n"
    )
    assert _says(capsys, "docs").count("written: ") == 7
    assert "**A-2**" in (here / "docs" / "promises.md").read_text()
    assert _says(capsys, "docs") == "all pages are up to date\n"
