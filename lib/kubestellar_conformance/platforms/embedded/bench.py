"""Measures how long a platform takes to start and to stop, and which steps take the time of a
start.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance.components import progress_on, provision_all
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.embedded.graph import Timing
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.signals import unbreakable


@dataclass(frozen=True)
class Measured:
    """One start and stop, in seconds."""

    up: float
    down: float
    timings: list[Timing]


def _once(components: Sequence[str], cache: Path | None, *, snapshot: bool) -> Measured:
    with tempfile.TemporaryDirectory(prefix="ks-bench-") as folder:
        settings = PlatformSettings(
            run_dir=runs.new_run_folder(Path(folder)),
            components=components,
            cache_dir=cache,
            snapshot=snapshot,
        )
        platform = EmbeddedPlatform(settings)
        began = time.monotonic()
        try:
            platform.up()
            up = time.monotonic() - began
            if snapshot and not platform.record()["restored"]:
                reason = platform.record().get("snapshot_discarded", "there is none")
                raise Broken(f"the snapshot was not used: {reason}")
        finally:
            stopping = time.monotonic()
            with unbreakable():
                platform.down()
        return Measured(up, time.monotonic() - stopping, platform.timings)


def _row(name: str, seconds: Sequence[float]) -> str:
    middle = statistics.median(seconds)
    return f"{name:28}{middle:8.2f}{min(seconds):8.2f}{max(seconds):8.2f}{len(seconds):6d}"


def _where(measured: Sequence[Measured]) -> list[str]:
    """The longest steps of the median run."""
    run = sorted(measured, key=lambda one: one.up)[len(measured) // 2]
    longest = sorted(run.timings, key=lambda step: step.began - step.ended)[:12]
    return [
        f"  {s.began:6.2f} to {s.ended:6.2f}  {s.step}"
        for s in sorted(longest, key=lambda s: s.began)
    ]


def startup(count: int, components: Sequence[str] = (), cache: Path | None = None) -> str:
    """Start and stop ``count`` times from nothing and ``count`` times from the snapshot. Returns
    the figures as text.
    """
    provision_all(components, cache, progress_on())
    cold = [_once(components, cache, snapshot=False) for _ in range(count)]
    with contextlib.suppress(Broken):  # without a snapshot yet, this start leaves one behind
        _once(components, cache, snapshot=True)
    warm = [_once(components, cache, snapshot=True) for _ in range(count)]
    lines = [
        f"{os.cpu_count()} cores; seconds",
        f"{'':28}{'median':>8}{'min':>8}{'max':>8}{'runs':>6}",
        _row("start from nothing", [one.up for one in cold]),
        _row("start from the snapshot", [one.up for one in warm]),
        _row("stop", [one.down for one in (*cold, *warm)]),
        "the longest steps of the median start from nothing (seconds since its begin):",
        *_where(cold),
        "the longest steps of the median start from the snapshot:",
        *_where(warm),
    ]
    return "\n".join(lines)
