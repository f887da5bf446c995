"""What this run created in a space, where it may change nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.spaces.refs import Obj, Ref


class Ours:
    """Marks what a run creates in one space with its labels, and protects all other objects.

    Without labels the space is the run's own: nothing is marked and everything may be changed.
    ``get`` reads an object in the space, or None if it does not exist.
    """

    def __init__(
        self, space: str, labels: Mapping[str, str], get: Callable[[Ref], Obj | None]
    ) -> None:
        self._space, self._labels, self._get = space, labels, get
        self._made: set[Ref] = set()

    def add(self, ref: Ref) -> None:
        """Remember that this run made the object."""
        self._made.add(ref)

    def marked(self, obj: Obj) -> Obj:
        """The object with the labels as well."""
        if not self._labels:
            return obj
        metadata = obj["metadata"]
        labels = {**(metadata.get("labels") or {}), **self._labels}
        return {**obj, "metadata": {**metadata, "labels": labels}}

    def demand(self, ref: Ref) -> None:
        """Raise `NotSupported` for an object that exists without the labels, and `Broken` for one
        that this run made and that has lost them since: whose it is cannot be known.

        What a controller has made of something (a Binding, a Pod) has an owner instead of the
        labels, and may be changed: tests find it only by names that they gave.
        """
        if not self._labels or (here := self._get(ref)) is None:
            return
        metadata = here["metadata"]
        labels = metadata.get("labels") or {}
        if self._labels.items() <= labels.items() or metadata.get("ownerReferences"):
            return
        if ref in self._made:
            lost = ", ".join(f"{key}={value}" for key, value in self._labels.items())
            raise Broken(
                f"{ref} in {self._space}, made by this run, has lost the label {lost}: its labels "
                f"are {dict(labels)}; it is left as it is: see who changed it, and remove it by "
                "hand"
            )
        raise NotSupported(
            f"{ref} in {self._space} is not of this run, which changes nothing that it did not "
            "create"
        )
