"""What the processes of a run tell each other through its folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubestellar_conformance.reporting.evidence import Evidence
from kubestellar_conformance.reporting.known import KnownDeviation
from kubestellar_conformance.reporting.selection import Selection
from kubestellar_conformance.reporting.session_folder import RunFailure, SessionFolder


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    return SessionFolder(tmp_path / "run", tmp_path / "run" / "report")


def test_nothing_is_made_before_it_is_written_to(folder: SessionFolder) -> None:
    assert folder.started() is None
    assert folder.failure() is None
    assert folder.collected() == {}
    assert not folder.used("platform")
    assert not folder.path.exists()


def test_the_first_failure_stays(folder: SessionFolder) -> None:
    folder.has_failed(RunFailure("usage", "first"))
    folder.has_failed(RunFailure("broken", "second"))
    assert folder.failure() == RunFailure("usage", "first")


def test_a_lock_held_by_another_process(folder: SessionFolder) -> None:
    folder.path.mkdir()
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path / "platform.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert not folder.free_within("platform", 0.2)
    holder.kill()
    holder.communicate()
    assert folder.free_within("platform", 5)


def test_a_claim_is_exclusive_and_forgets_the_past(folder: SessionFolder) -> None:
    folder.has_started({"x": 1})
    folder.has_failed(RunFailure("broken", "old"))
    folder.set_over()
    assert folder.is_over()
    assert folder.claim()
    assert not folder.is_over()
    assert folder.started() is None
    assert folder.failure() is None
    assert not SessionFolder(folder.path, folder.report).claim()


def test_steps_nest_and_fail() -> None:
    evidence = Evidence()

    def story() -> None:
        with evidence.step("outer"):
            with evidence.step("inner"):
                pass
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        story()
    assert [(step.title, step.depth, step.outcome) for step in evidence.steps] == [
        ("outer", 0, "failed"),
        ("inner", 1, "done"),
    ]


@pytest.mark.parametrize(
    ("pattern", "nodeid", "covered"),
    [
        ("s/test_a.py::test_x", "s/test_a.py::test_x", True),
        ("s/test_a.py::test_x", "s/test_a.py::test_x[cluster1]", True),
        ("s/test_a.py::test_x", "s/test_a.py::test_xy", False),
        ("s/test_a.py::test_x[cluster1]", "s/test_a.py::test_x[cluster1]", True),
        ("s/test_a.py::test_x[cluster1]", "s/test_a.py::test_x[cluster2]", False),
        ("s/*::test_x", "s/deep/test_a.py::test_x", True),
        ("s/test_a.py::test_*", "s/test_a.py::test_anything[p-1]", True),
        ("s/test_a.py::test_x", "t/s/test_a.py::test_x", False),
    ],
)
def test_which_tests_an_entry_covers(pattern: str, nodeid: str, covered: bool) -> None:
    entry = KnownDeviation("K", (pattern,), ("T-1",), "e", "s", "c", "1/1")
    assert entry.covers(nodeid) is covered


def test_why_a_selection_is_partial() -> None:
    selection = Selection(collected={"a", "b"})
    assert selection.why_partial(["a", "b"]) == []
    assert selection.why_partial(["a"]) == ["1 collected test did not run: b"]
    selection = Selection(
        suite=False,
        paths=["x.py"],
        options={"-k": "y"},
        deselected=2,
        collection_errors=1,
        stopped="z",
    )
    assert selection.why_partial([]) == [
        "only x.py",
        "-k y",
        "2 tests deselected",
        "1 file could not be collected",
        "ended early: z",
    ]
