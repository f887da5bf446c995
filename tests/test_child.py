"""A child pytest that takes too long, or whose parent is interrupted, can take its platform down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import child

_TIDY = """
import pathlib, signal, sys, time

def end(*_):
    time.sleep(0.5)
    pathlib.Path(sys.argv[1], "tidied").touch()
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(60)
"""
_DEAF = """
import signal, time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def test_a_child_that_takes_too_long_takes_its_platform_down(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        child.run_child(tmp_path, limit=2, under=[sys.executable, "-c", _TIDY, str(tmp_path)])
    assert (tmp_path / "tidied").exists()


def test_a_child_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "GRACE", 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        child.run_child(tmp_path, limit=2, under=[sys.executable, "-c", _DEAF])
