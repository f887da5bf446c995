"""The journal of one test: every write to a space, as evidence and to be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kubestellar_conformance.plugin.undo import Touched, collect
from kubestellar_conformance.spaces import Journal, Obj, Ref, System, Write
from kubestellar_conformance.spaces.refs import BINDING_POLICY, MARKER_PREFIX


class Writes:
    """The writes of one test, in order, in every space.

    The markers that `stays` sends are not the test's: they are kept from test to test, and the
    process removes them at its end.
    """

    def __init__(self, learn: Callable[[Obj], None]) -> None:
        self._learn = learn
        self._writes: list[Write] = []
        self.refs: set[Ref] = set()
        """All objects written to; a set, since each event is looked up in it."""
        self.policies: set[str] = set()
        """Names of the BindingPolicies written to, and so of their Bindings."""

    def about_to(self, write: Write) -> None:
        """Note a write (`kubestellar_conformance.spaces.Journal`)."""
        ref = write.ref
        if ref.name.startswith(MARKER_PREFIX):
            return
        self._learn({**(write.body or {}), "kind": ref.kind.name})  # a patch lacks the kind
        self._writes.append(write)
        self.refs.add(ref)
        if ref.kind == BINDING_POLICY:
            self.policies.add(ref.name)

    def touched(self) -> list[Touched]:
        """The objects that were written to, in the order of their first write."""
        return collect(self._writes)

    def to_list(self) -> list[dict[str, Any]]:
        """For the evidence."""
        return [
            {
                "at": write.at.isoformat(timespec="milliseconds"),
                "space": write.space.name,
                "verb": write.verb,
                "object": str(write.ref),
                "outcome": write.outcome,
                # With its kind, by which credentials are found: a patch lacks it.
                "body": {"kind": write.ref.kind.name, **write.body} if write.body else None,
            }
            for write in self._writes
        ]


@contextmanager
def noting(system: System, journal: Journal) -> Iterator[None]:
    """Send every write to the system's spaces inside, and none outside, to ``journal``."""
    outer, system.journal = system.journal, journal
    try:
        yield
    finally:
        system.journal = outer
