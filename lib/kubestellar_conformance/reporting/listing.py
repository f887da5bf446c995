"""Lists the catalogue for people: text, source, tests, and the last state of each promise."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, get_args

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.promises import Promise, PromiseState, split_source
from kubestellar_conformance.reporting.suite import Suite

_LINE = 100
DEFAULT: Final = "embedded"
"""The platform of a run that names none."""


@dataclass(frozen=True)
class Filter:
    """Selects the promises to list. ``ids`` are patterns with ``*``; an empty or None field takes
    any.
    """

    ids: Sequence[str] = ()
    area: str | None = None
    rig: str | None = None
    state: str | None = None

    def check(self, suite: Suite) -> None:
        """Raise `UserError` for a pattern, an area or a rig that fits no promise, and for a state
        that does not exist.
        """
        for pattern in self.ids:
            if not any(fnmatchcase(name, pattern) for name in suite.promises):
                why = suite.promises.lacks(pattern)
                raise UserError(why or f"{pattern}: no promise has an id like this")
        for what, given in (("area", self.area), ("rig", self.rig)):
            there = dict.fromkeys(getattr(one, what) for one in suite.promises.values())
            if given is not None and given not in there:
                raise UserError(f"--{what} {given!r}: use one of {', '.join(there)}")
        states: tuple[str, ...] = get_args(PromiseState)
        begin = self.state or ""
        # "(known deviation)" may follow a state.
        if not any(one.startswith(begin) or begin.startswith(one) for one in states):
            raise UserError(f"--state {begin!r}: use one of {', '.join(states)}")

    def takes(self, promise: Promise, state: str) -> bool:
        return (
            (not self.ids or any(fnmatchcase(promise.id, pattern) for pattern in self.ids))
            and self.area in (None, promise.area)
            and self.rig in (None, promise.rig)
            and (self.state is None or state.startswith(self.state))
        )


def listed(suite: Suite, states: Mapping[str, tuple[str, str]], only: Filter) -> Iterator[str]:
    """The lines of the list. ``states``: by promise, its last state and the run that reported
    it.
    """
    only.check(suite)
    count = 0
    for promise in suite.promises.values():
        tests = suite.tests.get(promise.id, [])
        state, run = _last(promise, tests, states)
        if only.takes(promise, state):
            count += 1
            yield f"{promise.id}  ({promise.area}, rig {promise.rig})"
            yield from _paragraph(promise.requirement, "  ")
            yield from _paragraph(f"source: {source(suite, promise)}", "  ", "          ")
            if promise.upstream != "none":
                yield from _paragraph(f"upstream: {promise.upstream}", "  ", "          ")
            yield from _tests(tests)
            if promise.needs:
                lacking = f"needs:  {', '.join(promise.needs)}: {promise.reason}"
                yield from _paragraph(lacking, "  ", "          ")
            yield f"  last:   {state}{f', {run}' if run else ''}"
            yield ""
    yield f"{count} of {len(suite.promises)} promises"


def _last(
    promise: Promise, tests: Sequence[str], states: Mapping[str, tuple[str, str]]
) -> tuple[str, str]:
    """The last state and its run. Without a run a promise that names needs is as on the default
    platform.
    """
    if tests:
        return states.get(promise.id, ("not run", ""))
    last = states.get(promise.id, ("", ""))
    if promise.needs and last[0] == "not supported":
        return last
    offered = [one for one in promise.needs if DEFAULT in one.required_of]
    lacks = promise.not_supported_by(DEFAULT, offered)
    return ("not supported" if lacks else "no check yet"), ""


def source(suite: Suite, promise: Promise) -> str:
    """The source of a promise, with the page in place of each code."""
    parts = []
    for part in promise.source.split("; "):
        code, rest = split_source(part)
        page = suite.promises.sources.get(code)
        parts.append(f"{page}{rest}" if page else part)
    return "; ".join(parts)


def _tests(tests: Sequence[str]) -> Iterator[str]:
    for number, test in enumerate(tests):
        yield ("  tests:  " if number == 0 else "          ") + test


def _paragraph(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _LINE,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
