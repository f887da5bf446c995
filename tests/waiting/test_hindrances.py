"""What a failed wait says when a part of the system could not work: stopped by somebody else, or
deadlocked.
"""

from __future__ import annotations

import time

import pytest

from kubestellar_conformance.conditions import has
from kubestellar_conformance.errors import Broken, Deviation
from tests.support.three_spaces import ThreeSpaces, config_map


def test_a_part_that_something_else_stopped_leaves_nothing_to_say(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 0.2)
    why = "wds1/kubestellar-controller-manager was stopped by something other than this run"
    three.system.hindered = lambda: why
    with pytest.raises(Broken) as raised:
        three.wec.eventually(has(config_map()))
    first, *rest = str(raised.value).splitlines()
    assert first == f"{why}: the product cannot be judged"
    assert "expected to exist" in rest[0]
    assert three.waits.told()[-1].outcome == "broken"


def test_a_deadlock_that_a_wait_has_met_stands_below_its_headline(three: ThreeSpaces) -> None:
    three.terms.change("downsync", 0.2)
    asked: list[float] = []

    def deadlocked(began: float) -> str:
        asked.append(began)
        return "wds1/kubestellar-controller-manager is deadlocked: a (a.go:1) waits in sync.Lock"

    three.system.deadlocked = deadlocked
    before = time.monotonic()
    with pytest.raises(Deviation) as raised:
        three.wec.eventually(has(config_map()))
    assert str(raised.value).splitlines()[1] == deadlocked(0)
    assert raised.value.where == "wds1/kubestellar-controller-manager is deadlocked"
    assert asked[0] >= before
