"""``make cpu``: the core-seconds of each program during a run of pytest, its children included.

They are sampled, so the last half second of a program is missing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import psutil

_PERIOD: Final = 0.5
_LEAST: Final = 0.05
"""Core-seconds from which a program is listed."""


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments, and print the table after it. Its exit status."""
    latest: dict[tuple[int, float], tuple[str, float]] = {}
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments]) as run:
        while run.poll() is None:
            latest |= {key: (name, seconds) for key, name, seconds in _sample(run.pid)}
            time.sleep(_PERIOD)
    lines = table(latest.values(), time.monotonic() - begun)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return run.returncode


def table(processes: Iterable[tuple[str, float]], wall: float) -> Iterator[str]:
    """A line per program, the most expensive first. ``processes``: name and core-seconds of each
    process; ``wall``: how long the run took, in seconds.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    number: Counter[str] = Counter()
    for name, taken in processes:
        seconds[name] += taken
        number[name] += 1
    yield f"{wall:.0f} s, {sum(seconds.values()):.1f} core-seconds:"
    for name, taken in sorted(seconds.items(), key=lambda one: -one[1]):
        if taken >= _LEAST:
            yield f"{taken:8.1f}  {name} ({number[name]})"


def _sample(root: int) -> Iterator[tuple[tuple[int, float], str, float]]:
    """Of each process of the tree: what identifies it, its program, and its core-seconds so far."""
    try:
        tree = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in tree:
        try:
            times = one.cpu_times()
            yield (one.pid, one.create_time()), one.name(), times.user + times.system
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
