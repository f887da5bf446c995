"""One test of the record."""

from __future__ import annotations

from pydantic import Field

from kubestellar_conformance.reporting.model.base import Written
from kubestellar_conformance.reporting.model.evidence import Note, Step
from kubestellar_conformance.reporting.verdicts import Verdict


class Use(Written):
    """A time contract that the test used."""

    contract: str = ""
    allowed: float = 0.0
    """Seconds."""
    taken: float = 0.0
    """Seconds."""
    left: float = 0.0
    """``allowed`` less ``taken``. Of ``quiet`` nothing is left: it is the time that a state has to
    last, not a limit.
    """
    outcome: str = ""
    """Of the wait: ``held`` or ``failed``, for example."""


class Hop(Written):
    """A hop of the test's objects."""

    begin: str = Field(default="", alias="from")
    """A kind, for example ``Binding``."""
    end: str = Field(default="", alias="to")
    """The kind of which an object is made because of that."""
    seconds: float = 0.0
    """From the first object of the one kind to the first of the other."""


class Check(Written):
    """A test and its result."""

    nodeid: str
    """pytest's id, relative to the root folder."""
    verdict: Verdict
    promises: list[str] = []
    """The ids that the test names."""
    judged: dict[str, Verdict] = {}
    """The test's verdict on each promise."""
    known_deviation: str | None = None
    """The id of the entry that covers the test, whatever the outcome."""
    message: str = ""
    """Of every phase that did not conform: what was expected and seen, and the walk along the
    path.
    """
    where: str = ""
    """Where it stopped, in a line: the hop and the component, or the message's first line."""
    begun: str | None = None
    """ISO 8601, UTC, milliseconds; null if it did not begin."""
    seconds: float = 0.0
    """Of all phases, without the time that it waited for its turn."""
    waited: float = 0.0
    worker: str | None = None
    """The pytest-xdist worker."""
    steps: list[Step] = []
    notes: list[Note] = []
    """What it saw where no outcome is documented."""
    contracts: list[Use] = []
    """Every wait, in order; the evidence has its subject and the states seen."""
    hops: list[Hop] = []
    evidence: str | None = None
    """The file of its evidence, relative to the record's folder."""
    shared_names: list[str] = []
    """Objects that it made in a shared space under names that are not its own."""
