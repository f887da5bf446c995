"""Processes by identity: whether one lives, and ending it whatever it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from kubestellar_conformance.platforms.common import pidfd
from tests.support.embedded import (
    DEAF,
    IDLE,
    child,
    ended_process,
    in_thread,
    open_files,
    state_letter,
    within,
)


def test_a_process_lives_until_it_ends() -> None:
    with child("sh", "-c", IDLE) as (popen, found):
        assert pidfd.alive(*found)
        popen.kill()
        popen.wait()
        assert not pidfd.alive(*found)
        assert pidfd.start_ticks(popen.pid) == -1


def test_a_zombie_does_not_live() -> None:
    with child("sh", "-c", "echo") as (popen, found):
        os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
        assert state_letter(popen.pid) == "Z"
        assert not pidfd.alive(*found)
        assert pidfd.open_pidfd(*found) is None
        assert not pidfd.send(*found, signal.SIGKILL)
        assert pidfd.wait_ended([found], 5) == []


def test_a_name_with_brackets_and_spaces_does_not_confuse() -> None:
    code = (
        "open('/proc/self/comm', 'w').write(') Z 1 (');print(1,flush=True);import "
        "time;time.sleep(60)"
    )
    with child(sys.executable, "-c", code) as (_, found):
        assert pidfd.alive(*found)


def test_another_process_with_the_same_pid_is_left_alone() -> None:
    with child("sh", "-c", IDLE) as (popen, (pid, created)):
        earlier = (pid, created - 1)
        assert not pidfd.alive(*earlier)
        assert not pidfd.send(*earlier, signal.SIGKILL)
        assert pidfd.end([earlier], grace=0) == []
        assert pidfd.wait_ended([earlier], 5) == []
        assert popen.poll() is None


def test_a_signal_reaches_who_is_meant_and_nobody_else() -> None:
    with child("sh", "-c", IDLE) as (popen, found), child("sh", "-c", IDLE) as (other, _):
        assert pidfd.send(*found, signal.SIGTERM)
        assert popen.wait(5) == -signal.SIGTERM
        assert other.poll() is None
    assert not pidfd.send(*found, signal.SIGTERM)


def test_waiting_returns_at_the_end_and_not_after_the_time_out() -> None:
    with (
        child("sh", "-c", IDLE) as (one, first),
        child("sh", "-c", IDLE) as (two, second),
        within(5),
    ):
        assert pidfd.wait_ended([first, second], 0.05) == [first, second]
        one.kill()
        assert pidfd.wait_ended([first], 4) == []
        assert pidfd.wait_ended([first, second], 0.05) == [second]
        waiting = in_thread(lambda: pidfd.wait_ended([first, second], 60))
        two.kill()
        waiting.join(4)
        assert not waiting.is_alive()


def test_waiting_needs_no_child() -> None:
    shell = "sh -c 'echo ready >&2; exec sleep 120' >/dev/null 2>&1 & echo $!"
    pid = int(subprocess.run(["sh", "-c", shell], stdout=subprocess.PIPE, check=True).stdout)
    found = (pid, pidfd.start_ticks(pid))
    assert pidfd.wait_ended([found], 0.01) == [found]
    assert pidfd.end([found], grace=0) == []
    assert not pidfd.alive(*found)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
@pytest.mark.parametrize("grace", [0.0, 5.0])
def test_a_process_is_ended_politely_or_at_once(grace: float, paused: bool) -> None:
    with child("sh", "-c", IDLE) as (popen, found), within(2):
        if paused:
            pidfd.send(*found, signal.SIGSTOP)
        assert pidfd.end([found], grace) == []
        assert popen.wait(5) == -(signal.SIGTERM if grace else signal.SIGKILL)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_a_process_that_does_not_listen_is_killed_after_the_grace(paused: bool) -> None:
    with (
        child("sh", "-c", DEAF) as (popen, found),
        child("sh", "-c", IDLE) as (polite, other),
        within(2),
    ):
        if paused:
            pidfd.send(*found, signal.SIGSTOP)
        assert pidfd.end([found, other], 0.1) == []
        assert popen.wait(5) == -signal.SIGKILL
        assert polite.wait(5) == -signal.SIGTERM


def test_ending_nothing_and_the_ended_is_nothing() -> None:
    with within(1):
        assert pidfd.end([], grace=5) == []
        assert pidfd.end([ended_process()], grace=5) == []


def test_no_descriptor_is_left_open() -> None:
    before = open_files()
    with child("sh", "-c", IDLE) as (_, found):
        pidfd.wait_ended([found], 0.01)
        pidfd.send(*found, signal.SIGCONT)
        pidfd.end([found], 1)
    assert open_files() <= before


def test_a_process_that_is_held_stands_still_with_all_its_threads() -> None:
    busy = "def turn():\n    while True: pass\n"
    threads = "import threading\nfor _ in range(3): threading.Thread(target=turn).start()\n"
    with child(sys.executable, "-c", f"{busy}{threads}print(1, flush=True)") as (popen, found):
        assert pidfd.hold(*found)
        assert {
            state_letter(f"{popen.pid}/task/{thread}")
            for thread in os.listdir(f"/proc/{popen.pid}/task")
        } == {"T"}
        assert pidfd.alive(*found)
    assert not pidfd.hold(*found)


def test_a_process_whose_first_thread_has_ended_is_alive_until_the_others_have() -> None:
    program = (
        "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); "
        "print('ready', flush=True); ctypes.CDLL(None).pthread_exit(None)"
    )
    with child(sys.executable, "-c", program) as (popen, identity):
        with within(5):
            while (
                state_letter(popen.pid) != "Z"
            ):  # the first thread has ended, the sleeping one has not
                time.sleep(0.01)
        assert pidfd.alive(*identity)
        assert pidfd.wait_ended([identity], 0.1) == [identity]
        assert pidfd.end([identity], grace=0) == []
        assert not pidfd.alive(*identity)
