"""``note("...", seen)``: what a test saw where no outcome is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from kubestellar_conformance.spaces import Obj
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


def result_of(collector: Obj, combined: Obj) -> dict[str, Seen]:
    """The collector's result in a CombinedStatus (API: NamedStatusCombination), for a note; empty
    if it has none.
    """
    name = collector["metadata"]["name"]
    results = (one for one in combined.get("results") or [] if one.get("name") == name)
    return {key: value for key, value in next(results, {}).items() if key != "name"}
