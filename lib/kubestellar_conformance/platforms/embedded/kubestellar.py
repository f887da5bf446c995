"""KubeStellar's two controllers of a WDS."""

from __future__ import annotations

import contextlib

from kubestellar_conformance.platforms.embedded.kubeflex import control_plane_kubeconfig
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench

# The CRDs that KubeStellar's controller manager ensures at its start (pkg/crd in its module).
CONTROL_CRDS = tuple(
    f"{plural}.control.kubestellar.io"
    for plural in (
        "bindingpolicies",
        "bindings",
        "combinedstatuses",
        "customtransforms",
        "statuscollectors",
    )
)
# The core chart's values for the transport controller.
MAX_NUM_WRAPPED, MAX_SIZE_WRAPPED = 1, 512000


def controller_manager(workbench: Workbench, wds: str, hosting_kubeconfig: str) -> ProcessSpec:
    """KubeStellar's controller manager of a WDS, with the access to the hosting cluster that its
    pod would have.

    It is ready when both its controllers have filled their caches, which only its log shows. A
    build that logs other words is probed.
    """
    metrics, probe, pprof = (
        workbench.ports[f"{wds}/kubestellar-controller-manager-{kind}"]
        for kind in ("metrics", "probe", "pprof")
    )
    return ProcessSpec(
        name=f"{wds}/kubestellar-controller-manager",
        argv=(
            workbench.binary("kubestellar-controller-manager"),
            f"--health-probe-bind-address=127.0.0.1:{probe}",
            f"--metrics-bind-address=127.0.0.1:{metrics}",
            f"--pprof-bind-address=127.0.0.1:{pprof}",
            "--leader-elect",
            f"--wds-name={wds}",
            f"--its-name={workbench.topology.wdses[wds]}",
            "--api-groups=",
            "-v=2",
            "--wds-qps=200",
            "--wds-burst=400",
            "--its-qps=200",
            "--its-burst=400",
        ),
        env={"KUBECONFIG": hosting_kubeconfig},
        ready=Ready(
            log=("All workload caches synced", "workstatus cache synced"),
            probe="kubestellar-controller-manager",
        ),
        product=True,
    )


def install_control_crds(workbench: Workbench, wds: str) -> None:
    """Install the control APIs of the manager's own module before it starts.

    The manager would do so itself (and still updates them to its own version if they differ), but
    checks only once per second whether each of the five is established. A manager given as a bare
    binary comes without the files, so it has to do so itself.
    """
    with contextlib.suppress(LookupError):
        workbench.rest(wds).wait_established(
            workbench.rest(wds).apply_crds(workbench.built.crd_files("kubestellar"))
        )


def wait_control_crds(workbench: Workbench, wds: str) -> None:
    """Wait until the control APIs are served, without which the transport controller exits."""
    workbench.rest(wds).wait_established(CONTROL_CRDS)


def transport_controller(workbench: Workbench, wds: str) -> ProcessSpec:
    """The OCM transport controller of a WDS, with the kubeconfigs that KubeFlex made."""
    metrics, pprof = (
        workbench.ports[f"{wds}/transport-controller-{kind}"] for kind in ("metrics", "pprof")
    )
    its = workbench.topology.wdses[wds]
    return ProcessSpec(
        name=f"{wds}/transport-controller",
        argv=(
            workbench.binary("kubestellar-transport-controller"),
            f"--metrics-bind-address=127.0.0.1:{metrics}",
            f"--pprof-bind-address=127.0.0.1:{pprof}",
            f"--transport-kubeconfig={control_plane_kubeconfig(workbench, its)}",
            f"--wds-kubeconfig={control_plane_kubeconfig(workbench, wds)}",
            f"--wds-name={wds}",
            "-v=2",
            "--transport-qps=200",
            "--transport-burst=400",
            "--wds-qps=200",
            "--wds-burst=400",
            f"--max-num-wrapped={MAX_NUM_WRAPPED}",
            f"--max-size-wrapped={MAX_SIZE_WRAPPED}",
        ),
        ready=Ready(log=("started workers",), probe="transport-controller"),
        product=True,
    )
