"""Undoes the writes of a test: deletes the objects that it made, restores those that it changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from kubestellar_conformance.conditions import gone
from kubestellar_conformance.errors import Deviation, LeftBehind
from kubestellar_conformance.plugin.tried import raise_all, tried
from kubestellar_conformance.reporting.verdicts import Verdict, of_exception
from kubestellar_conformance.spaces import Obj, Ref, Refused, Space, UnknownKind, Write
from kubestellar_conformance.spaces.merge import joined, merged, taking_back
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    COMBINED_STATUS,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    WORK_STATUS,
    uid,
)

_SHARED = ("labels", "annotations")
_METADATA = (*_SHARED, "finalizers", "ownerReferences")
"""The metadata that users write; the API server keeps the rest itself."""
_DERIVED = (BINDING, COMBINED_STATUS, MANIFEST_WORK, APPLIED_MANIFEST_WORK, WORK_STATUS)
"""Kinds whose objects controllers make and remove on demand."""
_SKEW = timedelta(seconds=2)
"""How far the clock of an API server may be behind ours."""


@dataclass
class Touched:
    """An object that a test wrote to, with the writes that may have changed it, in order."""

    space: Space
    ref: Ref
    writes: list[Write] = field(default_factory=list)

    @cached_property
    def made(self) -> bool:
        """Whether the test made the object: it did not exist before the test's first write.

        If the write got no answer and nothing was known of the object, the object's age decides: an
        object older than the write is not the test's.
        """
        first = self.writes[0]
        if first.outcome == "done":
            return first.created
        if first.known:
            return first.before is None
        live = self.space.get(self.ref)
        return live is not None and _made_at(live) > first.at - _SKEW

    @property
    def before(self) -> Obj | None:
        """The object before the test; None if it did not exist."""
        return self.writes[0].before

    @property
    def deleted(self) -> bool:
        """Whether the original object may have been deleted."""
        return any(write.verb == "delete" or write.created for write in self.writes)


def collect(writes: Iterable[Write]) -> list[Touched]:
    """The objects that these writes may have changed, in the order of their first write."""
    found: dict[tuple[str, Ref], Touched] = {}
    for write in writes:
        if write.outcome != "refused":
            key = write.space.name, write.ref
            found.setdefault(key, Touched(write.space, write.ref)).writes.append(write)
    return list(found.values())


def not_its_own(touched: Iterable[Touched], suffix: str) -> list[str]:
    """The objects that the test made under names without its suffix: a test that runs beside it
    may use the same.
    """
    return [
        str(one.ref)
        for one in touched
        if one.writes[0].created
        and not any(suffix in part for part in (*one.ref.key, one.ref.kind.group))
    ]


@contextmanager
def left_behind(touched: Sequence[Touched]) -> Iterator[None]:
    """Turn a deviation inside, which is one of the clean-up, into `LeftBehind` that names the
    objects.
    """
    try:
        yield
    except Deviation as problem:
        if of_exception(problem, "teardown") is not Verdict.DEVIATES:
            raise
        subject, many = f"{touched[0].ref}", len(touched) > 1
        if many:
            subject += f" and {len(touched) - 1} more"
        told = f"after the test, while {subject} {'were' if many else 'was'} withdrawn: {problem}"
        left = LeftBehind(told)
        left.parts = problem.parts
        left.where = problem.where and f"the withdrawal of {subject} {problem.where}"
        raise left from problem


def take_back(touched: Sequence[Touched]) -> None:
    """Request the deletion of the objects that the test made, and restore those that it changed,
    the latest first, and changed ManagedClusters last (see `is_changed_cluster`).

    Tries all of them, then raises their errors; `LeftBehind` for a request that the product
    refuses.
    """
    going = {
        (one.space.name, one.ref.name)
        for one in touched
        if one.ref.kind == NAMESPACE and _surely_made(one)
    }
    latest_first = touched[::-1]
    ordered = sorted(latest_first, key=is_changed_cluster)
    raise_all([tried(partial(_take_back, one, going)) for one in ordered])


def _take_back(one: Touched, going: Collection[tuple[str, str]]) -> None:
    """Take the writes to one object back, unless it lies in one of the namespaces (space and name)
    that go.
    """
    # Its CRD may have been deleted first, and the object with it.
    with suppress(UnknownKind), left_behind([one]):
        if one.made:
            one.space.delete(one.ref)
            _release(one)
        elif (one.space.name, one.ref.namespace) not in going:
            _put_back(one)


def is_changed_cluster(one: Touched) -> bool:
    """Whether it is a ManagedCluster that the test changed. These are restored when the test's
    policies are gone: a policy that loses a WEC just before its own deletion, or during it, leaves
    ManifestWorks there (KD-0.30.0-BIND-2).
    """
    return one.ref.kind == MANAGED_CLUSTER and not _surely_made(one)


def _surely_made(one: Touched) -> bool:
    """Whether the test is known to have made the object. `_take_back` asks again, and reports why
    that cannot be known.
    """
    with suppress(Exception):
        return one.made
    return False


def _release(one: Touched) -> None:
    """Take the test's own finalizers off the object: nobody else does, so it would never go."""
    own = {
        name
        for write in one.writes
        for name in ((write.body or {}).get("metadata") or {}).get("finalizers") or []
    }
    live = one.space.get(one.ref) if own else None
    if live is not None:
        left = [name for name in live["metadata"].get("finalizers") or [] if name not in own]
        _patch(one, live, {"metadata": {"finalizers": left}})


def _put_back(one: Touched) -> None:
    if one.before is None:
        return  # another client made it just before the test's write
    if not one.deleted:
        for subresource in ("", "status"):
            mine = [write for write in one.writes if (write.verb == "status") == bool(subresource)]
            for patch in joined(_taking_back(write) for write in reversed(mine)):
                _patch(one, one.before, patch, subresource=subresource)
    elif not _derived(one.before):
        _make_again(one, one.before)


def _derived(obj: Obj) -> bool:
    """Whether a controller made the object, and is responsible for making it again."""
    owners = (obj.get("metadata") or {}).get("ownerReferences")
    return bool(owners) or any(obj["kind"] == kind.name for kind in _DERIVED)


def _taking_back(write: Write) -> Obj:
    if write.before is None or write.body is None:
        return {}
    after = write.after or merged(write.before, write.body)
    written = _content(write.body)
    return taking_back(
        _content(write.before),
        _content(after),
        written,
        removed=write.verb in ("apply", "status"),  # which may replace existing fields
        shared=_SHARED,
    )


def _patch(one: Touched, before: Obj, patch: Obj, *, subresource: str = "") -> None:
    """Patch exactly this object: another object under its name, made since, is not the test's."""
    if not patch:
        return
    patch = merged(patch, {"metadata": {"uid": uid(before)}})
    try:
        one.space.patch(one.ref, patch, subresource=subresource, force=True)
    except Refused as problem:
        another = problem.status == 422 and "metadata.uid" in problem.detail
        if not another and problem.status not in (404, 409):
            raise


def _make_again(one: Touched, before: Obj) -> None:
    live = one.space.get(one.ref)
    if live is not None and live["metadata"].get("deletionTimestamp"):
        one.space.eventually(gone(one.ref), within="withdrawal")
        live = None
    if live is not None:
        here = _content(live)
        back = taking_back(_content(before), here, here, removed=True, shared=_SHARED)
        _patch(one, live, back)
        return
    kind = one.ref.kind
    content = {key: value for key, value in _content(before).items() if key != "status"}
    metadata = {"name": one.ref.name, "namespace": one.ref.namespace, **content["metadata"]}
    one.space.create(
        {"apiVersion": kind.api_version, "kind": kind.name, **content, "metadata": metadata}
    )


def _content(obj: Obj) -> Obj:
    """An object, or a part of one, without its identity and the metadata that the API server
    keeps.
    """
    metadata = obj.get("metadata") or {}
    return {
        **{key: value for key, value in obj.items() if key not in ("apiVersion", "kind")},
        "metadata": {key: metadata[key] for key in _METADATA if key in metadata},
    }


def _made_at(obj: Obj) -> datetime:
    return datetime.fromisoformat(obj["metadata"]["creationTimestamp"])
