"""Free loopback ports for one platform.

Ports come in blocks. A platform takes the first block whose ports are all free, so that platforms
run side by side, and a snapshot (whose stored credentials name addresses) can be used again
whenever its block is free. The blocks lie outside the kernel's range of ephemeral ports, unless it
leaves no room for one, so that an outgoing connection cannot take a port before its part does.
"""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked, write_private_json

FIRST_PORT = 21000
BLOCK_SIZE = 150
BLOCKS = 66
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST, _HIGHEST = 1050, 65535  # for users; both grids of blocks are multiples of their size


class PortBlock:
    """Hands out the ports of one block by name; the same names in the same order give the same
    ports.
    """

    def __init__(self, base: int, names: dict[str, int] | None = None) -> None:
        self.base = base
        self.names: dict[str, int] = dict(names or {})
        self._free: list[int] = []
        self._file: Path | None = None

    @classmethod
    def saved(cls, file: Path) -> PortBlock:
        """The block that `save` wrote, shared with all processes that read it there."""
        block = cls(json.loads(file.read_text())[0])
        block._file = file
        block._read()
        return block

    def save(self, file: Path) -> None:
        """Share the block by a file from now on: a port that one process has given out gets no
        other name while it is in use.
        """
        self._file = file
        self._write()

    def __getitem__(self, name: str) -> int:
        """The port of that name, given out on first use."""
        if name not in self.names:
            with self._shared():
                self._give(name)
        return self.names[name]

    def release(self, space: str) -> None:
        """Take back the ports of a space that is removed. They are given out again when the block
        has no other left, those that have been free for the longest time first.
        """
        with self._shared():
            gone = [name for name in self.names if name.partition("/")[0] == space]
            self._free += [self.names.pop(name) for name in gone]

    def _give(self, name: str) -> None:
        if name in self.names:
            return
        port = self.base + len(self.names) + len(self._free)
        if port >= self.base + BLOCK_SIZE:
            if not self._free:
                raise UserError(
                    f"no port left for {name} in the block {self.base} to {port - 1}: use "
                    "fewer clusters"
                )
            port = self._free.pop(0)
        self.names[name] = port

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Change the block as the other processes know it, and let them know."""
        if self._file is None:
            yield
            return
        with locked(self._file):
            self._read()
            yield
            self._write()

    def _read(self) -> None:
        assert self._file is not None
        _, self.names, self._free = json.loads(self._file.read_text())

    def _write(self) -> None:
        assert self._file is not None
        write_private_json(self._file, [self.base, self.names, self._free])


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


def _bases() -> Sequence[int]:
    """The first ports of the blocks, in the order in which they are tried: of the usual ones those
    outside the ephemeral range, else of all others; the usual ones if that range takes all.
    """
    usual = range(FIRST_PORT, FIRST_PORT + BLOCKS * BLOCK_SIZE, BLOCK_SIZE)
    try:
        low, high = map(int, EPHEMERAL.read_text().split())
    except (OSError, ValueError):
        return usual
    for blocks in (usual, range(_LOWEST, _HIGHEST + 2 - BLOCK_SIZE, BLOCK_SIZE)):
        if outside := [base for base in blocks if base + BLOCK_SIZE <= low or base > high]:
            return outside
    return usual


@contextmanager
def claimed_block() -> Iterator[PortBlock]:
    """Claim the first free block while a platform starts; afterwards its listening sockets keep it
    taken.

    `UserError` when no block is free, naming a port in use.
    """
    busy, bases = 0, _bases()
    for base in bases:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as claim:
            try:
                # An abstract name, without a file: all processes that share these ports, of any
                # user and in any folder, share such names too (both belong to the network
                # namespace), and the kernel frees the name when this process exits.
                claim.bind(f"\0kubestellar-conformance-ports-{base}")
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                busy = busy or base  # another start has claimed it
                continue
            taken = next(
                (port for port in range(base, base + BLOCK_SIZE) if not is_free(port)), None
            )
            if taken is None:
                yield PortBlock(base)
                return
            busy = busy or taken
    raise UserError(
        f"no {BLOCK_SIZE} free ports in a row on 127.0.0.1 between {bases[0]} and "
        f"{bases[-1] + BLOCK_SIZE - 1} "
        f"(port {busy} is in use, for "
        "one): stop the processes that listen there, or platforms of your own with 'make "
        "platform-stop'"
    )
