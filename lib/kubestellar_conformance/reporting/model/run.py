"""The record of a run: the content of ``run.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from kubestellar_conformance.reporting.model.base import Written
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.surroundings import (
    Failure,
    Harness,
    Machine,
    Options,
    Platform,
    Selection,
    SuiteIdentity,
)
from kubestellar_conformance.reporting.promises import PromiseState


class PromiseRow(Written):
    """A promise of the catalogue and its state in this run."""

    id: str
    area: str = ""
    profile: str = ""
    """The group of areas that the promise counts in; empty in a suite without such groups."""
    rig: str = ""
    """What the check needs: the README beside the catalogue explains the codes."""
    requirement: str = ""
    state: PromiseState = "not run"
    known: bool = False
    """Whether known deviations alone break it."""
    why: str = ""
    tests: list[str] = []
    """The tests of this run that judge it."""


class Entry(Written):
    """An entry of the list of known deviations."""

    id: str
    reason: str = ""
    """The entry in a line."""
    expected: str = ""
    """What the promise says; empty in a record of an earlier version."""
    observed: str = ""
    """What the product does instead; empty in a record of an earlier version."""
    cause: str = ""
    """Where the product's source and log show it."""
    since: str | None = None
    """The first release that has it."""
    issue: str | None = None
    intermittent: bool = False
    promises: list[str] = []
    seen: int = 0
    """The number of tests that showed it."""
    not_seen: int = 0


class Contract(Written):
    """A time contract: how long a promise may take."""

    name: str
    meaning: str = ""
    seconds: float = 0.0
    factor: float = 1.0
    """By which ``--ks-slow`` multiplied it."""
    uses: int = 0
    longest: float | None = None
    """Seconds of the longest wait."""
    failed: int = 0


class Counts(Written):
    """Promises by state."""

    promises: int = 0
    holds: int = 0
    known_deviation: int = Field(default=0, alias="known deviation")
    new_deviation: int = Field(default=0, alias="new deviation")
    not_supported: int = Field(default=0, alias="not supported")
    broken: int = 0
    not_run: int = Field(default=0, alias="not run")
    no_check_yet: int = Field(default=0, alias="no check yet")


class Coverage(Written):
    """Promises by state, per area, per rig and in all."""

    areas: dict[str, Counts] = {}
    rigs: dict[str, Counts] = {}
    all: Counts = Counts()


class RunPart(Written):
    """A run whose record was merged with others into this one."""

    run: str | None = None
    begun: str = ""
    ended: str = ""
    exit_status: int | None = None
    arguments: list[str] = []
    """Of pytest, as typed."""
    machine: Machine | None = None
    tests: int = 0
    """The number of tests that it ran."""


class RunDocument(Written):
    """The content of ``run.json``. A key without a value in a record of an earlier version has its
    default here.
    """

    schema_: Literal["kubestellar-conformance/run/v1"] = Field(alias="schema")
    """Later versions only add keys to it."""
    run: str | None = None
    """The run's id, which is also the name of its folder."""
    harness: Harness = Harness()
    suite: SuiteIdentity | None = None
    machine: Machine | None = None
    options: Options | None = None
    begun: str = ""
    """ISO 8601, UTC, milliseconds."""
    ended: str = ""
    exit_status: int | None = None
    """pytest's; null in a record that was cut off."""
    complete: bool = False
    """Whether the run was the whole suite."""
    selection: Selection = Selection()
    platform: Platform = Platform()
    overrides: list[str] = []
    """``NAME=SOURCE`` of each component that the user replaced."""
    release: str = ""
    """The release whose known deviations were expected."""
    counts: dict[str, int] = {}
    """Tests by verdict."""
    failure: Failure | None = None
    problems: list[str] = []
    """Errors outside any test."""
    known_deviations: list[Entry] = []
    contracts: list[Contract] = []
    promises: list[PromiseRow] = []
    coverage: Coverage = Coverage()
    tests: list[Check] = []
    parts: list[RunPart] = []
    """The runs of which a merged record was made; empty in the record of one run."""

    @field_validator("promises")
    @classmethod
    def _one_state_each(cls, rows: list[PromiseRow]) -> list[PromiseRow]:
        _demand_once("promise", (row.id for row in rows))
        return rows

    @field_validator("tests")
    @classmethod
    def _one_result_each(cls, tests: list[Check]) -> list[Check]:
        _demand_once("test", (test.nodeid for test in tests))
        return tests


def _demand_once(what: str, names: Iterable[str]) -> None:
    """Whoever reads one of two results would not see the other."""
    for name, number in Counter(names).items():
        if number > 1:
            raise PydanticCustomError(
                "once",
                "expected the {what} {name} once, found it {number} times",
                {"what": what, "name": name, "number": number},
            )
