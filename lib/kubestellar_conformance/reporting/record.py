"""The run's record: one typed, versioned JSON document of what was run, on which platform, and with
which results. `kubestellar_conformance.reporting.model` documents its keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kubestellar_conformance.reporting.blame import WITHDRAWAL, Judged, judge_story
from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.known import KnownDeviations
from kubestellar_conformance.reporting.promises import Promises, judge
from kubestellar_conformance.reporting.rejudged import shown
from kubestellar_conformance.reporting.selection import Selection
from kubestellar_conformance.reporting.verdicts import Verdict, worst

SCHEMA: Final = "kubestellar-conformance/run/v1"


@dataclass
class CheckResult:
    """The result of one test. ``known`` is the id of the known deviation that covers it, whatever
    the outcome.

    ``called``: whether its body was begun; otherwise a successful set-up and teardown prove
    nothing. ``own``: those of its promises that no step names; None means all of them. ``story``
    and ``told``: verdicts and messages of set-up and body alone. ``left_behind``: verdict and
    message of objects that were not withdrawn after the test. ``guilty``: the promises of the step
    that failed, if one ended the test; ``guilty_after``: verdicts and messages on those of a step
    that ended its clean-up. ``waited``: seconds until its turn,
    not counted in ``seconds``. ``where``: where it stopped, in a line. ``contracts``: its waits;
    ``hops``: the time of each hop of its objects; ``notes``: what it saw where no outcome is
    documented.
    """

    nodeid: str
    promises: tuple[str, ...] = ()
    own: tuple[str, ...] | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    called: bool = False
    known: str | None = None
    seconds: float = 0.0
    waited: float = 0.0
    worker: str | None = None
    evidence: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    begun: str | None = None
    where: str = ""
    contracts: list[dict[str, Any]] = field(default_factory=list)
    hops: list[dict[str, Any]] = field(default_factory=list)
    shared_names: list[str] = field(default_factory=list)
    story: list[Verdict] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    left_behind: tuple[Verdict, str] | None = None
    guilty: tuple[str, ...] = ()
    guilty_after: Judged = field(default_factory=dict)

    def judged(self) -> Judged:
        """The test's verdict on each promise that it names, and on the one that its clean-up relies
        on.
        """
        own = self.promises if self.own is None else self.own
        verdict = worst(self.story if self.called else [*self.story, Verdict.NOT_RUN])
        message = "\n".join(self.told) if self.told else self.message
        on_steps = [name for name in self.promises if name not in own]
        found = judge_story(own, on_steps, self.steps, verdict, message, self.guilty)
        found |= {name: it for name, it in self.guilty_after.items() if name not in self.guilty}
        if self.left_behind is not None:
            found[WITHDRAWAL] = self.left_behind
        return found

    @property
    def verdict(self) -> Verdict:
        return worst(self.verdicts if self.called else [*self.verdicts, Verdict.NOT_RUN])

    @property
    def message(self) -> str:
        """The messages of all phases."""
        return "\n".join(self.messages)

    def to_dict(self) -> dict[str, Any]:
        return {
            "nodeid": self.nodeid,
            "verdict": self.verdict.value,
            "promises": list(self.promises),
            "judged": {name: verdict.value for name, (verdict, _) in self.judged().items()},
            "known_deviation": self.known,
            "message": self.message,
            "where": self.where,
            "begun": self.begun,
            "seconds": round(self.seconds, 3),
            "waited": round(self.waited, 3),
            "worker": self.worker,
            "steps": self.steps,
            "notes": self.notes,
            "contracts": [_with_left(use) for use in self.contracts],
            "hops": self.hops,
            "evidence": self.evidence,
            "shared_names": self.shared_names,
        }


def _with_left(use: Mapping[str, Any]) -> dict[str, Any]:
    return {**use, "left": round(use["allowed"] - use["taken"], 3)}


@dataclass
class RunRecord:
    """Everything that a report of a run needs. ``platform`` is the result of `Platform.record`,
    None if no platform started.
    """

    harness: Mapping[str, str]
    begun: str
    platform_name: str
    promises: Promises
    known: KnownDeviations
    selection: Selection
    run: str | None = None
    suite: Mapping[str, Any] | None = None
    """`suite_identity` of the suite; None where the root folder has none."""
    machine: Mapping[str, Any] | None = None
    options: Mapping[str, Any] | None = None
    """``arguments`` of pytest as typed, and the ``values`` of the harness's own options."""
    platform: Mapping[str, Any] | None = None
    overrides: tuple[str, ...] = ()
    uses: list[dict[str, Any]] = field(default_factory=list)
    """Every wait of every check: ``contract``, seconds ``allowed`` and ``taken``, ``outcome``."""
    contracts: list[dict[str, Any]] = field(default_factory=list)
    checks: dict[str, CheckResult] = field(default_factory=dict)
    failure: dict[str, Any] | None = None
    """Why the platform did not start or the run could not continue: ``kind``, ``message``,
    ``detail``.
    """
    checked: Mapping[str, list[str]] = field(default_factory=dict)
    """By promise, the tests of the whole suite that name it (`read_marks`)."""
    problems: list[str] = field(default_factory=list)
    """Errors outside any check, for example while the platform stops."""

    def check(self, nodeid: str) -> CheckResult:
        """The result of that test, created on first use."""
        return self.checks.setdefault(nodeid, CheckResult(nodeid))

    def verdicts(self) -> list[Verdict]:
        return [check.verdict for check in self.checks.values()]

    def counts(self) -> dict[str, int]:
        """The number of checks with each verdict, for all verdicts in order."""
        seen = self.verdicts()
        return {verdict.value: seen.count(verdict) for verdict in Verdict}

    def why_partial(self) -> list[str]:
        """Why this run does not cover the whole suite; empty if it does."""
        return self.selection.why_partial(self._finished())

    def _finished(self) -> list[str]:
        return [name for name, check in self.checks.items() if check.verdict is not Verdict.NOT_RUN]

    def to_dict(self, *, ended: str, exit_status: int | None) -> dict[str, Any]:
        promises = judge(self.promises, self._by_promise(), self.checked, self._offered())
        checks = sorted(self.checks.values(), key=lambda check: check.nodeid)
        tests = [check.to_dict() for check in checks]
        return {
            "schema": SCHEMA,
            "run": self.run,
            "harness": dict(self.harness),
            "suite": self.suite,
            "machine": self.machine,
            "options": self.options,
            "begun": self.begun,
            "ended": ended,
            "exit_status": exit_status,
            "complete": not self.why_partial(),
            "selection": self.selection.to_dict(self._finished()),
            "platform": {
                "name": self.platform_name,
                "started": self.platform is not None,
                **(self.platform or {}),
            },
            "overrides": list(self.overrides),
            "release": self.known.release,
            "counts": self.counts(),
            "failure": self.failure,
            "problems": self.problems,
            "known_deviations": [shown(entry.facts(), tests) for entry in self.known],
            "contracts": self.contracts,
            "promises": promises,
            "coverage": coverage(promises),
            "tests": tests,
            "parts": [],
        }

    def _offered(self) -> tuple[str, Collection[str]] | None:
        """Name and capabilities of the platform; None if it did not start."""
        if self.platform is None or "capabilities" not in self.platform:
            return None
        return self.platform_name, self.platform["capabilities"]

    def _by_promise(self) -> dict[str, Iterable[tuple[str, Verdict, str]]]:
        found: dict[str, list[tuple[str, Verdict, str]]] = {}
        for check in self.checks.values():
            for promise, (verdict, message) in check.judged().items():
                found.setdefault(promise, []).append((check.nodeid, verdict, message))
        return dict(found)
