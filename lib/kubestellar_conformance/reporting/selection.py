"""Whether a run was the whole suite: a partial run must not pass for a full one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from kubestellar_conformance.reporting.plural import counted

_NAMED: Final = 3
"""The number of tests named that did not run; the record has them all."""


@dataclass
class Selection:
    """The tests that the user asked for, and those that were found.

    ``suite``: whether everything below the scenarios folder was collected. ``options``: the options
    that narrowed the run, as typed. ``collected``: the tests to run; ``deselected``: the number of
    further tests, and ``deselected_tests`` their ids; ``functions``: the test functions of which
    every row was found, before any was deselected; ``uncollected``: files of the suite in which no
    test was found. ``stopped``: why the run ended early.
    """

    suite: bool = True
    paths: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    collected: set[str] = field(default_factory=set)
    deselected: int = 0
    deselected_tests: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
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
            why.append(f"{counted(self.deselected, 'test')} deselected")
        if self.collection_errors:
            why.append(f"{counted(self.collection_errors, 'file')} could not be collected")
        if self.suite and self.uncollected:
            why.append(f"nothing was collected in {', '.join(self.uncollected)}")
        if self.stopped:
            why.append(f"ended early: {self.stopped}")
        if unfinished := sorted(self.collected - set(finished)):
            more = ", ..." if len(unfinished) > _NAMED else ""
            why.append(
                f"{counted(len(unfinished), 'collected test')} did not run: "
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
            "deselected_tests": self.deselected_tests,
            "functions": self.functions,
        }
