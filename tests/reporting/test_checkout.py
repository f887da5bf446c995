"""The commit of the harness's checkout, as a record names it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kubestellar_conformance.reporting.checkout import harness_commit


def _git(folder: Path, *args: str) -> str:
    own = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    command = ["git", *own, *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_changed_checkout_is_told_from_a_clean_one(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-qm", "One")
    _git(tmp_path, "tag", "v1")
    commit = _git(tmp_path, "rev-parse", "HEAD").strip()
    (tmp_path / "untracked").touch()
    assert harness_commit(tmp_path) == commit
    (tmp_path / "file").write_text("two!")
    assert harness_commit(tmp_path) == f"{commit}-dirty"


def test_a_package_below_another_checkout_has_no_commit(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "site-packages").mkdir()
    assert harness_commit(tmp_path / "site-packages") is None
    assert harness_commit(tmp_path) is None  # it has no commit yet
