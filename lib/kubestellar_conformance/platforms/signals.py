"""Signals that ask a process to end, and what they may not cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, ``kill``, and a terminal that is closed or a connection that is lost."""


def may_be_handled(number: signal.Signals) -> bool:
    """Whether it was not asked that this signal be ignored (``nohup``), and this is the thread that
    may handle any.
    """
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(number) is not signal.SIG_IGN


@contextmanager
def unbreakable() -> Iterator[None]:
    """Let no signal cut short what ends the platform's processes. It has to be short itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
