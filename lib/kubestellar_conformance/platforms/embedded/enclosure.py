"""Runs a program in a network namespace of its own, from which it reaches some loopback ports of
this machine and nothing else.

It is for a program that listens on a fixed port of all addresses: in the namespace no other process
sees that port, and two such programs do not collide. This file is run by its path, imports the
standard library alone, and becomes the program: the caller's child is the program itself. A second
process relays the connections, since a listening socket made in the namespace may be served from
outside of it; it exits with the program. No root is needed where the kernel allows user namespaces.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

HERE = "127.0.0.1"
CANNOT_ENTER, CANNOT_RUN = 125, 126
"""Exit statuses of a failed start, as in env(1)."""
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1  # linux/sockios.h, linux/if.h


def enclosed(program: Sequence[str], reach: Sequence[int], reached: Path) -> tuple[str, ...]:
    """The command that runs ``program`` enclosed. It reaches the ports ``reach`` of 127.0.0.1 at
    the same addresses; ``reached`` is created at its first connection.
    """
    ports = (f"--reach={port}" for port in reach)
    return (*_command(), *ports, f"--reached={reached}", "--", *program)


def obstacle() -> str:
    """Why this machine cannot enclose a program; empty if it can."""
    nothing = (sys.executable, "-c", "")
    tried = subprocess.run(
        [*_command(), "--", *nothing], capture_output=True, text=True, check=False, timeout=30
    )
    if tried.returncode == 0:
        return ""
    return (tried.stderr.strip().splitlines() or [f"status {tried.returncode}"])[-1]


def _command() -> tuple[str, ...]:
    # -I: otherwise this folder would be on the path, with modules named like Python's own.
    return (sys.executable, "-I", __file__)


def main() -> NoReturn:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reach", type=int, action="append", default=[], metavar="PORT")
    parser.add_argument("--reached", type=Path, metavar="FILE")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    inside, outside = socket.socketpair()
    program = os.getpid()
    if options.reach and os.fork() == 0:
        inside.close()
        _relay(outside, program, options.reach, options.reached)
    outside.close()
    try:
        _enter()
        listening = [socket.create_server((HERE, port)) for port in options.reach]
    except OSError as problem:
        _fail(CANNOT_ENTER, f"no network namespace can be made ({problem.strerror})")
    if listening:
        socket.send_fds(inside, [b"."], [one.fileno() for one in listening])
    try:
        os.execvp(options.program[0], options.program)  # closes all sockets
    except OSError as problem:
        _fail(CANNOT_RUN, f"{options.program[0]} cannot be run on this machine: {problem.strerror}")


def _fail(status: int, message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
    os._exit(status)


def _enter() -> None:
    """Move this process into a network namespace with a loopback interface."""
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(_CLONE_NEWNET)
    except PermissionError:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        # What unshare(2) means by it: a limit of /proc/sys/user is reached.
        reason = "limit of namespaces" if number == errno.ENOSPC else os.strerror(number)
        raise OSError(number, reason)


# The relay, outside of the namespace


def _relay(
    outside: socket.socket, program: int, ports: Sequence[int], reached: Path | None
) -> NoReturn:
    """Serve the listening sockets that the program's process sends, until it has exited."""
    try:
        ended = os.pidfd_open(program)
        descriptors = socket.recv_fds(outside, 1, len(ports))[1]
    except OSError:
        os._exit(0)  # the program's process failed before
    listening = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    outside.close()
    if len(listening) == len(ports):
        asyncio.run(_serve(listening, ended, ports, reached))
    os._exit(0)


async def _serve(
    listening: Sequence[socket.socket], ended: int, ports: Sequence[int], reached: Path | None
) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(ended, over.set)

    for one, port in zip(listening, ports, strict=True):
        await asyncio.start_server(partial(_connected, port, reached), sock=one)
    await over.wait()


async def _connected(
    port: int, reached: Path | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if reached:
        reached.touch()
    with contextlib.suppress(OSError), contextlib.closing(writer):
        there, back = await asyncio.open_connection(HERE, port)
        with contextlib.closing(back):
            await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.write_eof()


if __name__ == "__main__":
    main()
