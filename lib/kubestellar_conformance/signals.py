"""Signals that ask a process to exit, and the work that they must not cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, ``kill``, and a closed terminal or a lost connection."""


def may_be_handled(number: signal.Signals) -> bool:
    """Whether this thread may handle that signal, and nobody asked for it to be ignored
    (``nohup``).
    """
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(number) is not signal.SIG_IGN


@contextmanager
def unbreakable() -> Iterator[None]:
    """Ignore the ending signals while the platform's processes are ended. The block has to be
    short.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
