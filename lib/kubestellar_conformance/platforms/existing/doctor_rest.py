"""Examines the hosting cluster, the WDS and the WECs for the preflight."""

from __future__ import annotations

from collections.abc import Iterator

from kubestellar_conformance.platforms.common.names import CONTROL_PLANE, TYPE_LABEL, namespace_of
from kubestellar_conformance.platforms.existing.findings import Finding, Report
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.workloads.known_parts import (
    KnownPart,
    container_of,
    version_of,
)
from kubestellar_conformance.spaces.client import Refused, UnknownKind
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    STATUS_COLLECTOR,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space

CUSTOM_TRANSFORM = Kind(BINDING.group, BINDING.version, "CustomTransform")
KLUSTERLET = Kind("operator.open-cluster-management.io", "v1", "Klusterlet")


def serves(space: Space, *kinds: Kind) -> list[str]:
    """The names of the kinds that the space does not serve."""
    missing = []
    for kind in kinds:
        try:
            space.client.served(kind)
        except UnknownKind:
            missing.append(kind.name)
    return missing


def condition_status(obj: Obj, name: str) -> tuple[str, str]:
    """Status (``True``, ``False``, ``Unknown`` or ``absent``) and message of a condition."""
    for one in (obj.get("status") or {}).get("conditions") or []:
        if one.get("type") == name:
            return str(one.get("status")), str(one.get("message") or one.get("reason") or "")
    return "absent", ""


def host(space: Space, installation: Installation, report: Report) -> Iterator[Finding]:
    """Examine KubeFlex and its ControlPlanes, and the controllers that run here, as far as they can
    be seen.
    """
    if serves(space, CONTROL_PLANE):
        do = (
            "install KubeStellar's core chart there (Getting Started), or correct --ks-host-context"
        )
        yield Finding(space.name, "KubeFlex APIs", "ControlPlane is not served", do)
        return
    planes = {plane["metadata"]["name"]: plane for plane in space.list(CONTROL_PLANE)}
    yield Finding(
        space.name, "KubeFlex APIs", f"served; ControlPlanes: {', '.join(sorted(planes)) or 'none'}"
    )
    for name, role in ((installation.its_cp, "its"), (installation.wds_cp, "wds")):
        yield _control_plane(space, name, role, planes)
    for part in installation.parts().values():
        if part.space == space.name and not part.serves:
            yield _part(space, part, report)


def _control_plane(space: Space, name: str, role: str, planes: dict[str, Obj]) -> Finding:
    what = f"ControlPlane {name}"
    if name not in planes:
        return Finding(
            space.name,
            what,
            f"absent; found: {', '.join(sorted(planes)) or 'none'}",
            f"create it (kflex create {name}, or the core chart's values), or correct "
            f"--ks-{role}-cp",
        )
    plane = planes[name]
    ready, message = condition_status(plane, "Ready")
    kind = (plane.get("spec") or {}).get("type", "?")
    if ready != "True":
        found = f"type {kind}, condition Ready is {ready}" + (f" ({message})" if message else "")
        return Finding(
            space.name,
            what,
            found,
            f"see kubectl --context {space.context} describe controlplane {name}",
        )
    label = (plane["metadata"].get("labels") or {}).get(TYPE_LABEL)
    if label not in (None, role):
        return Finding(
            space.name,
            what,
            f"its label {TYPE_LABEL} is {label!r}",
            f"name an {role.upper()} with --ks-{role}-cp",
        )
    return Finding(space.name, what, f"type {kind}, ready")


def _part(space: Space, part: KnownPart, report: Report) -> Finding:
    ref = part.refs[0]
    what, title = ref.name, f"{ref.kind} {ref.namespace}/{ref.name}"
    try:
        found = next((obj for ref in part.refs if (obj := space.get(ref)) is not None), None)
    except Refused as problem:
        return Finding(space.name, what, f"cannot be seen ({problem.reason})", seen=False)
    if found is None:
        return Finding(space.name, what, f"not seen here (no {title})", seen=False)
    version = report.components[part.name] = version_of(container_of(part, found)["image"])
    wanted = (found.get("spec") or {}).get("replicas", 1)
    ready = (found.get("status") or {}).get("availableReplicas", 0)
    if ready < max(wanted, 1):
        do = (
            f"see kubectl --context {space.context} -n {ref.namespace} describe "
            f"{str(ref.kind).lower()} {ref.name}"
        )
        return Finding(space.name, what, f"{version}, {ready} of {wanted} replicas available", do)
    return Finding(space.name, what, f"{version}, {ready} of {wanted} replicas available")


def wds(space: Space, installation: Installation, report: Report) -> Iterator[Finding]:
    """Examine KubeStellar's control APIs."""
    del report
    kinds = (BINDING_POLICY, BINDING, STATUS_COLLECTOR, COMBINED_STATUS, CUSTOM_TRANSFORM)
    missing = serves(space, *kinds)
    if missing:
        do = (
            "KubeStellar's controller manager installs them at its start (namespace "
            f"{namespace_of(installation.wds_cp)} of "
            f"{installation.host_context}); see that it runs, or correct --ks-wds-context"
        )
        yield Finding(space.name, "control CRDs", f"not served: {', '.join(missing)}", do)
    else:
        yield Finding(
            space.name, "control CRDs", f"served: {', '.join(kind.name for kind in kinds)}"
        )


def wec(space: Space, installation: Installation, report: Report) -> Iterator[Finding]:
    """Examine the APIs that OCM's agent installs in a WEC, and the ManagedCluster that it
    registers, if that can be seen.
    """
    if serves(space, APPLIED_MANIFEST_WORK):
        do = f"register it (clusteradm join --cluster-name {space.name}), or correct --ks-wec"
        yield Finding(space.name, "OCM agent's APIs", "AppliedManifestWork is not served", do)
        return
    yield Finding(space.name, "OCM agent's APIs", "AppliedManifestWork is served")
    klusterlet = None if serves(space, KLUSTERLET) else space.get(Ref(KLUSTERLET, "", "klusterlet"))
    called = ((klusterlet or {}).get("spec") or {}).get("clusterName")
    if called and called != space.name:
        do = f"write --ks-wec {space.context}={called}, or give the context of {space.name}"
        yield Finding(
            space.name, "its ManagedCluster", f"the Klusterlet there registers it as {called}", do
        )
    for part in installation.parts().values():
        if part.space == space.name:
            yield _part(space, part, report)
