"""The standard output of a command, whose work goes on when nobody reads it."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable

EXIT_BROKEN = 10
EXIT_UNREAD = 128 + signal.SIGPIPE  # as of a program that the signal ended
_UNPRINTED: list[OSError] = []
"""Why standard output did not take what this command printed, if it did not."""


def say(text: object) -> None:
    """Print a line of the command's output at once. If nobody can read it, the command still does
    its work: it may be removing something.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        _UNPRINTED.append(error)
        # What is printed from here on, and Python's own flush at its end, would fail too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printed(lines: Callable[[Namespace], Iterable[str]]) -> Callable[[Namespace], None]:
    """A command that prints the lines which ``lines`` yields."""

    def action(args: Namespace) -> None:
        for line in lines(args):
            say(line)

    return action


def output_status() -> int:
    """The exit status of a command that has done its work. A reader that has seen enough (``|
    head``) is no reason for a message.
    """
    if not _UNPRINTED:
        return 0
    error = _UNPRINTED.pop()
    if isinstance(error, BrokenPipeError):
        return EXIT_UNREAD
    print(f"ks-conformance: broken: standard output: {error.strerror}", file=sys.stderr)
    return EXIT_BROKEN
