"""The plan: what the page promises of each of its shell blocks, and which blocks cannot be run
here. The data is in ``plan.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from kubestellar_conformance.reader.page import Block
from kubestellar_conformance.spaces.verbs import ContractName

HERE = Path(__file__).parent


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a valid regular expression: {error}") from error
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedOutcome(_Strict):
    """What the page promises of one block, in the harness's own words."""

    does: str
    """What the reader does with the block: an imperative."""
    says: str = ""
    """What is to be seen then; empty: that its commands succeed."""
    shows: tuple[Annotated[str, AfterValidator(_pattern)], ...] = ()
    """Regular expressions, each of which matches in the output (``re.MULTILINE``)."""
    within: ContractName | None = None
    """The block is repeated until it does as promised, for as long as this time contract allows.
    Without it the block runs once.
    """
    then: str = ""
    """A shell command that looks at what the block's output does not show. It is repeated until it
    succeeds, for as long as ``within`` allows.
    """
    needs: str = ""
    """The reason, by its name in the plan, for which the block is not run."""

    @model_validator(mode="after")
    def _fits(self) -> ExpectedOutcome:
        if self.then and self.within is None:
            raise ValueError(f"{self.does!r}: 'then' needs 'within'")
        if self.needs and (self.shows or self.then or self.within):
            raise ValueError(f"{self.does!r}: a block that is not run promises nothing")
        return self


class Scenario(_Strict):
    """A scenario of the page: the blocks under each of its headings, in order."""

    clean: str = ""
    """Shell commands that remove what the scenario may have left, whichever of its blocks ran."""
    headings: Mapping[str, tuple[ExpectedOutcome, ...]]


class Fields(_Strict):
    """How to check a field that the page's prose names."""

    pattern: Annotated[str, AfterValidator(_pattern)]
    """A regular expression of such names."""
    explain: str
    """A shell command that explains the field whose name follows."""
    unknown: str
    """The output of a command that explains no field contains it."""


class ReadingPlan(_Strict):
    """``needs``: why a block is not run, by name. ``fields``: None if no prose is checked.
    ``scenarios``: by the beginning of the heading, up to its colon.
    """

    needs: Mapping[str, str]
    fields: Fields | None = None
    scenarios: Mapping[str, Scenario]

    @model_validator(mode="after")
    def _every_need_is_explained(self) -> ReadingPlan:
        used = {
            one.needs
            for scenario in self.scenarios.values()
            for blocks in scenario.headings.values()
            for one in blocks
            if one.needs
        }
        if used != set(self.needs):
            raise ValueError(f"needs used and explained differ: {sorted(used ^ set(self.needs))}")
        return self


@dataclass(frozen=True)
class Planned:
    """A block of the page with what is expected of it. One of them is None if the plan has no
    expectation for the block, or the page lacks the block (``heading`` and ``number`` of which the
    plan names).
    """

    block: Block | None
    expected: ExpectedOutcome | None
    heading: str
    number: int

    @property
    def teardown(self) -> bool:
        """Whether the block undoes the scenario."""
        return "Teardown" in self.heading


def section_of(block: Block) -> str:
    """The name that the plan has for the block's scenario."""
    return block.section.partition(":")[0]


def planned(scenario: Scenario, blocks: Sequence[Block]) -> Iterator[Planned]:
    """The blocks of one scenario in the page's order, each with its expectation; then the
    expectations for which the page has no block.
    """
    met = set()
    for block in blocks:
        place = (block.heading, block.number)
        under = scenario.headings.get(block.heading, ())
        expected = under[block.number - 1] if block.number <= len(under) else None
        met.add(place)
        yield Planned(block, expected, *place)
    for heading, under in scenario.headings.items():
        for number, expected in enumerate(under, 1):
            if (heading, number) not in met:
                yield Planned(None, expected, heading, number)


@cache
def load_plan(path: Path = HERE / "plan.yaml") -> ReadingPlan:
    """Read a plan; by default the one of the example-scenarios page."""
    return ReadingPlan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
