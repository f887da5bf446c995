"""The ServiceMonitors of KubeStellar's monitoring folder (monitoring/configuration): the Services
that they select are those of the core chart's hooks and of the folder itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.story import Helm, Obj, Space, case, needs, promises, step

pytestmark = needs("helm")


def from_file(path: Path) -> Obj:
    """The one object of a file, whose placeholders ``%WDS%`` and such are filled in."""
    text = path.read_text("utf-8").replace("%STATUS_CTL_LABEL%", "app: any")
    obj: Obj = yaml.safe_load(text.replace("%", ""))
    return obj


@pytest.fixture
def hooked(host: Space, helm: Helm, core_chart: Path) -> list[Obj]:
    """The objects that the core chart's PostCreateHooks create for a control plane."""
    hooks = helm.rendered(host, "ks-core", core_chart).of_kind("PostCreateHook")
    return [template for hook in hooks for template in hook["spec"]["templates"]]


@pytest.fixture
def services(monitoring: Path, hooked: list[Obj]) -> list[Obj]:
    """The Services of the hooks and of the folder."""
    of_folder = [from_file(path) for path in sorted(monitoring.glob("configuration/*-svc.yaml"))]
    return [obj for obj in [*hooked, *of_folder] if obj["kind"] == "Service"]


def selected(services: list[Obj], labels: dict[str, str]) -> list[Obj]:
    """Those that have these labels."""
    return [one for one in services if labels.items() <= one["metadata"]["labels"].items()]


@promises("OBS-14")
@pytest.mark.parametrize(
    "monitor",
    [
        case("of the controller manager", "ks-ctl-manager"),
        case("of the transport controller", "ks-transport-ctl"),
        case("of the status add-on's controller", "status-addon-ctl"),
        case("of the status add-on's agent", "status-agent"),
    ],
)
def test_a_monitor_selects_one_service_and_a_port_of_it(
    monitoring: Path, services: list[Obj], monitor: str
) -> None:
    """Services of both sources; those of API servers are KubeFlex's."""
    with step("Read the monitor"):
        spec = from_file(monitoring / "configuration" / f"{monitor}-sm.yaml")["spec"]
    with step("It selects one of them, and each of its endpoints is a port of that"):
        found = selected(services, spec["selector"]["matchLabels"])
        assert len(found) == 1
        ports = {port["name"] for port in found[0]["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in spec["endpoints"]} <= ports


@promises("OBS-14")
@pytest.mark.parametrize(
    ("monitor", "deployment"),
    [
        case("of the controller manager", "ks-ctl-manager", "kubestellar-controller-manager"),
        case("of the transport controller", "ks-transport-ctl", "transport-controller"),
    ],
)
def test_the_service_of_a_monitor_selects_the_controller_s_pods(
    monitoring: Path, hooked: list[Obj], services: list[Obj], monitor: str, deployment: str
) -> None:
    """The pods that the chart's Deployment makes."""
    with step("Find the Service, and the labels of the Deployment's pods"):
        spec = from_file(monitoring / "configuration" / f"{monitor}-sm.yaml")["spec"]
        [service] = selected(services, spec["selector"]["matchLabels"])
        made = [obj for obj in hooked if obj["kind"] == "Deployment"]
        labels: dict[str, Any] = {
            obj["metadata"]["name"]: obj["spec"]["template"]["metadata"]["labels"] for obj in made
        }
    with step("The Service selects them"):
        assert service["spec"]["selector"].items() <= labels[deployment].items()


@promises("OBS-14")
def test_the_service_of_the_controller_manager_s_monitor_leads_to_a_port_of_its_pods(
    hooked: list[Obj],
) -> None:
    """That of the transport controller needs ports that the page's script adds."""
    with step("Find the Service of the chart, and the ports of the Deployment's containers"):
        [service] = [obj for obj in hooked if obj["kind"] == "Service"]
        name = "kubestellar-controller-manager"
        [deployment] = [obj for obj in hooked if obj["metadata"]["name"] == name]
        containers = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"] for one in containers for port in one.get("ports", [])}
    with step("The Service leads to one of them"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
