"""A wait as the evidence of a test has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from kubestellar_conformance.plugin.waits import to_dict
from kubestellar_conformance.waiting import WaitRecord


def test_a_wait_has_the_time_of_day_of_its_begin() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    wait = WaitRecord("eventually", "it", "to be", "binding", 10, 0, "held", time.monotonic(), {})
    at = datetime.fromisoformat(to_dict(wait)["at"])
    assert before <= at <= datetime.now(UTC)
