"""The ConformanceReport as documented types."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from kubestellar_conformance.reporting.model.base import Written
from kubestellar_conformance.reporting.model.run import Counts
from kubestellar_conformance.reporting.model.surroundings import Machine


class Described(Written):
    """A part of the report: keys as Kubernetes writes them."""

    model_config = ConfigDict(alias_generator=to_camel)


class Executed(Described):
    """A run, or one of the parts of which it was merged."""

    id: str | None
    begun: str
    ended: str
    exit_status: int | None
    arguments: list[str]
    """Of pytest: with them it can be repeated. Empty for a run whose parts have theirs."""
    machine: Machine | None


class ReportedPart(Executed):
    """One of the runs whose records were merged."""

    tests: int
    """The number of tests that it ran."""


class ReportedRun(Executed):
    """The run that the report is made of."""

    parts: list[ReportedPart] = Field(default_factory=list)
    """The runs of which a merged record was made."""


class Tried(Described):
    """The identity of the KubeStellar tried."""

    release: str
    components: list[dict[str, Any]]
    """``name``, and ``version``, ``module``, ``source``, ``origin``, ``digest`` where known."""
    overrides: list[str]
    """``NAME=SOURCE`` of each component that is not the release's own."""


class ReportedPlatform(Described):
    """Where it was tried."""

    name: str
    started: bool
    capabilities: list[str]
    status_reporter: Any
    differences: list[str]
    """From the documented install: what stands in for what."""


class ReportedSuite(Described):
    """Digests of the suite and of its three parts. All are null if the record has none."""

    name: str | None
    digest: str | None
    promises: str | None
    known_deviations: str | None = None
    scenarios: str | None


class Profile(Described):
    """A group of areas of the catalogue. Core promises need nothing but KubeStellar and its WECs;
    extended ones need a hosting cluster with real pods, helm, a shell or a machine of their own.
    """

    name: str
    core: Counts
    extended: Counts


class SeenDeviation(Described):
    """A known deviation that tests of the run are about."""

    id: str
    promises: list[str]
    expected: str = ""
    """What the promise says; empty in a report of an earlier version."""
    observed: str = ""
    """What the product does instead; empty in a report of an earlier version."""
    cause: str
    """Where the product's source and log show it."""
    intermittent: bool
    """Whether it is a race, of which neither outcome is news."""
    seen: int
    """The number of tests that showed it."""
    not_seen: int
    """The number of its tests that conform."""


class NewDeviation(Described):
    """A test with a new deviation, or whose known deviation no longer shows."""

    test: str
    verdict: Literal["deviates", "fixed deviation"]
    promises: list[str]
    where: str


class NotSupported(Described):
    """What the platform could not try, and why. Promises without tests have no check, since the
    platform lacks what a check would need.
    """

    reason: str
    promises: list[str]
    tests: list[str]


class ReportedTests(Described):
    """The tests that a whole run executes, and those that this run did."""

    expected: list[str]
    """Functions, without parameters, read from the suite's source."""
    executed: list[str]
    not_run: list[str]


class ConformanceReport(Described):
    """The content of ``conformance.yaml``."""

    api_version: Literal["kubestellar-conformance/v1alpha1"]
    kind: Literal["ConformanceReport"]
    run: ReportedRun
    harness: dict[str, str]
    kubestellar: Tried
    platform: ReportedPlatform
    suite: ReportedSuite
    complete: bool
    """Whether the run judges the whole suite: no test of it is left out, not run or broken."""
    why_partial: list[str]
    profiles: list[Profile]
    requirements: dict[str, list[str]]
    """Ids of promises by state."""
    known_deviations: list[SeenDeviation]
    new_deviations: list[NewDeviation]
    not_supported: list[NotSupported]
    tests: ReportedTests
    digest: str
    """``sha256:`` over everything else."""
