"""Removes a space in the order of the user guide's teardown: its registration first, then its
parts.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.manifests import objects
from kubestellar_conformance.platforms.common.names import KUBEFLEX, namespace_of
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.kind import certificates
from kubestellar_conformance.platforms.kind.additions import Addition, Additions
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.platforms.kind.workbench import kubectl_of
from kubestellar_conformance.spaces.refs import CLUSTER_LABEL

SECONDS = 60.0
"""Seconds for one object to go; a namespace waits for its pods."""
_CONTROL, _WORKSTATUS = ".control.kubestellar.io", "workstatuses.control.kubestellar.io"
_OCM = ".open-cluster-management.io"
_NAMESPACES = {"its": "customization-properties", "wds": "kubestellar-report"}
"""The objects that KubeStellar's controllers make in an ITS and in a WDS for themselves."""
_FOR_HOSTED = "clusterrolebinding/kubeflex-manager-cluster-admin-rolebinding"
"""The core chart's object, made with a ControlPlane of type host."""
_HOSTED = """--output=jsonpath={.items[?(@.spec.type=="host")].metadata.name}"""
_Access = Callable[[str], Kubectl]


def take_away(space: Addition, program: Path, host: str) -> None:
    """Remove an addition, however much of it exists. ``host`` is the hosting cluster's space.
    `Broken` if it does not go.
    """
    folder = RunFolder(Path(space.run))

    def access(name: str) -> Kubectl:
        return kubectl_of(program, folder, name)

    if space.role == "wec":
        try:
            _detach(space, access)
        finally:
            Clusters.delete_one(folder.state, space.name)
    else:
        _control_plane(space, access(host))
    _forget(folder, space.name)


def sweep(additions: Additions, spaces: list[Addition], program: Path, host: str) -> None:
    """Remove additions that other runs left. `Broken`, naming all that did not go."""
    failed = []
    for space in spaces:
        try:
            take_away(space, program, host)
            additions.forget(space.name)
        except Broken as problem:
            failed.append(f"{space.name}: {problem}")
    if failed:
        raise Broken("\n".join(failed))


def _detach(wec: Addition, access: _Access) -> None:
    """Delete its ManagedCluster and wait until hub and agent have released it; then delete what OCM
    leaves of it in the hub.
    """
    hub = access(wec.its)
    hub.delete(f"managedcluster/{wec.name}", seconds=SECONDS)
    hub.delete(
        "certificatesigningrequests", f"--selector={CLUSTER_LABEL}={wec.name}", seconds=SECONDS
    )
    hub.delete(f"namespace/{wec.name}", seconds=SECONDS)


def _control_plane(space: Addition, host: Kubectl) -> None:
    if space.hosted and space.role == "wds":
        # KubeStellar's finalizers are on them, so they must go while its controllers run.
        with contextlib.suppress(Broken):  # the controllers never defined these kinds
            host.delete("bindingpolicies", "--all", seconds=SECONDS)
    host.delete(f"controlplane/{space.name}", seconds=SECONDS)
    host.delete(f"secret/{space.name}-bootstrap", f"--namespace={KUBEFLEX}", seconds=SECONDS)
    where = namespace_of(space.name)
    host.run("delete", "--ignore-not-found", "--wait=false", f"namespace/{where}")
    # No data of it is needed again, so no pod needs time to stop.
    host.delete("pods", "--all", "--grace-period=1", f"--namespace={where}", seconds=SECONDS)
    host.delete(f"namespace/{where}", seconds=SECONDS)
    if space.hosted:
        host.delete(f"namespace/{_NAMESPACES[space.role]}", seconds=SECONDS)
        _leave_no_apis(host, space.role == "its")
        if not host.run("get", "controlplanes", _HOSTED).strip():
            host.delete(_FOR_HOSTED, seconds=SECONDS)


def _leave_no_apis(host: Kubectl, hub: bool) -> None:
    """Remove the APIs that the hosting cluster had for its role, and the account for joining."""
    found = host.run("get", "customresourcedefinitions", "--output=name").split()
    if hub:
        mine = [one for one in found if one.endswith((_OCM, f"/{_WORKSTATUS}"))]
        host.run(
            "delete",
            "--ignore-not-found",
            "--filename=-",
            given=host.text(objects("bootstrap")),
            seconds=SECONDS,
        )
    else:
        mine = [
            one for one in found if one.endswith(_CONTROL) and not one.endswith(f"/{_WORKSTATUS}")
        ]
    if mine:
        host.delete(*mine, seconds=SECONDS)


def _forget(folder: RunFolder, name: str) -> None:
    certificates.remove(Pki(folder.credentials / "control-planes"), name)
    folder.space_kubeconfig(name).unlink(missing_ok=True)
    shutil.rmtree(folder.credentials / f"discovery-{name}", ignore_errors=True)
