"""Whether a run was the whole suite: a partial run must not pass for a full one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

_NAMED: Final = 3
"""Tests that did not run and are named; the record has all."""


@dataclass
class Selection:
    """What was asked for, and what came of it.

    ``suite``: whether everything under the scenarios folder was collected. ``options``: what
    narrowed the run, as typed. ``collected``: the tests to run; ``deselected``: how many more there
    are; ``uncollected``: files of the suite that no test was found in. ``stopped``: why the run
    ended before its end.
    """

    suite: bool = True
    paths: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    collected: set[str] = field(default_factory=set)
    deselected: int = 0
    uncollected: list[str] = field(default_factory=list)
    collection_errors: int = 0
    stopped: str | None = None

    def why_partial(self, finished: Iterable[str]) -> list[str]:
        """Why the run was not the whole suite; empty when it was. ``finished``: tests that ran."""
        why = []
        if not self.suite:
            why.append(
                f"only {', '.join(self.paths)}"
                if self.paths
                else "not the whole suite was collected"
            )
        why += [f"{name} {value}".strip() for name, value in self.options.items()]
        if self.deselected:
            why.append(f"{self.deselected} tests deselected")
        if self.collection_errors:
            why.append(f"{self.collection_errors} files could not be collected")
        if self.suite and self.uncollected:
            why.append(f"nothing was collected of {', '.join(self.uncollected)}")
        if self.stopped:
            why.append(f"ended early: {self.stopped}")
        if unfinished := sorted(self.collected - set(finished)):
            more = ", ..." if len(unfinished) > _NAMED else ""
            why.append(
                f"{len(unfinished)} collected tests did not run: "
                f"{', '.join(unfinished[:_NAMED])}{more}"
            )
        return why

    def to_dict(self, finished: Iterable[str]) -> dict[str, Any]:
        return {
            "why_partial": self.why_partial(finished),
            "paths": self.paths,
            "options": self.options,
            "collected": len(self.collected),
            "deselected": self.deselected,
            "uncollected": self.uncollected,
        }
