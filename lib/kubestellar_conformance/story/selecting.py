"""Makes a policy select exactly the objects that it was made for."""

from __future__ import annotations

from collections.abc import Sequence

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces import Kind, Obj, Ref, Workload
from kubestellar_conformance.spaces.objects import plural
from kubestellar_conformance.spaces.space import Applicable, objects_of
from kubestellar_conformance.story.names import suffix_of

OBJECT_LABEL = "kubestellar-conformance/object"
"""Label of an object that a test makes; no other object has its value."""
SET_LABEL = "kubestellar-conformance/set"
"""Label that the objects of a workload have in common, and no others."""
_VALUE = 63
"""Longest value of a label, in characters."""


def own_label(kind: Kind, namespace: str, name: str) -> dict[str, str]:
    """The label of one object: readable, and unique."""
    mark = suffix_of(kind.group, kind.name, namespace, name)
    return {OBJECT_LABEL: f"{name[: _VALUE - len(mark) - 1].rstrip('-.')}-{mark}"}


def criteria(objects: Sequence[Applicable]) -> Obj:
    """What selects these objects and no others: the labels that `Make` has given them, or those
    that they have, and their resources.
    """
    selecting = [_selecting(one) for one in objects]
    found: Obj = {"objectSelectors": [{"matchLabels": labels} for labels in selecting]}
    if all(labels.keys() & {OBJECT_LABEL, SET_LABEL} for labels in selecting):
        kinds = {Kind.of(obj): None for one in objects for obj in objects_of(one)}
        found["resources"] = list(dict.fromkeys(map(plural, kinds)))
    return found  # documented objects: by their labels alone, as in the documentation


def _selecting(what: Applicable) -> dict[str, str]:
    own = SET_LABEL if isinstance(what, Workload) else OBJECT_LABEL
    labels = what.labels if isinstance(what, Workload) else _labels(what)
    return {own: labels[own]} if own in labels else dict(labels)


def _labels(what: Applicable) -> dict[str, str]:
    [obj] = objects_of(what)
    labels: dict[str, str] = obj["metadata"].get("labels") or {}
    if not labels:
        raise UserError(
            f"{Ref.of(obj)} has no label, so no policy can select it alone: build it with make"
        )
    return labels
