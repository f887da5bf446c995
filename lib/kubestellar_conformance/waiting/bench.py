"""Measures the time from an event at an API server until a waiting test continues.

It changes a ConfigMap of its own in the namespace ``default`` again and again, through one
connection, and waits for each change with `Space.eventually` on another. Time is taken from before
the request is sent, so the request itself is in it: an upper bound. Figures are milliseconds.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import yaml

from kubestellar_conformance.conditions import contains
from kubestellar_conformance.spaces.refs import CONFIG_MAP, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting import open_system

PROMISED_MS = 50.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the sending of a change until the wait continues, one per event."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        return sorted(self.samples)[max(0, round(0.95 * len(self.samples)) - 1)]

    def __str__(self) -> str:
        return (
            f"event to waiter, {len(self.samples)} events: median {self.median:.1f} ms, "
            "95th percentile "
            f"{self.p95:.1f} ms, longest {max(self.samples):.1f} ms"
        )


def measure(kubeconfig: Path, context: str | None = None, events: int = 50) -> Latency:
    """Measure with ``events`` changes. Leaves nothing behind."""
    context = context or yaml.safe_load(kubeconfig.read_text())["current-context"]
    name = f"latency-{uuid.uuid4().hex[:8]}"
    ref = Ref(CONFIG_MAP, "default", name)
    writer = Space("writer", "host", kubeconfig, context)
    system = open_system([Space("bench", "host", kubeconfig, context)])
    samples = []
    try:
        writer.apply(_marked(name, 0))
        system.host.eventually(contains(ref, {"data": {"n": "0"}}))
        for n in range(1, events + 1):
            sent: list[float] = []
            sender = threading.Thread(target=_send, args=(writer, name, n, sent), daemon=True)
            sender.start()
            system.host.eventually(contains(ref, {"data": {"n": str(n)}}))
            arrived = time.monotonic()
            sender.join()
            samples.append((arrived - sent[0]) * 1000)
    finally:
        writer.delete(ref)
        writer.close()
        system.close()
    return Latency(tuple(samples))


def _send(writer: Space, name: str, n: int, sent: list[float]) -> None:
    sent.append(time.monotonic())
    writer.apply(_marked(name, n))


def _marked(name: str, n: int) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"n": str(n)},
    }
