"""Runs: what a killed run left is found and ended; a live or kept one, and anybody else's process,
never.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import pidfd, runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.runs import RUN_MARKER
from kubestellar_conformance.platforms.embedded import teardown
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.embedded.process import Process
from tests.support.embedded import (
    DEAF,
    IDLE,
    a_run,
    child,
    ended_process,
    identity,
    no_file_over,
    spec,
    started,
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


def disown(folder: RunFolder, *, kept: bool = False) -> None:
    """Make it the run of a process that is no more."""
    runs.own(folder, ended_process()[0], kept=kept)


def end_leftovers(folder: RunFolder) -> None:
    """End what was left. The start of another test's platform may be at the same just now: then
    wait until it is through.
    """
    runs.end_leftovers()
    deadline = time.monotonic() + 60
    while folder.root in runs.marked_processes() or (folder.root / "env.sh").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_process_of_a_run_is_found_by_its_mark(folder: RunFolder) -> None:
    part, other = (
        started(folder, IDLE, "its1/part"),
        started(folder, f"sleep 120 & {IDLE}", "its1/other"),
    )
    found = runs.marked_processes()[folder.root]
    assert {identity(part), identity(other)} < set(found)
    assert len(found) == 3  # a child of a component's too
    assert folder.root in [run.root for run in runs.running()]


def test_leftovers_are_ended_and_their_credentials_removed(folder: RunFolder) -> None:
    deaf, paused = started(folder, DEAF, "its1/deaf"), started(folder, IDLE, "its1/paused")
    paused.pause()
    (folder.credentials / "admin.key").write_text("secret")
    folder.kubeconfig.write_text("secret")
    (folder.root / "env.sh").write_text("export KUBECONFIG=...")
    disown(folder)
    ended = [identity(deaf), identity(paused)]
    end_leftovers(folder)
    assert not any(pidfd.alive(*process) for process in ended)
    assert folder.root not in runs.marked_processes()
    assert sorted(path.name for path in folder.root.iterdir()) == ["logs"]
    assert (folder.logs / "its1-deaf.log").read_text() == "ready\n"


def test_leftovers_of_a_run_without_a_word_on_its_owner_are_ended(folder: RunFolder) -> None:
    part = identity(started(folder))
    (folder.state / "owner.json").write_text("{")
    end_leftovers(folder)
    assert not pidfd.alive(*part)


def test_a_live_run_and_a_kept_one_are_left_alone(folder: RunFolder, tmp_path: Path) -> None:
    with a_run(tmp_path / "kept") as kept, a_run(tmp_path / "dead") as dead:
        parts = [started(folder), started(kept)]
        leftover = identity(started(dead))
        disown(kept, kept=True)
        disown(dead)
        ended = runs.end_leftovers()
        end_leftovers(dead)
        assert folder.root not in ended
        assert kept.root not in ended
        assert not pidfd.alive(*leftover)
        assert [part.state for part in parts] == ["running", "running"]
        assert kept.credentials.is_dir()
        assert runs.is_kept(kept)
        assert not runs.is_kept(folder)


@pytest.mark.parametrize("times", [3, 100], ids=["at once", "on a busy machine"])
def test_a_process_that_becomes_another_program_just_now_is_found(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Its environment and its arguments read as empty then."""
    part, read = identity(started(folder)), psutil.Process.environ
    looks = []

    def becoming(process: psutil.Process) -> dict[str, str]:
        looks.append(process.pid)
        return {} if process.pid == part[0] and looks.count(part[0]) < times else read(process)

    monkeypatch.setattr(psutil.Process, "environ", becoming)
    monkeypatch.setattr(psutil.Process, "cmdline", lambda it: [""] * (it.pid != part[0]))
    assert runs.marked_processes()[folder.root] == [part]


def test_a_run_that_was_ended_while_others_were_looked_for_is_none_s_leftover(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = identity(started(folder))
    found = runs.marked_processes()
    teardown.end_run(folder)
    runs.forget(folder)
    monkeypatch.setattr(runs, "marked_processes", lambda: {folder.root: found[folder.root]})
    assert found[folder.root] == [part]
    assert runs.end_leftovers() == []


def test_a_foreign_process_is_left_alone(folder: RunFolder) -> None:
    with child("sh", "-c", IDLE) as (foreign, _):
        part = identity(started(folder))
        disown(folder)
        end_leftovers(folder)
        assert not pidfd.alive(*part)
        assert foreign.poll() is None


@pytest.fixture(params=["--pid", "--mount"])
def contained(request: pytest.FixtureRequest, folder: RunFolder) -> Iterator[tuple[int, int]]:
    """A process of a run in a container, as far as that matters: its own PID or mount namespace,
    and so a folder that is not seen outside.
    """
    enter = ["unshare", request.param, "--fork", "--kill-child"]
    if os.geteuid() != 0:
        enter += ["--user", "--map-root-user"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets no namespace be made")
    command = [*enter, "env", f"{RUN_MARKER}={folder.root}/in-the-container", "sh", "-c", IDLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as outer:
        assert outer.stdout is not None
        assert outer.stdout.readline() == b"ready\n"
        [inner] = psutil.Process(outer.pid).children()
        yield inner.pid, pidfd.start_ticks(inner.pid)
        inner.kill()


def test_a_run_in_a_container_is_left_alone(folder: RunFolder, contained: tuple[int, int]) -> None:
    leftover = identity(started(folder))
    disown(folder)
    end_leftovers(folder)
    assert not pidfd.alive(*leftover)
    assert pidfd.alive(*contained)


def test_a_run_folder_with_a_colon_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    run_dir = tmp_path / "a:b"
    with pytest.raises(
        UserError, match=rf"the run folder {run_dir} has a ':' in it: choose another$"
    ):
        EmbeddedPlatform(PlatformSettings(run_dir=run_dir)).up()
    assert not run_dir.exists()


def test_a_run_folder_whose_name_is_not_utf_8_is_refused_before_anything_is_done(
    tmp_path: Path,
) -> None:
    run_dir = tmp_path / os.fsdecode(b"\xffbad")
    with pytest.raises(UserError, match=r"the run folder: the name \S+udcffbad is not UTF-8: use"):
        EmbeddedPlatform(PlatformSettings(run_dir=run_dir)).up()
    assert not run_dir.exists()


def test_another_process_with_the_owner_s_pid_is_not_the_owner(folder: RunFolder) -> None:
    assert runs.is_owned(folder)
    me = {"pid": os.getpid(), "created": pidfd.start_ticks(os.getpid()) - 1, "kept": False}
    write_private_json(folder.state / "owner.json", me)
    assert not runs.is_owned(folder)


def test_whose_a_run_is(folder: RunFolder) -> None:
    with child("sh", "-c", IDLE) as (_, (other, _)):
        assert not runs.is_anothers(folder, os.getpid())
        assert runs.is_anothers(folder, other)
    disown(folder, kept=True)
    assert runs.is_anothers(folder, os.getpid())
    disown(folder)
    assert not runs.is_anothers(folder, os.getpid())
    runs.own(folder, os.getpid(), kept=True)
    assert not runs.is_anothers(folder, os.getpid())


@pytest.mark.parametrize(("options", "ends"), [({"owner": str(os.getpid())}, False), ({}, True)])
def test_a_run_that_was_refused_a_folder_does_not_end_the_platform_in_it(
    folder: RunFolder, options: dict[str, str], ends: bool
) -> None:
    """A kept platform is ended by name only (without an owner in the options), not by a run that
    stumbled on it.
    """
    part = started(folder)
    disown(folder, kept=True)
    EmbeddedPlatform(PlatformSettings(run_dir=folder.root, options=options)).down()
    assert part.state == ("stopped" if ends else "running")
    assert folder.credentials.is_dir() is not ends


def test_the_end_of_a_run_ends_whatever_it_started(folder: RunFolder) -> None:
    parts = [
        started(folder, DEAF, "its1/deaf"),
        started(folder, f"sleep 120 & {IDLE}", "its1/with-child"),
    ]
    killed = Process(folder, spec(name="its1/kube-apiserver", grace=0))
    killed.start()
    killed.pause()
    teardown.end_run(folder)
    assert folder.root not in runs.marked_processes()
    assert [part.state for part in (*parts, killed)] == ["stopped"] * 3
    teardown.end_run(folder)


def test_a_full_disk_is_not_a_reason_to_leave_processes_running(folder: RunFolder) -> None:
    part = started(folder)
    with no_file_over(1):
        teardown.end_run(folder)
    assert not pidfd.alive(*identity(part))


def test_a_part_that_a_worker_removes_meanwhile_is_not_one_either(folder: RunFolder) -> None:
    """Its state file is gone between the listing and the reading."""
    (folder.state / "process-added-part.json").symlink_to(folder.state / "gone")
    part = started(folder)
    teardown.end_run(folder)
    assert not pidfd.alive(*identity(part))


def test_run_folders_sort_by_time_and_are_private(tmp_path: Path) -> None:
    found = runs.new_run_folder(tmp_path / "run")
    assert found.stat().st_mode & 0o777 == 0o700
    assert found.name.endswith(f"-{os.getpid()}")


def test_the_cache_is_where_the_user_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runs.cache_root() == tmp_path / "kubestellar-conformance"
    assert runs.cache_root(tmp_path / "mine") == tmp_path / "mine"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert runs.cache_root() == tmp_path / ".cache" / "kubestellar-conformance"
