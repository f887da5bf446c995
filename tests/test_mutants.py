"""The lists of mutants, and what a run of one says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubestellar_conformance.components import load_catalogue
from kubestellar_conformance.errors import UserError
from tests.mutants.catalogue import PARTS, Mutant, load
from tests.mutants.matrix import page
from tests.mutants.run import Result, _judged, recalled, remember, results_file
from tests.support.child import ROOT, Ended

ENTRY = """
- id: M-1
  file: pkg/a.go
  find: "a && b"
  put: "a"
  guilty: transport-controller
  seen: too much arrives
"""


def _mutant(folder: Path, text: str = ENTRY) -> Mutant:
    (folder / "binding.yaml").write_text(text)
    [mutant] = load(folder)
    return mutant


def test_the_lists_are_whole_and_their_areas_exist() -> None:
    for mutant in load():
        assert (ROOT / "scenarios" / mutant.area).is_dir(), mutant
        assert all(
            (ROOT / "scenarios" / mutant.area / name.partition("::")[0]).exists()
            for name in mutant.tests
        ), mutant


def test_every_part_that_may_be_guilty_is_built_from_a_package() -> None:
    components = load_catalogue()
    assert all(components[name].package for name in PARTS.values())


def test_the_page_is_that_of_the_lists_and_the_results() -> None:
    written = (ROOT / "docs" / "mutants.md").read_text()
    assert written == page(load(), recalled(results_file())), "call make mutants"


def test_an_edit_is_made_where_its_text_stands_once(tmp_path: Path) -> None:
    mutant, file = _mutant(tmp_path), tmp_path / "pkg" / "a.go"
    file.parent.mkdir()
    file.write_text("if a && b {")
    mutant.apply(tmp_path)
    assert file.read_text() == "if a {"
    with pytest.raises(UserError, match="occurs 0 times"):
        mutant.apply(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.replace("transport-controller", "etcd"), "binding.yaml:2: unknown part 'etcd'"),
        (ENTRY.replace("put:", "putt:"), "unknown field 'putt'"),
        (ENTRY * 2, "duplicate mutant M-1"),
    ],
)
def test_a_wrong_list_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        _mutant(tmp_path, text)


@pytest.mark.parametrize(
    ("status", "verdict", "message", "outcome", "blamed"),
    [
        (1, "deviates", "x\nresponsible: wds1/transport-controller (running)", "found", True),
        (1, "deviates", "responsible: wds1/kubestellar-controller-manager", "found", False),
        (0, "conforms", None, "survived", False),
        (10, "broken", "etcd", "broken", False),
    ],
)
def test_a_run_is_judged_by_its_record(
    tmp_path: Path, status: int, verdict: str, message: str | None, outcome: str, blamed: bool
) -> None:
    (tmp_path / "report").mkdir()
    tests = [{"nodeid": "scenarios/binding/t.py::x", "verdict": verdict, "message": message}]
    (tmp_path / "report" / "run.json").write_text(json.dumps({"tests": tests}))
    result = _judged(_mutant(tmp_path), Ended(status, "", tmp_path), 1.0)
    assert (result.outcome, result.blamed) == (outcome, blamed)


def test_results_are_kept_between_runs(tmp_path: Path) -> None:
    file, mutant = tmp_path / "r.json", _mutant(tmp_path)
    first = Result("M-1", "binding", "survived", (), (), 2.0)
    other = Result("M-0", "binding", "found", ("binding/t.py::x",), (), 3.0)
    remember(first, file)
    remember(other, file)
    checks = ("binding/t.py::x", "binding/t.py::y", "binding/t.py::z")
    now = Result("M-1", "binding", "found", checks, checks[2:], 4.0)
    known = remember(now, file)
    assert known == recalled(file) == {"M-0": other, "M-1": now}
    text = page([mutant], known)
    assert (
        "| M-1 | too much arrives | transport-controller | found | `t.py::x`, `t.py::y` | 2 of 3 | 4 |"
        in text
    )
    assert "1 mutants, 1 tried: 1 found (100 %), of these 0 with the guilty part named" in text
