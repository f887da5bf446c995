"""The stages of the user guide in which the platform starts: each has a deadline, and describes the
clusters when it fails.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from kubestellar_conformance.components.process import end_children
from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms.kind.diagnosis import look
from kubestellar_conformance.platforms.kind.kubectl import Kubectl

COUNT = 7


@dataclass(frozen=True)
class Taken:
    """How long a stage took, in seconds."""

    stage: str
    seconds: float


class Stages:
    """Runs stages one after the other. ``clusters`` gives the API servers that a failure
    describes.
    """

    def __init__(
        self,
        clusters: Callable[[], Iterable[Kubectl]],
        factor: float = 1.0,
        to: TextIO | None = None,
    ) -> None:
        self._clusters, self._factor, self._to = clusters, factor, to or sys.stderr
        self.taken: list[Taken] = []

    def run(self, number: int, title: str, seconds: float, do: Callable[[], None]) -> None:
        """Run a stage within so many seconds. `Broken` names the stage, and shows pods, events and
        logs.
        """
        print(f"stage {number} of {COUNT}: {title}", file=self._to, flush=True)
        took = in_time(
            f"stage {number} of {COUNT} ({title})", seconds * self._factor, do, self._clusters
        )
        self.taken.append(Taken(f"{number} {title}", round(took, 1)))


def in_time(
    title: str, seconds: float, do: Callable[[], None], clusters: Callable[[], Iterable[Kubectl]]
) -> float:
    """Call ``do`` within so many seconds and return its duration. `Broken` shows the clusters'
    pods, events and logs.
    """
    began, failure = time.monotonic(), _failure(do, seconds)
    took = time.monotonic() - began
    if isinstance(failure, UserError):
        raise failure
    if failure is not None:
        raise Broken(
            f"{title} failed after {took:.0f} s: {failure}\n{look(clusters())}"
        ) from failure
    return took


def _failure(do: Callable[[], None], seconds: float) -> Exception | None:
    """The exception that it raised, or that it took too long; None if it succeeded in time."""
    raised: list[Exception] = []

    def work() -> None:
        try:
            do()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    except BaseException:
        end_children()
        raise
    if thread.is_alive():
        end_children()
        return Broken(f"not done within {seconds:g} s")
    return raised[0] if raised else None
