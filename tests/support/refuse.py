"""Runs a command whose system calls are refused as a sandbox refuses them: ``refuse.py ERRNO
CALL[,CALL] COMMAND...``.

A seccomp filter, which any user may put on a process of their own and which its children inherit.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence

CALLS = {
    "pidfd_open": {"x86_64": 434, "aarch64": 434},
    "pidfd_send_signal": {"x86_64": 424, "aarch64": 424},
    "flock": {"x86_64": 73, "aarch64": 32},
}
"""The number of each call, by machine."""
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl(2)
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word; jump if equal; return
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # seccomp(2)


def under(error: str, *calls: str) -> list[str]:
    """What goes before a command: ``error`` is a name of `errno`, the calls are those of `CALLS`."""
    numbers = [str(CALLS[call][platform.machine()]) for call in calls]
    return [sys.executable, __file__, str(getattr(errno, error)), ",".join(numbers)]


def refuse(error: int, numbers: Sequence[int]) -> None:
    """Let these calls of this process fail from now on."""
    rules = [struct.pack("HBBI", _LOAD, 0, 0, 0)]  # offset 0: the call's number
    for left, number in zip(range(len(numbers) - 1, -1, -1), numbers, strict=True):
        rules.append(struct.pack("HBBI", _EQUAL, left + 1, 0, number))
    rules += [struct.pack("HBBI", _RETURN, 0, 0, what) for what in (_ALLOW, _ERRNO | error)]
    program = ctypes.create_string_buffer(b"".join(rules))
    described = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(rules), ctypes.addressof(program))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_SET_SECCOMP, _FILTER, ctypes.addressof(described), 0, 0),
    ):
        if libc.prctl(*map(ctypes.c_ulong, arguments)):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse(int(sys.argv[1]), [int(one) for one in sys.argv[2].split(",")])
    os.execvp(sys.argv[3], sys.argv[3:])
