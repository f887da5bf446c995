"""Whether a process is ready, by what it shows: an answered URL, log lines, a file."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import urllib3

from kubestellar_conformance.platforms.embedded.spec import Ready


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    # Only loopback addresses of our own children are asked, and nothing of the answer is used but its status.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return urllib3.PoolManager(cert_reqs="CERT_NONE", retries=False, maxsize=16)


def _answers(url: str) -> bool:
    try:
        return _pool().request("GET", url, timeout=urllib3.Timeout(connect=0.5, read=2)).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _logged(log: Path, offset: int, patterns: tuple[str, ...]) -> bool:
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read().decode(errors="replace")
    return all(re.search(pattern, text, re.MULTILINE) for pattern in patterns)


def is_ready(ready: Ready, log: Path, offset: int) -> bool:
    """Whether every criterion holds now; ``offset`` is where this start's part of the log begins, in bytes."""
    if ready.file and not Path(ready.file).exists():
        return False
    if ready.log and not _logged(log, offset, ready.log):
        return False
    return all(_answers(url) for url in (ready.https, ready.http) if url)
