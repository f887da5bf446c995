"""The evidence of one test: a file of its own beside the record."""

from __future__ import annotations

from typing import Any, Literal

from kubestellar_conformance.reporting.model.base import Written

Outcome = Literal["done", "failed"]


class Step(Written):
    """A step of a story."""

    title: str
    """The words of the story."""
    depth: int = 0
    """0 for a step of the story itself, 1 for a step inside such a one, and so on."""
    begun: str = ""
    """ISO 8601, UTC, milliseconds."""
    seconds: float = 0.0
    outcome: Outcome = "done"
    promises: list[str] = []
    """The ids that the step itself names."""


class Note(Written):
    """What a test saw where no outcome is documented. No verdict depends on it."""

    at: str = ""
    """ISO 8601, UTC, milliseconds."""
    what: str = ""
    """The question, with the unit of a number."""
    seen: Any = None
    """A JSON value, without credentials."""
    promises: list[str] = []
    """The ids that it belongs to."""


class Write(Written):
    """A write to an API server: every one of the test, in order, those of its clean-up too."""

    at: str = ""
    """ISO 8601, UTC, milliseconds."""
    space: str = ""
    verb: str = ""
    """``create``, ``apply``, ``patch``, ``scale``, ``status`` or ``delete``."""
    object: str = ""
    """Kind, and namespace/name."""
    outcome: str = ""
    body: dict[str, Any] | None = None
    """What was sent, without credentials. A patch carries its kind too."""


class Event(Written):
    """An event of an object that the test wrote, or of one that KubeStellar made of it."""

    at: str = ""
    """ISO 8601, UTC, milliseconds: when the watch reported it."""
    seconds: float = 0.0
    """Seconds since the test began."""
    space: str = ""
    verb: str = ""
    """``ADDED``, ``MODIFIED`` or ``DELETED``."""
    object: str = ""
    uid: str = ""
    generation: int = 0
    missed: bool = False
    """Whether a listing showed it, and no watch."""


class Wait(Written):
    """A wait of the test, by the contract that limits it."""

    at: str = ""
    """ISO 8601, UTC, milliseconds: when it began."""
    verb: str = ""
    """``eventually``, ``stays``, ``hold``."""
    subject: str = ""
    expected: str = ""
    contract: str = ""
    allowed: float = 0.0
    """Seconds."""
    taken: float = 0.0
    """Seconds."""
    outcome: str = ""
    seen: dict[str, list[tuple[float, str]]] = {}
    """By space, the states seen, each with the seconds at which it began: the last 20."""


class Block(Written):
    """A shell block of a documentation page, followed as a reader does."""

    at: str = ""
    """ISO 8601, UTC, milliseconds: when it began."""
    page: str = ""
    """The page, as a file of KubeStellar's module."""
    line: int = 0
    """Where its text begins in the page; 0 for an expected block that the page lacks."""
    heading: str = ""
    """The nearest heading above it."""
    text: str = ""
    """The commands, as they stand in the page."""
    does: str = ""
    """What the reader does with it."""
    says: str = ""
    """What the page promises of it beside that its commands succeed."""
    result: str = ""
    """``holds``, ``stumbles``, ``not supported`` or ``not run``."""
    why: str = ""
    """Of a result other than ``holds``."""
    findings: list[str] = []
    """What a reader stumbles over, each with the page's line."""
    status: int | None = None
    """0, or the exit status of its last command that failed; null if it did not run to its end."""
    output: str = ""
    """Of its last run, both streams: the last 20000 bytes."""
    seconds: float = 0.0
    """Of its last run."""
    tries: int = 0
    """The number of times that it ran."""


class EvidenceDocument(Written):
    """The content of ``evidence/<test>.json``."""

    nodeid: str
    steps: list[Step] = []
    notes: list[Note] = []
    writes: list[Write] = []
    timeline: list[Event] = []
    """In the order in which the watches reported them."""
    timeline_left_out: int = 0
    """The number of events beyond the 2000 that are kept."""
    waits: list[Wait] = []
    blocks: list[Block] = []
    """Of a page that the test follows as a reader does, in the page's order."""
    tracebacks: list[str] = []
    """Of a broken check."""
