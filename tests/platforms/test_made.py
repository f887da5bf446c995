"""The removal of an added space, which a test's limit of time may end before it is done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.made import MadePlatform


class _Removing:
    """A platform and what adds its spaces, whose removals have these outcomes."""

    def __init__(self, *outcomes: BaseException | None) -> None:
        self.outcomes, self.done = list(outcomes), list[str]()
        self.system = SimpleNamespace(remove=lambda name: self.done.append(f"forget {name}"))

    def _extend(self) -> _Removing:
        return self

    def _part_from(self, name: str) -> None:
        self.done.append(f"part from {name}")

    def demand_removable(self, name: str) -> None:
        self.done.append(f"ask for {name}")

    def remove(self, name: str) -> None:
        self.done.append(f"remove {name}")
        if (outcome := self.outcomes.pop(0)) is not None:
            raise outcome


BEFORE = ["ask for its-x", "part from its-x", "forget its-x"]


def remove(platform: Any) -> None:
    MadePlatform.remove(platform, "its-x")


def test_a_space_is_removed_once() -> None:
    platform = _Removing(None)
    remove(platform)
    assert platform.done == [*BEFORE, "remove its-x"]


@pytest.mark.parametrize("problem", [Broken("it stays"), pytest.fail.Exception("Timeout")])
def test_a_removal_that_was_ended_is_made_again_and_still_reported(problem: BaseException) -> None:
    platform = _Removing(problem, None)
    with pytest.raises(type(problem)) as raised:
        remove(platform)
    assert raised.value is problem
    assert platform.done == [*BEFORE, "remove its-x", "remove its-x"]


def test_one_that_fails_twice_says_so_of_the_second_time() -> None:
    platform = _Removing(Broken("it stays"), Broken("it still stays"))
    with pytest.raises(Broken, match="it still stays"):
        remove(platform)


def test_a_run_that_is_interrupted_removes_nothing_again() -> None:
    """The platform as a whole goes then."""
    platform = _Removing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        remove(platform)
    assert platform.done == [*BEFORE, "remove its-x"]
