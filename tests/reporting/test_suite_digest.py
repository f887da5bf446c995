"""The identity of a suite: what changes it, what does not, and the tests that it lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.reporting.marks import read_marks
from kubestellar_conformance.reporting.suite_digest import PARTS, suite_identity

TESTS = """
@promises("A-1")
def test_a(): ...

@pytest.mark.parametrize("x", [case("one", promises="A-1"), case("two", promises="A-2")])
def test_rows(x): ...

def test_steps():
    with step("It is", promise="A-2"): ...

def helper():
    with step("It is", promise="A-2"): ...
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "scenarios"
    for name, text in {
        "promises/a.yaml": "- x",
        "known_deviations/0.30.0/a.yaml": "- y",
        "a/test_it.py": TESTS,
        "a/nginx.yaml": "kind: Deployment",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _identity(folder: Path) -> dict[str, Any]:
    return suite_identity(folder, "scenarios", read_marks(folder, folder.parent))


def test_the_tests_are_the_functions_of_the_source(suite: Path) -> None:
    names = ("test_a", "test_rows", "test_steps")
    assert _identity(suite)["tests"] == [f"scenarios/a/test_it.py::{name}" for name in names]


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("promises/a.yaml", "promises"),
        ("known_deviations/0.30.0/a.yaml", "known_deviations"),
        ("a/test_it.py", "scenarios"),
        ("a/nginx.yaml", "scenarios"),
    ],
)
def test_a_change_shows_in_its_part_and_in_the_whole(suite: Path, file: str, part: str) -> None:
    before = _identity(suite)
    (suite / file).write_text((suite / file).read_text() + "\n")
    after = _identity(suite)
    assert after["digest"] != before["digest"]
    assert [name for name in PARTS if after[name] != before[name]] == [part]


def test_a_moved_file_changes_it(suite: Path) -> None:
    before = _identity(suite)
    (suite / "a/nginx.yaml").rename(suite / "a/other.yaml")
    assert _identity(suite)["scenarios"] != before["scenarios"]


def test_caches_and_hidden_files_do_not(suite: Path) -> None:
    before = _identity(suite)
    (suite / "a/__pycache__").mkdir()
    (suite / "a/__pycache__/test_it.pyc").write_text("x")
    (suite / ".editor").write_text("x")
    assert _identity(suite) == before


def test_linked_folders_count_once(suite: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    for part in PARTS[:2]:
        (installed / part).symlink_to(suite / part)
    found = suite_identity(installed, "scenarios", [])
    assert [found[part] for part in PARTS[:2]] == [_identity(suite)[part] for part in PARTS[:2]]
