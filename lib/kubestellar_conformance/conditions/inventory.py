"""Conditions on the inventory of an ITS: its ManagedClusters and their mailboxes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope
from kubestellar_conformance.conditions.writing import each
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import (
    CLUSTER_LABEL,
    JOINED,
    MANAGED_CLUSTER,
    NAMESPACE,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space


def joined(wecs: Iterable[Space]) -> Condition:
    """For the ITS: the ManagedClusters of these WECs are accepted, have joined, and are available
    (OCM: ManagedClusterStatus.conditions).
    """
    refs = [Ref(MANAGED_CLUSTER, "", wec.name) for wec in wecs]
    return each(refs, "to be accepted, joined and available", _judge)


def mailboxes(wecs: Iterable[Space]) -> Condition:
    """For the ITS: each of these WECs has one mailbox, the Namespace of the WEC's name (OCM labels
    it with the name of the cluster).
    """
    return Mailboxes([wec.name for wec in wecs])


class Mailboxes(Condition):
    def __init__(self, wecs: list[str]) -> None:
        self.refs = tuple(Ref(NAMESPACE, "", name) for name in wecs)

    @property
    def expected(self) -> str:
        return "to be the one mailbox of its WEC"

    def kinds(self) -> Iterable[Kind]:
        return [NAMESPACE]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == NAMESPACE

    def check(self, scope: Scope) -> Judgement:
        feed, found = scope.feed(NAMESPACE), []
        for ref in self.refs:
            mine = feed.objects(where=partial(_is_mailbox, ref.name))
            names = [one["metadata"]["name"] for one in mine]
            if names != [ref.name]:
                text = f"the namespaces of {ref.name} are: {', '.join(names) or 'none'}"
                return Judgement(False, text, tuple(mine), ref)
            found += mine
        return Judgement(True, f"{len(found)} mailboxes", tuple(found))


def _is_mailbox(wec: str, namespace: Obj) -> bool:
    return bool((namespace["metadata"].get("labels") or {}).get(CLUSTER_LABEL) == wec)


def _judge(cluster: Obj) -> tuple[bool, str]:
    conditions = (cluster.get("status") or {}).get("conditions") or []
    true = {one.get("type") for one in conditions if one.get("status") == "True"}
    lacking = [one for one in JOINED if one not in true]
    return not lacking, f"not {', '.join(lacking)}" if lacking else "all three"
