"""A component as a process: its verbs, what another process of the run sees of it, and what it
inherits.
"""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.runs import RUN_MARKER
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from tests.support.embedded import DEAF, IDLE, a_run, identity, spec, started, state_letter, within
from tests.support.freezing import VERSIONS, freezing


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


def seen_elsewhere(process: Process) -> Process:
    """The same component as another process of the run sees it: from its state file alone."""
    [file] = process.folder.state.glob(f"process-{process.spec.slug}.json")
    return Process.load(process.folder, file)


def test_it_is_stopped_before_its_first_start(folder: RunFolder) -> None:
    process = Process(folder, spec())
    assert process.state == "stopped"
    assert process.identity() is None
    assert process.log_tail() == []
    process.stop()
    assert process.state == "stopped"


def test_start_returns_when_it_is_ready(folder: RunFolder) -> None:
    process = started(folder, "sleep 0.2; " + IDLE)
    assert process.state == "running"
    assert process.log_tail() == ["ready"]
    assert process.arguments == ("-c", "sleep 0.2; " + IDLE)


def test_a_second_start_leaves_the_first_as_it_is(folder: RunFolder) -> None:
    process = started(folder)
    before = identity(process)
    process.start()
    assert identity(process) == before
    assert process.log.read_text() == "ready\n"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["own", "another process's"])
def test_the_verbs_do_what_they_say_and_everyone_sees_it(
    folder: RunFolder, elsewhere: bool
) -> None:
    mine = started(folder)
    user, onlooker = (seen_elsewhere(mine), mine) if elsewhere else (mine, seen_elsewhere(mine))
    first = identity(mine)
    user.pause()
    assert state_letter(first[0]) == "T"
    assert (user.state, onlooker.state) == ("paused", "paused")
    user.resume()
    assert state_letter(first[0]) != "T"
    assert (user.state, onlooker.state) == ("running", "running")
    user.stop()
    assert not pidfd.alive(*first)
    assert (user.state, onlooker.state) == ("stopped", "stopped")
    user.start()
    assert (user.state, onlooker.state) == ("running", "running")
    assert identity(onlooker) == identity(user) != first
    user.restart()
    assert (user.state, onlooker.state) == ("running", "running")
    assert mine.log.read_text() == "ready\n" * 3


def test_flags_of_a_restart_hold_until_the_next(folder: RunFolder) -> None:
    script = 'echo "$0 $1 $2"; echo ready; exec sleep 120'
    argv = ("sh", "-c", script, "prog", "--size=1", "--more")
    process = Process(
        folder, ProcessSpec("wds1/part", argv, ready=Ready(log=("^ready",), timeout=60))
    )
    process.start()
    assert not process.changed
    process.restart(size="2")
    process.restart(max_size="3")
    assert seen_elsewhere(process).changed
    assert process.arguments[2:] == ("prog", "--size=1", "--more", "--max-size=3")
    process.stop()
    seen_elsewhere(process).start()
    seen_elsewhere(process).restart()
    assert not process.changed
    said = [line for line in process.log.read_text().splitlines() if line != "ready"]
    assert said == ["prog --size=1 --more", "prog --more --size=2", *["prog --size=1 --more"] * 3]


def test_flags_that_are_kept_are_its_own(folder: RunFolder) -> None:
    argv = ("sh", "-c", "echo ready; exec sleep 120", "prog", "--size=1")
    process = Process(
        folder, ProcessSpec("wds1/part", argv, ready=Ready(log=("^ready",), timeout=60))
    )
    process.start()
    process.restart(size="2")
    process.keep_flags()
    assert not seen_elsewhere(process).changed
    assert seen_elsewhere(process).state == "running"
    seen_elsewhere(process).restart()
    assert process.arguments[2:] == ("prog", "--size=2")


def test_one_that_ends_by_itself_has_exited(folder: RunFolder) -> None:
    process = started(folder)
    pidfd.end([identity(process)], grace=0)
    assert process.state == "exited"
    assert seen_elsewhere(process).state == "exited"
    with pytest.raises(Broken, match="wds1/part is not running and cannot be paused"):
        process.pause()
    assert process.state == "exited"  # the attempt has changed nothing
    process.restart()
    assert seen_elsewhere(process).state == "running"


def test_a_stopped_one_cannot_be_paused_or_resumed(folder: RunFolder) -> None:
    process = started(folder)
    process.stop()
    for verb in (process.pause, process.resume):
        with pytest.raises(Broken, match="wds1/part is not running"):
            verb()
    assert process.state == "stopped"


def test_a_paused_one_that_is_started_goes_on(folder: RunFolder) -> None:
    process = started(folder)
    before = identity(process)
    process.pause()
    process.start()
    assert process.state == "running"
    assert identity(process) == before
    assert state_letter(before[0]) != "T"


def test_one_that_something_else_stopped_is_halted_until_it_is_started(folder: RunFolder) -> None:
    process = started(folder)
    before, states = identity(process), list[str]()
    pidfd.hold(*before)
    states.append(process.state)
    process.start()
    states.append(process.state)
    process.pause()
    states.append(process.state)
    process.resume()
    pidfd.hold(*before)
    with within(5):
        process.stop()
    states.append(process.state)
    assert states == ["halted", "running", "paused", "stopped"]
    assert identity(process) == before


@pytest.mark.parametrize("version", VERSIONS)
def test_one_in_a_frozen_cgroup_is_halted_until_that_is_thawed(
    folder: RunFolder, version: str
) -> None:
    process = started(folder)
    before, states = identity(process), list[str]()
    with freezing(version) as cgroup:
        cgroup.add(before[0])
        cgroup.freeze()
        states.append(process.state)
        with pytest.raises(Broken, match=r"wds1/part was stopped by .* a frozen cgroup\)"):
            process.start()
        cgroup.thaw()
        states.append(process.state)
        process.stop()  # where it may not return to the cgroup that it came from
    assert states == ["halted", "running"]
    assert identity(process) == before


def test_a_paused_one_can_be_stopped(folder: RunFolder) -> None:
    process = started(folder)
    process.pause()
    with within(5):
        process.stop()
    assert process.state == "stopped"


@pytest.mark.parametrize(("grace", "script"), [(0.1, DEAF), (0.0, IDLE)], ids=["deaf", "no grace"])
def test_stop_ends_it_whatever_it_does(folder: RunFolder, grace: float, script: str) -> None:
    process = Process(folder, spec(script, grace=grace))
    process.start()
    with within(5):
        process.stop()
    assert not pidfd.alive(*identity(process))
    assert process.state == "stopped"


def test_an_earlier_start_s_log_does_not_count(folder: RunFolder) -> None:
    once = folder.temporary / "once"
    process = Process(
        folder,
        spec(f"test -e {once} || {{ touch {once}; echo ready; }}; exec sleep 120", timeout=3),
    )
    process.start()
    with pytest.raises(
        Broken,
        match=r"not ready within 3 s: its log has no line with '.ready'; its last line: ready",
    ):
        process.restart()
    assert process.log.read_text() == "ready\n"


def test_a_file_can_show_that_it_is_ready(folder: RunFolder) -> None:
    file = folder.temporary / "ready file"
    script = f"sleep 0.2; touch '{file}'; exec sleep 120"
    Process(
        folder,
        ProcessSpec("its1/part", ("sh", "-c", script), ready=Ready(file=str(file), timeout=60)),
    ).start()
    assert file.exists()


def test_all_that_shows_it_ready_must_be_there(folder: RunFolder) -> None:
    script = "echo one; exec sleep 120"
    ready = Ready(log=("^one$", "^two$"), timeout=0.2)
    with pytest.raises(Broken, match="was not ready"):
        Process(folder, ProcessSpec("its1/part", ("sh", "-c", script), ready=ready)).start()


def test_children_get_no_one_else_s_settings(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "KUBECONFIG",
        "GODEBUG",
        "KUBERNETES_SERVICE_HOST",
        "OWN",
    ):
        monkeypatch.setenv(name, "the user's")
    monkeypatch.setenv("TZ", "UTC")
    script = "env; " + IDLE
    process = Process(
        folder,
        ProcessSpec("wds1/part", ("sh", "-c", script), {"OWN": "its own"}, Ready(log=("ready",))),
    )
    process.start()
    found = dict(line.split("=", 1) for line in process.log.read_text().splitlines() if "=" in line)
    temporary = str(folder.temporary / "wds1-part")
    assert found | {"PATH": "", "PWD": "", "SHLVL": "", "_": "", "OLDPWD": ""} == {
        **{
            n: os.environ[n]
            for n in ("LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
            if n in os.environ
        },
        "TZ": "UTC",
        "HOME": temporary,
        "TMPDIR": temporary,
        RUN_MARKER: str(folder.root),
        "OWN": "its own",
        "PATH": "",
        "PWD": "",
        "SHLVL": "",
        "_": "",
        "OLDPWD": "",
    }
    assert found["PATH"] == os.environ["PATH"]


def test_it_is_out_of_reach_of_the_terminal_s_signals(folder: RunFolder) -> None:
    pid = identity(started(folder))[0]
    assert os.getsid(pid) == os.getpgid(pid) == pid
    assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"


def test_what_is_known_of_it_is_its_owner_s_alone(folder: RunFolder) -> None:
    process = started(folder)
    [file] = folder.state.glob("process-*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert process.spec == seen_elsewhere(process).spec


def test_the_log_s_tail_is_its_last_lines(folder: RunFolder) -> None:
    process = started(
        folder,
        "for i in 1 2 3 4 5; do echo line $i; done; printf 'caf\\303\\251 \\377\\n'; " + IDLE,
    )
    assert process.log_tail(3) == ["line 5", "café \N{REPLACEMENT CHARACTER}", "ready"]
    process.log.write_text("x" * 5000 + "\nlast\n")
    assert process.log_tail(2)[-1] == "last"


def test_no_zombie_stays_of_a_child_that_was_stopped(folder: RunFolder) -> None:
    process = started(folder)
    pid = identity(process)[0]
    process.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def test_one_that_was_stopped_can_be_forgotten_and_its_log_stays(folder: RunFolder) -> None:
    started(folder)
    process = Process.named(folder, "wds1/part")
    assert process.state == "running"
    process.stop()
    process.forget()
    assert list(folder.state.glob("process-*")) == []
    assert process.log.read_text() == "ready\n"
