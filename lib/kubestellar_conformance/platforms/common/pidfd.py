"""Waits for processes, also for those that are not children: file descriptors that become readable
at a process's exit.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import time
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path

from kubestellar_conformance.errors import UserError

_ENDED, _STILL = "ZX", "Tt"  # states of a thread (proc(5)): dead; stopped
NOTHING = 0  # not a signal: only whether one could be sent (kill(2))
_PF_KTHREAD = 0x00200000  # flag of such a thread, from the kernel's sched.h


def _stat(pid: int | str) -> tuple[str, int] | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0].decode(), int(fields[19])


def is_kernel_thread(pid: int) -> bool:
    """Whether it is one of the kernel's own threads, which have no environment."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return bool(int(fields[6]) & _PF_KTHREAD)


def start_ticks(pid: int) -> int:
    """When that process started, in clock ticks since boot: its identity together with the pid. -1
    if it has exited.
    """
    stat = _stat(pid)
    return stat[1] if stat else -1


def alive(pid: int, created: int) -> bool:
    """Whether that very process (``created``: its start in clock ticks since boot) still runs.

    Its first thread may have exited before the others: until they have too, its files and sockets
    are open.
    """
    stat = _stat(pid)
    if stat is None or stat[1] != created:
        return False
    return stat[0] not in _ENDED or not _threads_are(pid, _ENDED)


def open_pidfd(pid: int, created: int) -> int | None:
    """A descriptor that becomes readable when that process exits, or None if it has exited.
    `UserError` where the kernel refuses the call.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    except OSError as error:
        raise _refused("pidfd_open", error) from None
    if alive(pid, created):
        return descriptor
    os.close(descriptor)
    return None


def send(pid: int, created: int, number: int) -> bool:
    """Signal that very process. Returns whether it exists."""
    descriptor = open_pidfd(pid, created)
    if descriptor is None:
        return False
    try:
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    except OSError as error:
        raise _refused("pidfd_send_signal", error) from None
    finally:
        os.close(descriptor)


def demand() -> None:
    """`UserError` where processes cannot be watched and ended: an old Docker's seccomp profile, or
    gVisor. A platform that was started there could not be ended.
    """
    own = os.getpid()
    send(own, start_ticks(own), NOTHING)


def _refused(call: str, error: OSError) -> Exception:
    """The error for a call that failed, unless its cause is not a sandbox."""
    if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
        return error
    return UserError(
        f"this machine refuses {call} ({error.strerror}), with which components are watched and "
        "ended: use Linux 5.3 or later, and a sandbox that allows pidfd_open and "
        "pidfd_send_signal (with Docker: a newer engine, or --security-opt seccomp=unconfined)"
    )


def hold(pid: int, created: int, timeout: float = 1.0) -> bool:
    """Send SIGSTOP to that very process and wait until all its threads have stopped. Returns
    whether it exists.
    """
    sent, deadline = send(pid, created, signal.SIGSTOP), time.monotonic() + timeout
    while sent and not _threads_are(pid, _STILL + _ENDED) and time.monotonic() < deadline:
        time.sleep(0.001)  # the kernel notifies only a process's parent
    return sent


def is_held(pid: int) -> bool:
    """Whether all its threads are stopped, by SIGSTOP or by a debugger."""
    stat = _stat(pid)
    return stat is not None and stat[0] in _STILL and _threads_are(pid, _STILL + _ENDED)


def _threads_are(pid: int, states: str) -> bool:
    """Whether every thread has exited or is in one of these states (letters of proc(5))."""
    try:
        threads = [_stat(f"{pid}/task/{thread}") for thread in os.listdir(f"/proc/{pid}/task")]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return all(stat is None or stat[0] in states for stat in threads)


def wait_ended(processes: Iterable[tuple[int, int]], timeout: float) -> list[tuple[int, int]]:
    """Wait at most ``timeout`` seconds until all these processes, as (pid, start), have exited.
    Returns those that have not.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        open_descriptors: dict[int, tuple[int, int]] = {}
        poll = select.poll()
        for process in processes:
            descriptor = open_pidfd(*process)
            if descriptor is not None:
                stack.callback(os.close, descriptor)
                open_descriptors[descriptor] = process
                poll.register(descriptor, select.POLLIN)
        while open_descriptors and (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000):
                poll.unregister(descriptor)
                del open_descriptors[descriptor]
        return list(open_descriptors.values())


def ask_to_end(process: tuple[int, int], grace: float) -> None:
    """Send that process the first signal of `end`, without waiting."""
    if grace > 0:
        send(*process, signal.SIGTERM)
        send(*process, signal.SIGCONT)
    else:
        send(*process, signal.SIGKILL)


def end(processes: Collection[tuple[int, int]], grace: float) -> list[tuple[int, int]]:
    """End processes: SIGTERM (and SIGCONT, for paused ones), after ``grace`` seconds SIGKILL.
    Returns those that survived.
    """
    if grace > 0:
        for process in processes:
            ask_to_end(process, grace)
        processes = wait_ended(processes, grace)
    for process in processes:
        send(*process, signal.SIGKILL)
    return wait_ended(processes, 5.0)
