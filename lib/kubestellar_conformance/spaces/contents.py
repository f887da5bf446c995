"""The objects of one kind in one space as last told, whatever the order in which listings, events
and answers come.

Not guarded: whoever shares it holds a lock (`Feed` does).
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
        """Take in a state of an object, unless a later one is known or the object is known to be
        gone.
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
        """That very object is gone; nothing brings it back."""
        self._seen(last)
        held = self._objects.get(_key(last))
        if held is None or uid(held) != uid(last):
            return
        del self._objects[_key(last)]
        self._gone_uids.add(uid(last))
        self._happened("DELETED", self._slim(last), missed)

    def clear(self) -> None:
        """All that is held is gone."""
        for held in list(self._objects.values()):
            self.remove(held)

    def accept(self, items: list[Obj], version: int, missed: bool) -> None:
        """Take over a listing made at ``version``, but for what was told of since."""
        for held in self._unlisted(items, version):
            self.remove(held, missed=missed)
        for item in items:
            self.store(item, missed=missed)

    def unreported(self, items: list[Obj], version: int) -> list[str]:
        """What a listing made at ``version`` has that was not told of, a line each."""
        lines = [
            f"{Ref.of(held)} is gone, and its deletion was not told"
            for held in self._unlisted(items, version)
        ]
        for item in items:
            held, listed = self._objects.get(_key(item)), resource_version(item)
            if uid(item) not in self._gone_uids and (
                held is None or resource_version(held) < listed
            ):
                known = f"last told: {resource_version(held)}" if held else "never told"
                lines.append(
                    f"{Ref.of(self._slim(item))} is listed at resourceVersion {listed}, {known}"
                )
        return lines

    def _unlisted(self, items: list[Obj], version: int) -> list[Obj]:
        """Something held at a later version was written after the listing, which so says nothing of
        it.
        """
        listed = {_key(item) for item in items}
        return [
            held
            for key, held in self._objects.items()
            if key not in listed and resource_version(held) <= version
        ]

    def _slim(self, obj: Obj) -> Obj:
        """Items of a listing do not say what they are, and nobody here reads the managed fields."""
        obj.setdefault("apiVersion", self._kind.api_version)
        obj.setdefault("kind", self._kind.name)
        obj["metadata"].pop("managedFields", None)
        return obj


def _key(obj: Obj) -> Key:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
