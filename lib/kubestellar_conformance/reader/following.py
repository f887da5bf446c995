"""Follows one scenario block by block, and compares each with the page's words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from kubestellar_conformance.reader.page import Block, Prose
from kubestellar_conformance.reader.plan import ExpectedOutcome, Planned, ReadingPlan
from kubestellar_conformance.reader.settings import Settings
from kubestellar_conformance.reader.shell import Ran, Shell
from kubestellar_conformance.waiting.contracts import Contracts, contracts

Result = Literal["holds", "stumbles", "not supported", "not run"]
_LONGEST_BLOCK: Final = "recovery"
"""The time contract that no single block may exceed."""
_PAUSE: Final = 1.0
"""Seconds between two tries of a block, as of a reader who looks again."""
_STANDS_FOR_NAMES: Final = ("_name", "_context", "_cp")
_LAST_WORDS: Final = 3
"""Lines of an output that a finding quotes."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one block. ``line``: in the page, 0 for a block that it lacks. ``why``: of a
    result other than ``holds``; ``findings``: each with the line of the page that it is about.
    ``tries``: how often the block ran.
    """

    line: int
    heading: str
    does: str
    says: str
    result: Result
    why: str = ""
    findings: tuple[str, ...] = ()
    status: int | None = None
    output: str = ""
    seconds: float = 0.0
    tries: int = 0


class Follower:
    """Runs the blocks of a scenario in a shell that knows the page's variables. ``settings``: those
    of kubectl in that shell, None if they are not looked at; ``pause``: seconds between two tries.

    After a block that does not do as promised only those of the teardown are run, since a reader
    cannot go on. Other findings stop nobody: a name that a block should not contain
    (`stray_names`), a field that the prose below it names and the API does not have, settings that
    the scenario leaves changed.
    """

    def __init__(
        self,
        shell: Shell,
        variables: Mapping[str, str],
        plan: ReadingPlan,
        settings: Settings | None = None,
        *,
        times: Contracts = contracts,
        pause: float = _PAUSE,
    ) -> None:
        self._shell = shell
        self._variables = variables
        self._plan = plan
        self._settings = settings
        self._times = times
        self._pause = pause
        self._stuck = 0

    def follow(self, one: Planned) -> Outcome:
        """Run one block, unless it cannot be run here."""
        block, expected = one.block, one.expected
        if block is None:
            assert expected is not None
            why = f"the page has no block {one.number} under {one.heading!r} to {expected.does}"
            return Outcome(0, one.heading, expected.does, "", "stumbles", why, (why,))
        if expected is None:
            why = f"line {block.line}: no expectation: the plan does not know this block"
            return Outcome(block.line, one.heading, "", "", "stumbles", why, (why,))
        said = (block.line, one.heading, expected.does, expected.says)
        if expected.needs:
            return Outcome(*said, "not supported", self._plan.needs[expected.needs])
        if not self._shell.alive or (self._stuck and not one.teardown):
            return Outcome(*said, "not run", f"the reader is stuck at line {self._stuck}")
        ran, wrong, tries = self._tried(block, expected)
        findings = stray_names(block, self._variables)
        if wrong:
            self._stuck = self._stuck or block.line
            findings += (f"line {block.line}: {wrong}",)
        findings += tuple(self._unknown_fields(block))
        findings += self._settings.left_changed_by(block) if self._settings else ()
        return Outcome(
            *said,
            "stumbles" if findings else "holds",
            "; ".join(findings),
            findings,
            ran.status,
            ran.output,
            ran.seconds,
            tries,
        )

    def _tried(self, block: Block, expected: ExpectedOutcome) -> tuple[Ran, str, int]:
        longest = self._times.seconds(_LONGEST_BLOCK)
        within = self._times.seconds(expected.within) if expected.within else 0.0
        begun, tries = time.monotonic(), 0
        repeated = not expected.then
        while True:
            tries += 1
            ran = self._shell.run(block.text, seconds=longest)
            wrong = self._wrong(ran, expected)
            over = not repeated or time.monotonic() - begun >= within
            if not wrong or over or not self._shell.alive:
                break
            time.sleep(self._pause)
        if expected.then and not wrong:
            wrong = self._afterwards(expected, time.monotonic() + within)
        return ran, wrong, tries

    def _wrong(self, ran: Ran, expected: ExpectedOutcome) -> str:
        if ran.status is None:
            return f"does not end within {self._times.seconds(_LONGEST_BLOCK):g} s"
        if ran.status != 0:
            return f"exits with {ran.status}: {_last_words(ran.output)}"
        missing = [
            pattern
            for pattern in map(self._with_values, expected.shows)
            if not re.search(pattern, ran.output, re.MULTILINE)
        ]
        if not missing:
            return ""
        return f"expected that {expected.says}; its output is: {_last_words(ran.output)}"

    def _afterwards(self, expected: ExpectedOutcome, until: float) -> str:
        while True:
            ran = self._shell.run(expected.then, seconds=self._times.seconds(_LONGEST_BLOCK))
            if ran.status == 0:
                return ""
            if time.monotonic() >= until or not self._shell.alive:
                return f"expected that {expected.says}, which is not so: {_last_words(ran.output)}"
            time.sleep(self._pause)

    def _unknown_fields(self, block: Block) -> Iterator[str]:
        fields = self._plan.fields
        if fields is None or not self._shell.alive:
            return
        longest = self._times.seconds(_LONGEST_BLOCK)
        for line, name in _named(block.after, fields.pattern):
            ran = self._shell.run(f"{fields.explain}{name}", seconds=longest)
            if ran.status and fields.unknown in ran.output:
                yield f"line {line}: names the field {name}: {_last_words(ran.output, lines=1)}"

    def _with_values(self, pattern: str) -> str:
        for name in sorted(self._variables, key=len, reverse=True):
            pattern = pattern.replace(f"${name}", re.escape(self._variables[name]))
        return pattern


def stray_names(block: Block, variables: Mapping[str, str]) -> tuple[str, ...]:
    """A finding per line of the block that names a cluster or a context itself, although a variable
    of the page stands for it: it works for a reader alone whose cluster happens to have that name.
    """
    by_value: dict[str, str] = {}
    for name, value in variables.items():
        if name.endswith(_STANDS_FOR_NAMES):
            by_value.setdefault(value, name)
    return tuple(_strays(block, by_value))


def _strays(block: Block, by_value: Mapping[str, str]) -> Iterator[str]:
    for number, line in enumerate(block.text.splitlines(), block.line):
        for value, name in by_value.items():
            if re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w.-])", line):
                yield f"line {number}: names {value} itself, for which the page has ${name}"


def _named(prose: tuple[Prose, ...], pattern: str) -> Iterator[tuple[int, str]]:
    for paragraph in prose:
        for number, line in enumerate(paragraph.text.splitlines(), paragraph.line):
            yield from ((number, found[0]) for found in re.finditer(pattern, line))


def _last_words(output: str, lines: int = _LAST_WORDS) -> str:
    written = [line for line in output.splitlines() if line.strip()]
    return " / ".join(written[-lines:]) or "(nothing)"
