"""Checks whether a process is ready: it answers a URL, has logged certain lines, or has made a
file.
"""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, build_opener

from kubestellar_conformance.platforms.embedded.spec import Ready

SECONDS = 2.0
"""Seconds for the connection, and again for the answer."""


@lru_cache(maxsize=1)
def _opener() -> OpenerDirector:
    # Only our own children's loopback addresses are requested, and only the status of the answer is
    # used.
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    return build_opener(ProxyHandler({}), HTTPSHandler(context=anybody))


def _answers(url: str) -> bool:
    try:
        with _opener().open(url, timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):  # an answer of 400 or more is an OSError too
        return False


def logged(log: Path, offset: int, patterns: tuple[str, ...]) -> bool:
    """Whether each pattern matches a line of the log after that byte."""
    return not unlogged(log, offset, patterns)


def unlogged(log: Path, offset: int, patterns: tuple[str, ...]) -> list[str]:
    """The patterns that match no line of the log after that byte."""
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read().decode(errors="replace")
    return [pattern for pattern in patterns if not re.search(pattern, text, re.MULTILINE)]


def is_ready(ready: Ready, log: Path, offset: int) -> bool:
    """Whether every criterion holds now. ``offset``: the byte of the log where this start's part
    begins.
    """
    if ready.file and not Path(ready.file).exists():
        return False
    if ready.log and not logged(log, offset, ready.log):
        return False
    return all(_answers(url) for url in (ready.https, ready.http) if url)
