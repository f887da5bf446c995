"""What a run was about, and on what it ran: suite, machine, options, platform, components."""

from __future__ import annotations

from typing import Any

from kubestellar_conformance.reporting.model.base import DocumentPart, Written


class Component(DocumentPart):
    """A component of the platform, as far as the platform can know it: one that it built has
    module, source, digest and Go; one of an existing installation has name and version.
    """

    name: str = ""
    version: str | None = None
    module: str | None = None
    """The Go module that has it."""
    source: str | None = None
    """``release``, ``checkout`` or ``binary``."""
    origin: str | None = None
    """The checkout or binary that the user gave."""
    digest: str | None = None
    """``sha256:`` of the program."""
    go: str | None = None
    """The version of Go that built it."""
    cache: str | None = None
    """``built`` in this run, or ``cached``."""
    seconds: float | None = None
    """Of the build in this run."""
    absent: str | None = None
    """Why an optional component is missing; such a row has nothing but this and the name."""


class Lack(DocumentPart):
    """A capability that the platform lacks."""

    name: str = ""
    meaning: str = ""
    must_have: bool = False
    """Whether a test that needs it is red here and not merely not supported."""
    why: str = ""


class Platform(DocumentPart):
    """The platform. Keys beyond these are its own."""

    name: str = ""
    started: bool = False
    components: list[Component] = []
    capabilities: list[str] = []
    lacks: list[Lack] = []
    differences: list[str] = []
    """From the documented install: what stands in for what, and what is left out."""
    status_reporter: Any = None
    """What reports status in the WECs: the OCM status add-on, or its stand-in."""
    warnings: list[str] = []
    left_out: str = ""
    """Which parts were not started, and why; empty if all were."""


class Machine(Written):
    """The machine."""

    cores: int = 0
    """That the run could use."""
    memory_mib: int = 0
    system: str = ""
    kernel: str = ""
    architecture: str = ""


class SuiteIdentity(Written):
    """Which suite the run took its tests from. Records of one digest speak of the same tests."""

    name: str = ""
    """The suite's folder, as in node ids."""
    digest: str = ""
    """Over the three digests that follow."""
    promises: str = ""
    """Digest of the catalogue."""
    known_deviations: str = ""
    """Digest of the lists of all releases."""
    scenarios: str = ""
    """Digest of all other files of the suite."""
    tests: list[str] = []
    """Every test function of the suite that names a promise, without parameters, read from the
    source: what a whole run executes.
    """


class Selection(Written):
    """The tests that the user asked for, and those that were found."""

    why_partial: list[str] = []
    """Why this run is not the whole suite; empty if it is."""
    paths: list[str] = []
    options: dict[str, str] = {}
    """The options that narrowed the run."""
    collected: int = 0
    deselected: int = 0
    uncollected: list[str] = []
    """Files of the suite in which no test was found."""
    deselected_tests: list[str] = []
    """The tests that were found and deselected, whichever plugin or option did so."""
    functions: list[str] = []
    """The test functions of which every row was found, before any was deselected."""


class Failure(Written):
    """Why the platform did not start, or the run could not continue."""

    kind: str = ""
    """``usage``, ``deviates`` or ``broken``."""
    message: str = ""
    detail: str = ""


class Options(Written):
    """How the run was called."""

    arguments: list[str] = []
    """Of pytest, as typed; none of a merged record, since its parts have theirs."""
    values: dict[str, Any] = {}
    """The options of the harness that were given, by flag; of a merged record those on which
    verdicts depend.
    """


class Harness(DocumentPart):
    """The versions of the harness and of what it stands on."""

    version: str = ""
    commit: str | None = None
    """Of the harness's checkout, with ``-dirty`` if it has uncommitted changes."""
    python: str = ""
    pytest: str = ""
    kubernetes: str = ""
    """Of the Python client."""
