"""What a test has put into the spaces, so that it can be shown and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kubestellar_conformance.conditions import gone, none_of
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, System, UnknownKind
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
)
from kubestellar_conformance.spaces.space import Applicable, objects_of

_CONTROL = BINDING_POLICY.group
"""Objects of this API group direct KubeStellar and do not travel."""

_MARKERS = "conformance-marker-"
"""Begins the names of what `stays` sends; it is kept from test to test, and removed by the process
at its end.
"""


class Applied:
    """The objects that one test applied, in order, in every space."""

    def __init__(self, learn: Callable[[Obj], None]) -> None:
        self._learn = learn
        self._objects: list[tuple[Space, Obj]] = []
        self._own: dict[tuple[str, Ref], bool] = {}

    def note(self, space: Space, obj: Obj) -> None:
        """Called before the request: one that fails half-way may leave something.

        What is there already, such as a ManagedCluster that gets a label, is not the test's to
        remove.
        """
        self._learn(obj)
        ref = Ref.of(obj)
        if ref.name.startswith(_MARKERS):
            return
        if (space.name, ref) not in self._own:
            self._own[space.name, ref] = not _is_there(space, ref)
        self._objects.append((space, obj))

    @property
    def refs(self) -> set[Ref]:
        return {Ref.of(obj) for _, obj in self._objects}

    @property
    def policies(self) -> set[str]:
        """Names of the BindingPolicies, and so of their Bindings."""
        return {ref.name for ref in self.refs if ref.kind == BINDING_POLICY}

    def to_list(self) -> list[dict[str, Any]]:
        """For the evidence: each object with the space it went to."""
        return [{"space": space.name, "object": obj} for space, obj in self._objects]

    def delete(self) -> None:
        """Ask for deletion of all that is left, the latest first. The first error is raised when
        all were asked.
        """
        error: HarnessError | AssertionError | None = None
        for space, ref in reversed(self._unique()):
            try:
                space.delete(ref)
            except UnknownKind:
                continue  # its CRD went first, and took it along
            except (HarnessError, AssertionError) as problem:
                error = error or problem
        if error is not None:
            raise error

    def until_withdrawn(self, system: System) -> None:
        """Wait until nothing of it is left in the WDS, the ITS and the WECs, under the contract
        ``withdrawal``.
        """
        for space in {space.name: space for space, _ in self._objects}.values():
            here = [
                ref
                for owner, ref in self._unique()
                if owner.name == space.name and _served(space, ref.kind)
            ]
            if here:
                space.eventually(gone(*here), within="withdrawal")
        travelled = [
            ref
            for space, ref in self._unique()
            if space.role == "wds" and ref.kind.group != _CONTROL
        ]
        for wds in system.wdses:
            if self.policies:
                wds.eventually(
                    gone(*(Ref(BINDING, "", name) for name in self.policies)), within="withdrawal"
                )
        if self.policies:
            works = none_of(
                MANIFEST_WORK,
                self._comes_from_here,
                called=f"ManifestWork of {', '.join(self.policies)}",
            )
            system.itses.eventually(works, within="withdrawal")
        kinds = [ref for ref in travelled if all(_served(wec, ref.kind) for wec in system.wecs)]
        if self.policies and kinds:
            system.wecs.eventually(gone(*kinds), within="withdrawal")

    def _comes_from_here(self, work: Obj) -> bool:
        return (work["metadata"].get("labels") or {}).get(ORIGIN_BINDING_LABEL) in self.policies

    def _unique(self) -> list[tuple[Space, Ref]]:
        found = {(space.name, Ref.of(obj)): (space, Ref.of(obj)) for space, obj in self._objects}
        return [place for key, place in found.items() if self._own[key]]


def _is_there(space: Space, ref: Ref) -> bool:
    try:
        return space.get(ref) is not None
    except HarnessError:
        return False  # the API server is away, or does not serve the kind; applying will say so


def _served(space: Space, kind: Kind) -> bool:
    try:
        space.client.served(kind)
    except UnknownKind:
        return False
    return True


@contextmanager
def noting(system: System, learn: Callable[[Obj], None]) -> Iterator[Applied]:
    """Take note of everything that is applied to the system's spaces inside; ``learn`` is told of
    it beforehand.
    """
    applied = Applied(learn)
    for space in system.spaces:
        _wrap(space, applied)
    try:
        yield applied
    finally:
        for space in system.spaces:
            delattr(space, "apply")


def _wrap(space: Space, applied: Applied) -> None:
    apply = space.apply

    def noted(*what: Applicable) -> list[Obj]:
        for one in what:
            for obj in objects_of(one):
                applied.note(space, obj)
        return apply(*what)

    setattr(space, "apply", noted)  # noqa: B010 - on this one object, until the test ends
