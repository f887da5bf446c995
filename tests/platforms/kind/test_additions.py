"""Added spaces: written down first, one hosted of each part at a time, and found when their run is
gone.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.kind.additions import Addition, Additions

WDS = Addition("wds-a", "wds", "its1", False, "/run", os.getpid(), pidfd.start_ticks(os.getpid()))
ITS = replace(WDS, name="its-a", role="its", its="")
WEC = replace(WDS, name="cluster-a", role="wec", its="its-a")


def test_they_are_known_to_every_process_in_the_order_of_the_teardown(tmp_path: Path) -> None:
    assert Additions(tmp_path).all() == []
    for one in (ITS, WEC, WDS):
        Additions(tmp_path).note(one)
    assert Additions(tmp_path).all() == [WDS, WEC, ITS]
    Additions(tmp_path).forget("cluster-a")
    assert Additions(tmp_path).all() == [WDS, ITS]


def test_the_hosting_cluster_plays_each_part_once_at_a_time(tmp_path: Path) -> None:
    additions = Additions(tmp_path)
    additions.note(replace(WDS, hosted=True))
    additions.note(replace(ITS, hosted=True))
    with pytest.raises(UserError, match=r"wds-b: the hosting cluster is WDS wds-a already"):
        additions.note(replace(WDS, name="wds-b", hosted=True))
    additions.note(replace(WDS, name="wds-c"))
    additions.forget("wds-a")
    additions.note(replace(WDS, name="wds-b", hosted=True))
    assert [one.name for one in additions.all()] == ["wds-c", "wds-b", "its-a"]


def test_one_is_abandoned_when_the_process_that_owns_its_run_has_ended() -> None:
    assert not WDS.abandoned
    assert replace(WDS, created=WDS.created - 1).abandoned, "the number is another process's by now"
    child = subprocess.Popen(["sleep", "60"])
    mine = replace(WDS, pid=child.pid, created=pidfd.start_ticks(child.pid))
    assert not mine.abandoned
    child.kill()
    child.wait()
    assert mine.abandoned
