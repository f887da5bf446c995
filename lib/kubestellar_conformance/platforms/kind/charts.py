"""KubeFlex's chart and KubeStellar's core chart, out of their Go modules, and what of them is replaced here.

Each replacement is one for which there is no image without a registry; `REPLACED` says them for the run's record.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.images import product
from kubestellar_conformance.images.commands import output
from kubestellar_conformance.platforms.kind.manifests import Object

SYSTEM = "kubeflex-system"
KEY = "kubeconfig-incluster"
REPLACED = (
    "KubeFlex's and KubeStellar's pods run without their kube-rbac-proxy container (no image without a registry)",
    "KubeFlex's chart without its Jobs (PostgreSQL for control planes of type k8s, built-in hooks)",
    "KubeFlex's and KubeStellar's pods may miss liveness probes for 10 min (charts: 1 min), so that a paused one lives",
    "the ITS's hook install-status-addon, a Helm Job, is replaced by one that only marks the ITS",
)
_PROXY, _POSTGRES_WAIT = "kube-rbac-proxy", "wait-postgresql"
_NO_POSTGRES = ("Job",)
_MISSED_PROBES = 30
_CLUSTER_WIDE = ("ControlPlane", "PostCreateHook", "Namespace")


class Charts:
    """Renders the charts with helm. ``temp`` is a folder for the core chart without its dependencies."""

    def __init__(self, built: Provisioned, temp: Path) -> None:
        self._built, self._temp = built, temp

    def kubeflex(self) -> list[Object]:
        """KubeFlex, but for its CustomResourceDefinitions."""
        chart = self._built["kubeflex-chart"].module_dir / "chart"
        image = product.reference(self._built, "kubeflex")
        found = [thing for thing in self._render("kubeflex", chart, SYSTEM) if thing["kind"] not in _NO_POSTGRES]
        return [_runnable(thing, {"<placeholder>": image}) for thing in found]

    def core(self, its: str, wds: str) -> list[Object]:
        """KubeStellar's hooks and the ControlPlanes of one ITS and one WDS, both of type external."""
        chart = self._temp / "core-chart"
        shutil.rmtree(chart, ignore_errors=True)
        shutil.copytree(self._built["kflex-get-kubeconfig"].module_dir / "core-chart", chart)
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        about.pop("dependencies", None)  # KubeFlex is there by then; Argo CD is not asked for
        (chart / "Chart.yaml").write_text(yaml.safe_dump(about))
        tags = {
            "KUBESTELLAR_VERSION": "kubestellar-controller-manager",
            "TRANSPORT_VERSION": "kubestellar-transport-controller",
            "KFLEX_GET_KUBECONFIG": "kflex-get-kubeconfig",
        }
        values = [f"{value}={product.tag(self._built[name])}" for value, name in tags.items()]
        values += [f"ITSes[0].name={its}", "ITSes[0].type=external", "ITSes[0].install_clusteradm=false"]
        # Without ITSName, as in Getting Started: with one, the transport controller's pod does not start (release
        # 0.30.0), since kflex-get-kubeconfig refuses a name beside the selector that the chart always gives.
        values += [f"WDSes[0].name={wds}", "WDSes[0].type=external"]
        return [_external(_runnable(one, {})) for one in self._render("core", chart, "default", values) if _ours(one)]

    def _render(self, release: str, chart: Path, namespace: str, values: Sequence[str] = ()) -> list[Object]:
        helm = str(self._built["helm"].binary)
        argv = [helm, "template", release, str(chart), f"--namespace={namespace}", "--no-hooks"]
        text = output([*argv, *(f"--set={value}" for value in values)], doing=f"rendering the chart {chart.name}")
        return [_placed(thing, namespace) for thing in yaml.safe_load_all(text) if thing]


def _ours(thing: Object) -> bool:
    """Without the hooks that install OCM and the status add-on from registries."""
    return thing["metadata"]["name"] not in ("install-status-addon", "its-hub-init")


def _placed(thing: Object, namespace: str) -> Object:
    """As helm would put it: in the release's namespace where it names none. Harmless where it has none."""
    if not (thing["kind"].startswith("Cluster") or thing["kind"] in _CLUSTER_WIDE):
        thing["metadata"].setdefault("namespace", namespace)
    return thing


def _runnable(thing: Object, images: dict[str, str]) -> Object:
    """Without the containers that cannot be had, also in the templates of a hook."""
    thing = copy.deepcopy(thing)
    for deployment in _deployments(thing):
        pod = deployment["spec"]["template"]["spec"]
        pod["containers"] = [one for one in pod["containers"] if one["name"] != _PROXY]
        before = [one for one in pod.get("initContainers") or [] if one["name"] != _POSTGRES_WAIT]
        pod.pop("initContainers", None)
        pod |= {"initContainers": before} if before else {}
        for one in pod["containers"]:
            one["image"] = images.get(one["image"], one["image"])
            if "livenessProbe" in one:
                one["livenessProbe"]["failureThreshold"] = _MISSED_PROBES
    return thing


def _deployments(thing: Object) -> Iterable[Object]:
    if thing["kind"] == "Deployment":
        yield thing
    if thing["kind"] == "PostCreateHook":
        yield from (one for one in thing["spec"]["templates"] if one["kind"] == "Deployment")


def _external(thing: Object) -> Object:
    """A ControlPlane whose access is in a Secret of KubeFlex's namespace; the ITS's with the marking hook."""
    if thing["kind"] == "ControlPlane":
        name, spec = thing["metadata"]["name"], thing["spec"]
        spec["bootstrapSecretRef"] = {"name": f"{name}-bootstrap", "namespace": SYSTEM, "inClusterKey": KEY}
        if any(hook["hookName"] == "install-status-addon" for hook in spec["postCreateHooks"]):
            spec["postCreateHooks"] = [{"hookName": "its-marker"}]
    return thing
