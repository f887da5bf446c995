"""``note("...", seen)``: what a test saw where no outcome is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from kubestellar_conformance.story.steps import evidence

Seen: TypeAlias = "str | int | float | bool | Sequence[Seen] | Mapping[str, Seen] | None"
"""What was seen, as JSON has it."""


def note(what: str, seen: Seen) -> None:
    """Keep in the run's record what was seen where the documents name no outcome. ``what`` is the
    question, with the unit of a number: ``note("which policy wins", "the older one")``. The note
    belongs to the promises of the step around it, or else to those of the test, and is shown on
    their pages. Nothing is judged by it, so the test also checks what is certain.
    """
    evidence().note(what, seen)
