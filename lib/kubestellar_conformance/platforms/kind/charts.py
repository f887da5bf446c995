"""KubeFlex's chart and KubeStellar's core chart, from their Go modules, with some parts replaced.

A part is replaced if its image is only available from a registry. `REPLACED` lists the replacements
for the run's record.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.images import product
from kubestellar_conformance.images.commands import output
from kubestellar_conformance.platforms.common.manifests import documents
from kubestellar_conformance.platforms.common.names import IN_CLUSTER_KEY, KUBEFLEX
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.spaces.refs import Obj

REPLACED = (
    "KubeFlex's and KubeStellar's pods run without their kube-rbac-proxy container (no "
    "image without a registry)",
    "KubeFlex's chart without its Jobs (a PostgreSQL of a registry for control planes of "
    "type k8s, built-in hooks)",
    "KubeFlex's and KubeStellar's pods may miss liveness probes for 10 min (charts: 1 min), "
    "so that a paused one lives",
    "the ITS's hook install-status-addon, a Helm Job, is replaced by one that only marks the ITS",
    "a WDS that is added names its ITS, and its transport controller's hook finds that by "
    "name alone (the chart gives "
    "a selector beside, and kflex-get-kubeconfig of release 0.30.0 refuses both at once)",
)
_PROXY, _POSTGRES_WAIT = "kube-rbac-proxy", "wait-postgresql"
_NO_POSTGRES = ("Job",)
_MISSED_PROBES = 30
_TRANSPORT, _TRANSPORT_BY_NAME = "transport-controller", "transport-controller-of-named-its"
_SELECTOR = "--control-plane-label-selector"
_CLUSTER_WIDE = ("ControlPlane", "PostCreateHook", "Namespace")


class Charts:
    """Renders the charts with helm. ``temp`` is a folder for copies."""

    def __init__(self, built: Provisioned, temp: Path) -> None:
        self._built, self._temp = built, temp

    def kubeflex(self) -> list[Obj]:
        """KubeFlex's objects, except its CustomResourceDefinitions."""
        chart = self._built["kubeflex-chart"].module_dir / "chart"
        image = product.reference(self._built, "kubeflex")
        found = [
            thing
            for thing in self._render("kubeflex", chart, KUBEFLEX)
            if thing["kind"] not in _NO_POSTGRES
        ]
        return [_runnable(thing, {"<placeholder>": image}) for thing in found]

    def core(
        self,
        topology: Topology,
        names: Sequence[str],
        *,
        added: bool = False,
        from_core_chart: bool = False,
    ) -> list[Obj]:
        """The ControlPlanes of these ITSes and WDSes: of type host, k8s, or external for those with
        pods of ours. With KubeStellar's hooks, unless they are ``added`` to a platform that has
        them.

        An added WDS names its ITS, as the chart demands if several may exist. It uses a hook that
        can do so, unless it is to be ``from_core_chart``.
        """
        tags = {
            "KUBESTELLAR_VERSION": "kubestellar-controller-manager",
            "TRANSPORT_VERSION": "kubestellar-transport-controller",
            "KFLEX_GET_KUBECONFIG": "kflex-get-kubeconfig",
        }
        values = [f"{value}={product.tag(self._built[name])}" for value, name in tags.items()]
        values += [f"InstallPCHs={'false' if added else 'true'}"]
        for n, its in enumerate(name for name in names if name in topology.itses):
            values += [f"ITSes[{n}].name={its}", f"ITSes[{n}].type={_type(topology, its)}"]
            values += [f"ITSes[{n}].install_clusteradm=false"]
        for n, wds in enumerate(name for name in names if name in topology.wdses):
            values += [f"WDSes[{n}].name={wds}", f"WDSes[{n}].type={_type(topology, wds)}"]
            values += [f"WDSes[{n}].ITSName={topology.wdses[wds]}"] if added else []
        # Other processes of the run use the same folder.
        with TemporaryDirectory(dir=self._temp) as temp:
            things = self._render("core", self._core_alone(Path(temp)), "default", values)
        made = [
            _adapted(_runnable(one, {}), from_core_chart=from_core_chart)
            for one in things
            if _ours(one)
        ]
        return [
            *made,
            *(_by_name(one) for one in made if _called(one, "PostCreateHook", _TRANSPORT)),
        ]

    def _core_alone(self, temp: Path) -> Path:
        """The core chart without its dependencies: KubeFlex is installed by then, and Argo CD is
        not wanted.
        """
        chart = temp / "core-chart"
        shutil.copytree(self._built["kflex-get-kubeconfig"].module_dir / "core-chart", chart)
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        about.pop("dependencies", None)
        (chart / "Chart.yaml").write_text(yaml.safe_dump(about))
        return chart

    def _render(
        self, release: str, chart: Path, namespace: str, values: Sequence[str] = ()
    ) -> list[Obj]:
        helm = str(self._built["helm"].binary)
        argv = [helm, "template", release, str(chart), f"--namespace={namespace}", "--no-hooks"]
        text = output(
            [*argv, *(f"--set={value}" for value in values)],
            doing=f"rendering the chart {chart.name}",
        )
        return [_placed(thing, namespace) for thing in documents(text)]


def _ours(thing: Obj) -> bool:
    """The objects without the hooks that install OCM and the status add-on from registries."""
    return thing["metadata"]["name"] not in ("install-status-addon", "its-hub-init")


def _placed(thing: Obj, namespace: str) -> Obj:
    """The object as helm would place it: in the release's namespace if it names none. Harmless for
    an object without a namespace.
    """
    if not (thing["kind"].startswith("Cluster") or thing["kind"] in _CLUSTER_WIDE):
        thing["metadata"].setdefault("namespace", namespace)
    return thing


def _runnable(thing: Obj, images: dict[str, str]) -> Obj:
    """The object without the containers whose images are not available, also in the templates of a
    hook.
    """
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


def _deployments(thing: Obj) -> Iterable[Obj]:
    if thing["kind"] == "Deployment":
        yield thing
    if thing["kind"] == "PostCreateHook":
        yield from (one for one in thing["spec"]["templates"] if one["kind"] == "Deployment")


def _type(topology: Topology, name: str) -> str:
    if name in topology.hosted:
        return "host"
    return "k8s" if name in topology.k8s else "external"


def _called(thing: Obj, kind: str, name: str) -> bool:
    return bool(thing["kind"] == kind and thing["metadata"]["name"] == name)


def _by_name(hook: Obj) -> Obj:
    """The transport controller's hook for a WDS that names its ITS."""
    hook = copy.deepcopy(hook)
    hook["metadata"]["name"] = _TRANSPORT_BY_NAME
    for deployment in _deployments(hook):
        for one in deployment["spec"]["template"]["spec"].get("initContainers") or []:
            if _SELECTOR in one["args"]:
                at = one["args"].index(_SELECTOR)
                del one["args"][at : at + 2]
    return hook


def _adapted(thing: Obj, *, from_core_chart: bool = False) -> Obj:
    """A ControlPlane whose access is in a Secret of KubeFlex's namespace; the ITS's with the
    marking hook.
    """
    if thing["kind"] == "ControlPlane":
        name, spec = thing["metadata"]["name"], thing["spec"]
        if spec["type"] == "external":
            spec["bootstrapSecretRef"] = {
                "name": f"{name}-bootstrap",
                "namespace": KUBEFLEX,
                "inClusterKey": IN_CLUSTER_KEY,
            }
        if (spec.get("globalVars") or {}).get("ITSName") and not from_core_chart:
            for hook in spec["postCreateHooks"]:
                hook["hookName"] = (
                    _TRANSPORT_BY_NAME if hook["hookName"] == _TRANSPORT else hook["hookName"]
                )
        if any(hook["hookName"] == "install-status-addon" for hook in spec["postCreateHooks"]):
            spec["postCreateHooks"] = [{"hookName": "its-marker"}]
    return thing
