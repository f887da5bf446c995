"""``reader.follow("Scenario 1")``: the shell blocks of a page, as they stand."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from kubestellar_conformance.errors import Broken, Deviation, NotSupported
from kubestellar_conformance.files import write_private
from kubestellar_conformance.reader.following import Follower, Outcome
from kubestellar_conformance.reader.page import Block, shell_blocks
from kubestellar_conformance.reader.plan import Planned, ReadingPlan, Scenario, planned, section_of
from kubestellar_conformance.reader.settings import Settings
from kubestellar_conformance.reader.shell import Shell
from kubestellar_conformance.reporting.evidence import now
from kubestellar_conformance.story.programs import at_home
from kubestellar_conformance.story.steps import evidence, step
from kubestellar_conformance.waiting.contracts import contracts


@dataclass(frozen=True)
class Page:
    """A page of the documentation: its path in KubeStellar's module, and its Markdown."""

    path: str
    text: str

    @property
    def blocks(self) -> tuple[Block, ...]:
        return shell_blocks(self.text)


@dataclass(frozen=True)
class Desk:
    """A reader's machine. ``programs``: the folders of PATH; ``kubeconfig``: has the page's
    contexts, and is copied, since the page changes it; ``variables``: those that the page supposes
    to be set; ``temporary``: where the folder of each scenario is made.
    """

    programs: str
    kubeconfig: Path
    variables: Mapping[str, str]
    temporary: Path

    @contextmanager
    def sit_down(self) -> Iterator[tuple[Shell, Path]]:
        """A shell and its copy of the kubeconfig, in a folder of their own that goes afterwards."""
        with tempfile.TemporaryDirectory(
            # A child that was killed may still write into its cache.
            prefix="reader-",
            dir=self.temporary,
            ignore_cleanup_errors=True,
        ) as name:
            folder = Path(name)
            copy = write_private(folder / "config", self.kubeconfig.read_bytes())
            environment = at_home(folder, PATH=self.programs, KUBECONFIG=str(copy))
            with Shell({**environment, **self.variables}, folder) as shell:
                yield shell, copy


class Reader:
    """Follows the scenarios of a page, and notes in the evidence how each of its blocks does."""

    def __init__(self, page: Page, plan: ReadingPlan, desk: Desk) -> None:
        self._page = page
        self._plan = plan
        self._desk = desk

    def follow(self, name: str) -> None:
        """Run the blocks of ``Scenario 1``, say, in one shell. `Deviation` with a line per finding
        if the reader stumbles; else `NotSupported` if some blocks cannot be run here.
        """
        scenario = self._plan.scenarios[name]
        blocks = [block for block in self._page.blocks if section_of(block) == name]
        outcomes: list[Outcome] = []
        try:
            with self._desk.sit_down() as (shell, kubeconfig):
                settings = Settings(kubeconfig, blocks)
                follower = Follower(shell, self._desk.variables, self._plan, settings)
                for one in planned(scenario, blocks):
                    outcomes.append(self._step(follower, one))
        finally:
            if len(outcomes) < len(blocks) or not _torn_down(outcomes):
                self._clean(name, scenario)
        _judge(self._page.path, outcomes)

    def unplanned(self) -> list[str]:
        """The scenarios of the page that the plan lacks, and those of the plan that it lacks."""
        return sorted(
            {section_of(block) for block in self._page.blocks} ^ set(self._plan.scenarios)
        )

    def _step(self, follower: Follower, one: Planned) -> Outcome:
        line = f"Line {one.block.line}" if one.block else f"Block {one.number}, {one.heading}"
        left_out = " (not supported here)" if one.expected and one.expected.needs else ""
        title = f"{line}: {one.expected.does if one.expected else 'no expectation'}{left_out}"
        with suppress(_Stumbled), step(title):
            begun = now()
            outcome = follower.follow(one)
            text = one.block.text if one.block else ""
            row = {"at": begun, "page": self._page.path, "text": text, **asdict(outcome)}
            evidence().blocks.append({**row, "findings": list(outcome.findings)})
            if outcome.result == "stumbles":
                raise _Stumbled(outcome.why)
        return outcome

    def _clean(self, name: str, scenario: Scenario) -> None:
        """Remove what a scenario leaves whose teardown could not be run as a whole."""
        if not scenario.clean:
            return
        with self._desk.sit_down() as (shell, _):
            ran = shell.run(scenario.clean, seconds=contracts.seconds("recovery"))
        if ran.status != 0:
            raise Broken(f"the objects of {name} were not removed: {ran.output.strip()[-300:]}")


class _Stumbled(Deviation):
    """Marks the step; the scenario goes on, as far as a reader can."""


def _torn_down(outcomes: Sequence[Outcome]) -> bool:
    last = [one for one in outcomes if "Teardown" in one.heading]
    return all(one.result == "holds" for one in last)


def _judge(page: str, outcomes: Sequence[Outcome]) -> None:
    if findings := [finding for one in outcomes for finding in one.findings]:
        lines = "".join(f"\n  {finding}" for finding in findings)
        count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
        raise Deviation(f"a reader of {page} stumbles, {count}:{lines}")
    lacking = Counter(one.why for one in outcomes if one.result == "not supported")
    if lacking:
        held = sum(one.result == "holds" for one in outcomes)
        reasons = "; ".join(
            f"{_lines(one.line for one in outcomes if one.why == why)}: {why}" for why in lacking
        )
        raise NotSupported(f"{held} of {len(outcomes)} blocks ran and did as promised. {reasons}")


def _lines(numbers: Iterator[int]) -> str:
    found = [str(number) for number in numbers]
    return f"line{'s' if len(found) > 1 else ''} {', '.join(found)}"
