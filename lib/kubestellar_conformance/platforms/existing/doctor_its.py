"""Examines the ITS for the preflight: OCM's hub, the ManagedClusters of the WECs, their labels."""

from __future__ import annotations

from collections.abc import Iterator

from kubestellar_conformance.platforms.common.labels import labels_of
from kubestellar_conformance.platforms.existing.doctor_rest import condition_status, serves
from kubestellar_conformance.platforms.existing.findings import Finding, Report
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.leftovers import LABEL
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, MANIFEST_WORK, WORK_STATUS, Obj
from kubestellar_conformance.spaces.space import Space

Labels = dict[str, str]


def its(space: Space, installation: Installation, report: Report) -> Iterator[Finding]:
    """Examine the OCM and WorkStatus APIs, and each WEC's ManagedCluster: whether it exists, is
    joined and available, and is selected by the label queries.
    """
    missing = serves(space, MANAGED_CLUSTER, MANIFEST_WORK)
    if missing:
        do = (
            "make it an OCM hub (core chart, or clusteradm init --context "
            f"{space.context}), or correct the context"
        )
        yield Finding(space.name, "OCM APIs", f"not served: {', '.join(missing)}", do)
        return
    clusters = {cluster["metadata"]["name"]: cluster for cluster in space.list(MANAGED_CLUSTER)}
    yield Finding(
        space.name, "OCM APIs", f"served; ManagedClusters: {', '.join(sorted(clusters)) or 'none'}"
    )
    if serves(space, WORK_STATUS):
        do = "install the OCM status add-on there (the core chart's hook install-status-addon does)"
        yield Finding(space.name, "WorkStatus CRD", "not served", do)
    else:
        yield Finding(space.name, "WorkStatus CRD", "served")
    labels = {
        name: dict(cluster["metadata"].get("labels") or {}) for name, cluster in clusters.items()
    }
    for wec in installation.wecs:
        yield _registered(space, wec.name, clusters, report, labels)
    names = [wec.name for wec in installation.wecs]
    yield _matches(space, "label_query_both", installation.label_query_both, names, labels)
    yield _matches(space, "label_query_one", installation.label_query_one, names[:1], labels)


def foreign_wec(space: Space, installation: Installation, run: str) -> str | None:
    """A ManagedCluster that is neither a WEC as the user has given it nor one of the run; None if
    there is none.
    """
    given = {wec.name for wec in installation.wecs}
    found = (cluster["metadata"] for cluster in space.list(MANAGED_CLUSTER))
    foreign = (
        str(one["name"])
        for one in found
        if one["name"] not in given and (one.get("labels") or {}).get(LABEL) != run
    )
    return min(foreign, default=None)


def _registered(
    space: Space, name: str, clusters: dict[str, Obj], report: Report, labels: dict[str, Labels]
) -> Finding:
    what, kubectl = f"ManagedCluster {name}", f"kubectl --context {space.context}"
    if name not in clusters:
        do = (
            "register it (clusteradm join, then accept), or write --ks-wec "
            f"CONTEXT={next(iter(clusters), 'NAME')}"
        )
        return Finding(
            space.name, what, f"absent; found: {', '.join(sorted(clusters)) or 'none'}", do
        )
    asked = {
        "HubAcceptedManagedCluster": f"clusteradm --context {space.context} accept "
        f"--clusters {name}",
        "ManagedClusterJoined": "see the klusterlet's log in the WEC (namespace "
        "open-cluster-management-agent)",
        "ManagedClusterConditionAvailable": "see that the WEC's "
        "klusterlet runs and reaches the ITS",
    }
    for kind, do in asked.items():
        status, message = condition_status(clusters[name], kind)
        if status != "True":
            return Finding(
                space.name, what, f"{kind} is {status}" + (f" ({message})" if message else ""), do
            )
    selector = _alone(name, labels)
    if selector is None:
        do = f"give it one of its own ({kubectl} label managedcluster {name} name={name})"
        return Finding(space.name, what, "no set of its labels picks it out alone", do)
    report.selectors[name] = selector
    return Finding(space.name, what, "joined, available; labels: " + _flat(labels[name]))


def _alone(name: str, labels: dict[str, Labels]) -> Labels | None:
    """Labels that only this ManagedCluster has: a single one if possible, preferably ``name``."""
    mine, others = labels[name], [held for other, held in labels.items() if other != name]
    for candidate in [
        *({key: mine[key]} for key in sorted(mine, key=lambda key: key != "name")),
        mine,
    ]:
        if candidate and not any(candidate.items() <= held.items() for held in others):
            return candidate
    return None


def _matches(
    space: Space, called: str, query: str, wanted: list[str], labels: dict[str, Labels]
) -> Finding:
    """Check that a query matches these WECs and no other, since workloads would otherwise go to
    foreign clusters.
    """
    asked = labels_of(query)
    found = sorted(name for name, held in labels.items() if asked.items() <= held.items())
    what, matched = f"{called} {query}", f"matches {', '.join(found) or 'no ManagedCluster'}"
    lacking = [name for name in wanted if name not in found]
    if lacking:
        pairs = " ".join(f"{key}={value}" for key, value in asked.items())
        do = (
            f"it has to match {', '.join(wanted)}: kubectl --context {space.context} label "
            "managedcluster "
            f"{' '.join(lacking)} {pairs}, or give another query"
        )
        return Finding(space.name, what, matched, do)
    if len(found) > len(wanted):
        do = (
            f"it may match {', '.join(wanted)} alone, or workloads would go elsewhere too: "
            "give another query"
        )
        return Finding(space.name, what, matched, do)
    return Finding(space.name, what, matched)


def _flat(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "none"
