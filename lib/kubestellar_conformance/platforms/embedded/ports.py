"""Free loopback ports for one platform.

Ports come in blocks. A platform takes the first block that is free as a whole, so that platforms live side by
side, and a snapshot (whose stored credentials name addresses) can be used again whenever its block is free.
The blocks lie below the kernel's usual range of ephemeral ports, so that an outgoing connection cannot take one.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kubestellar_conformance.errors import UserError

FIRST_PORT = 21000
BLOCK_SIZE = 100
BLOCKS = 100


class PortBlock:
    """Hands out the ports of one block by name; the same names in the same order give the same ports."""

    def __init__(self, base: int, names: dict[str, int] | None = None) -> None:
        self.base = base
        self.names: dict[str, int] = dict(names or {})

    def __getitem__(self, name: str) -> int:
        """The port of that name, given out on first use."""
        if name not in self.names:
            port = self.base + len(self.names)
            if port >= self.base + BLOCK_SIZE:
                raise UserError(f"no port left for {name} in the block {self.base} to {port - 1}: use fewer clusters")
            self.names[name] = port
        return self.names[name]


def is_free(port: int) -> bool:
    """Whether nothing listens on that loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


@contextmanager
def claimed_block(locks: Path) -> Iterator[PortBlock]:
    """Claim the first free block while a platform starts; afterwards its listening sockets keep it taken.

    ``locks`` is a folder shared by this user's runs. `UserError` when no block is free, naming a port in use.
    """
    locks.mkdir(parents=True, exist_ok=True)
    busy = 0
    for base in range(FIRST_PORT, FIRST_PORT + BLOCKS * BLOCK_SIZE, BLOCK_SIZE):
        lock = FileLock(locks / f"ports-{base}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            taken = next((port for port in range(base, base + BLOCK_SIZE) if not is_free(port)), None)
            if taken is None:
                yield PortBlock(base)
                return
            busy = busy or taken
        finally:
            lock.release()
    last = FIRST_PORT + BLOCKS * BLOCK_SIZE - 1
    raise UserError(
        f"no {BLOCK_SIZE} free ports in a row on 127.0.0.1 between {FIRST_PORT} and {last} (port {busy} is in use, for "
        "one): end the processes that listen there, or platforms of your own with 'make platform-stop'"
    )
