"""The latest known state of each object of one kind in one space, in whatever order lists, events
and answers to writes arrive.

Not guarded: an owner that shares it holds a lock, as `Feed` does.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView
from typing import Literal

from kubestellar_conformance.spaces.refs import Kind, Obj, Ref, resource_version, uid

Verb = Literal["ADDED", "MODIFIED", "DELETED"]
Key = tuple[str, str]
Happened = Callable[[Verb, Obj, bool], None]
"""Called with each change: what, the object, and whether it was missed when it happened."""
Seen = Callable[[Obj], None]
"""Called with each state of an object, also one that is older than what is known."""


class Contents:
    """The objects of ``kind``, by namespace and name."""

    def __init__(self, kind: Kind, happened: Happened, seen: Seen) -> None:
        self._kind = kind
        self._happened, self._seen = happened, seen
        self._objects: dict[Key, Obj] = {}
        self._gone_uids: set[str] = set()

    def get(self, key: Key) -> Obj | None:
        return self._objects.get(key)

    def items(self) -> ItemsView[Key, Obj]:
        return self._objects.items()

    def store(self, obj: Obj, missed: bool = False) -> None:
        """Take in a state of an object. It is ignored when a later state is known, or the deletion
        of that very object.
        """
        self._seen(obj)
        key, held = _key(obj), self._objects.get(_key(obj))
        if uid(obj) in self._gone_uids:
            return
        if (
            held is not None
            and uid(held) == uid(obj)
            and resource_version(held) >= resource_version(obj)
        ):
            return
        if held is not None and uid(held) != uid(obj):
            if resource_version(held) > resource_version(obj):
                return
            self.remove(held, missed=True)
            held = None
        self._objects[key] = self._slim(obj)
        self._happened("ADDED" if held is None else "MODIFIED", self._objects[key], missed)

    def remove(self, last: Obj, missed: bool = False) -> None:
        """Take in that this very object, by UID, is deleted. No late state brings it back."""
        self._seen(last)
        held = self._objects.get(_key(last))
        if held is None or uid(held) != uid(last):
            return
        del self._objects[_key(last)]
        self._gone_uids.add(uid(last))
        self._happened("DELETED", self._slim(last), missed)

    def clear(self) -> None:
        """Take in that there are no objects any more, and none of them is known: the kind is gone,
        and if it comes back, one of them may too.
        """
        for held in list(self._objects.values()):
            self.remove(held)
            self._gone_uids.discard(uid(held))

    def accept(
        self, items: list[Obj], version: int, missed: bool, namespace: str | None = None
    ) -> None:
        """Take in a list made at ``version``, of one namespace or of all. States that were reported
        later stay.
        """
        for held in self._unlisted(items, version):
            if namespace is None or _key(held)[0] == namespace:
                self.remove(held, missed=missed)
        for item in items:
            self.store(item, missed=missed)

    def unreported(self, items: list[Obj], version: int) -> list[str]:
        """How a list made at ``version`` differs from what the watch has reported, one line per
        object.
        """
        lines = [
            f"{Ref.of(held)} is gone, and its deletion was not reported"
            for held in self._unlisted(items, version)
        ]
        for item in items:
            held, listed = self._objects.get(_key(item)), resource_version(item)
            if uid(item) not in self._gone_uids and (
                held is None or resource_version(held) < listed
            ):
                known = f"last reported: {resource_version(held)}" if held else "never reported"
                lines.append(
                    f"{Ref.of(self._slim(item))} is listed at resourceVersion {listed}, {known}"
                )
        return lines

    def _unlisted(self, items: list[Obj], version: int) -> list[Obj]:
        """The objects that a list made at ``version`` does not have.

        Those with a later version were written after the list, which says nothing about them.
        """
        listed = {_key(item) for item in items}
        return [
            held
            for key, held in self._objects.items()
            if key not in listed and resource_version(held) <= version
        ]

    def _slim(self, obj: Obj) -> Obj:
        """Add the kind, which items of a list lack, and drop the managed fields, which nothing here
        reads.
        """
        obj.setdefault("apiVersion", self._kind.api_version)
        obj.setdefault("kind", self._kind.name)
        obj["metadata"].pop("managedFields", None)
        return obj


def _key(obj: Obj) -> Key:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
