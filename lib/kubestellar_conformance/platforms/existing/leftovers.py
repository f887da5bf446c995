"""Removes everything that one run has made, found by its label, and nothing else.

The WDS comes first, policies before workloads, so that KubeStellar itself withdraws the objects
that it has delivered. An object that still carries the label in another space after that has no
owner any more.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from kubestellar_conformance.conditions import gone, none_of
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.fleet import FLEET_LABEL
from kubestellar_conformance.platforms.existing.discovery import Found, labelled
from kubestellar_conformance.spaces.refs import (
    BINDING_POLICY,
    CRD,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Obj,
    Ref,
    uid,
)
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

LABEL = "kubestellar-conformance/run"
"""Label of everything that a run creates in an existing installation; its value is the run's id."""
_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_NEVER = ("ManagedCluster", "ControlPlane", "Node", "APIService")
"""Kinds that are never removed, except virtual WECs: no test makes such an object, so the label on
one has another origin.
"""
_SYSTEM_NAMESPACE = re.compile(
    r"default|kube-.*|kubeflex-system|open-cluster-management.*|.*-system"
)


def check_id(run: str) -> str:
    """The id itself. `UserError` if the text cannot be an id."""
    if not _VALUE.fullmatch(run):
        raise UserError(
            f"{run!r} is not the id of a run: give the id in the run's record, like "
            "20250131-235959-4711"
        )
    return run


def left(spaces: Sequence[Space], run: str) -> list[Found]:
    """The objects with the run's label in all spaces, which are read side by side."""
    with ThreadPoolExecutor(len(spaces)) as pool:
        everywhere = pool.map(lambda space: labelled(space, LABEL, check_id(run)), spaces)
        return [found for here in everywhere for found in here]


def remove(system: System, run: str) -> Iterator[Found]:
    """Remove all objects of a run. Yields each object when its deletion has been requested, and
    returns when all are gone.

    Waits under the contract ``withdrawal``, then raises `Broken`, naming the remaining objects.
    """
    for wds in system.wdses:
        removed = yield from _remove_in(wds, run)
        policies = [found.ref.name for found in removed if found.ref.kind == BINDING_POLICY]
        if policies:
            ours = partial(_comes_from, wds=wds.name, policies=policies)
            _until(
                system.hub_of(wds),
                none_of(MANIFEST_WORK, ours, called=f"ManifestWork of {', '.join(policies)}"),
            )
    yield from _remove_virtual_wecs(system.its, run)
    for space in (system.its, *system.wecs, system.host):
        yield from _remove_in(space, run)


def _remove_virtual_wecs(its: Space, run: str) -> Iterator[Found]:
    """Remove ManagedClusters first: the hub recreates the mailbox of one that exists."""
    clusters = [one for one in labelled(its, LABEL, check_id(run)) if _is_virtual_wec(one)]
    for cluster in clusters:
        if not cluster.going:
            _delete(its, cluster)
            yield cluster
    if not clusters:
        return
    _until(its, gone(*(one.ref for one in clusters)))
    mailboxes = [Ref(NAMESPACE, "", cluster.ref.name) for cluster in clusters]
    for ref in mailboxes:
        if (live := its.get(ref)) is not None:
            path = its.client.path(ref)
            mailbox = Found(its.name, ref, uid(live), path, "deletionTimestamp" in live["metadata"])
            _delete(its, mailbox)
            yield mailbox
    _until(its, gone(*mailboxes))


def _is_virtual_wec(found: Found) -> bool:
    return found.ref.kind.name == MANAGED_CLUSTER.name and FLEET_LABEL in found.labels


def _comes_from(work: Obj, *, wds: str, policies: Sequence[str]) -> bool:
    labels = work["metadata"].get("labels") or {}
    return labels.get(ORIGIN_WDS_LABEL) == wds and labels.get(ORIGIN_BINDING_LABEL) in policies


def _remove_in(space: Space, run: str) -> Generator[Found, None, list[Found]]:
    found = sorted(filter(_may_go, labelled(space, LABEL, check_id(run))), key=_turn)
    for one in found:
        if not one.going:
            _delete(space, one)
            yield one
    if found:
        _until(space, gone(*(one.ref for one in found)))
    return found


def _may_go(found: Found) -> bool:
    system = found.ref.kind == NAMESPACE and _SYSTEM_NAMESPACE.fullmatch(found.ref.name)
    return found.ref.kind.name not in _NEVER and not system


def _turn(found: Found) -> int:
    """The order of removal: policies, other objects that direct KubeStellar, objects in namespaces,
    the rest, namespaces, CRDs.
    """
    kind = found.ref.kind
    if kind.group == BINDING_POLICY.group:
        return 0 if kind == BINDING_POLICY else 1
    if kind == CRD:
        return 5
    return 4 if kind == NAMESPACE else 2 if found.ref.namespace else 3


def _delete(space: Space, found: Found) -> None:
    space.client.delete_this(found.path, found.uid, doing=f"delete of {found.ref}")


def _until(space: Space, condition: Condition) -> None:
    try:
        space.eventually(condition, within="withdrawal")
    except Deviation as problem:
        raise Broken(f"the run's leftovers are not gone yet: {problem}") from None
