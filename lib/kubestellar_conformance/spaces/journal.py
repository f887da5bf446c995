"""The journal of writes: whoever keeps one hears of each change before a space asks for it.

Before, because a request that fails half-way may leave something behind. The space completes the
entry with what it learns from the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from kubestellar_conformance.spaces.refs import Obj, Ref

if TYPE_CHECKING:
    from kubestellar_conformance.spaces.space import Space

WriteVerb = Literal["create", "apply", "patch", "scale", "status", "delete"]
Outcome = Literal["no answer", "done", "refused"]


@dataclass(eq=False)
class Write:
    """One change of one object. ``body`` is what was sent; a deletion sends nothing.

    ``before`` is the object as it was known just before, None where there was none; ``known`` is
    False where that could not be found out. ``after`` is the object as the API server answered, and
    ``created`` whether the API server made it by this request (HTTP 201).
    """

    space: Space
    verb: WriteVerb
    ref: Ref
    body: Obj | None
    before: Obj | None = None
    known: bool = True
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcome: Outcome = "no answer"
    created: bool = False
    after: Obj | None = None


class Journal(Protocol):
    """Set it with `System.journal`; the spaces of the system then report their writes."""

    def about_to(self, write: Write) -> None:
        """Called before the request, in the thread that writes."""
        ...
