"""A pseudo-terminal, and what a reader sees on it."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import termios
from typing import TextIO

_END = b"\x1b]end\x07"


class Terminal:
    """A terminal of so many columns, with the file that a program writes to."""

    def __init__(self, columns: int = 100) -> None:
        self._master, slave = os.openpty()
        self.file: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        self._shown = b""
        self.resize(columns)

    def resize(self, columns: int) -> None:
        """Give its window another width."""
        fcntl.ioctl(self.file.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

    def screen(self) -> list[str]:
        """The lines that are seen now."""
        self.file.flush()
        os.write(self.file.fileno(), _END)
        while not self._shown.endswith(_END):
            self._shown += os.read(self._master, 65536)
        self._shown = self._shown.removesuffix(_END)
        return seen(self._shown.decode())

    def close(self) -> None:
        self.file.close()
        os.close(self._master)


def seen(output: str) -> list[str]:
    """The lines that this output leaves on a terminal, without colours and blanks at their ends."""
    lines, column = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\].*?\x07|[\r\n]|[^\x1b\r\n]+", output):
        if part == "\n":
            lines.append("")
        elif part == "\r":
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not part.startswith("\x1b"):
            after = column + len(part)
            lines[-1] = lines[-1][:column].ljust(column) + part + lines[-1][after:]
            column = after
    return [line.rstrip() for line in lines]
