"""The addresses of metrics, profiles and probes that KubeStellar's core chart gives to its
controllers, by helm alone (Observability, "Metrics Endpoints", "Debug/Profiling Endpoints").
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.story import Helm, Obj, Space, case, needs, promises, step

pytestmark = needs("helm")
ADDRESS = re.compile(r"(?:--|agent\.)([a-z-]+)[-_]bind[-_]addr(?:ess)?=([^\"]*)")
TRANSPORT = (
    "transport_controller.metrics_bind_addr=:9090",
    "transport_controller.pprof_bind_addr=127.0.0.1:9092",
)
AGENT = ("status_agent.metrics_bind_addr=:9080", "status_agent.pprof_bind_addr=127.0.0.1:9082")


def addresses(of: Any) -> dict[str, str]:
    """The addresses among the arguments of a program, by what is served there."""
    return dict(ADDRESS.findall(json.dumps(of)))


@pytest.mark.parametrize(
    ("hook", "values", "metrics", "pprof"),
    [
        case("of the transport controller by default", "transport-controller", (),
             ":8090", ":8092", promises=["OBS-03", "OBS-06"]),
        case("of the transport controller where they are configured", "transport-controller",
             TRANSPORT, ":9090", "127.0.0.1:9092", promises=["OBS-03", "OBS-06"]),
        case("of the status add-on's agents by default", "install-status-addon", (),
             ":8080", ":8082", promises="OBS-16"),
        case("of the status add-on's agents where they are configured", "install-status-addon",
             AGENT, ":9080", "127.0.0.1:9082", promises="OBS-16"),
    ],
)  # fmt: skip
def test_the_addresses_that_a_hook_passes_on(
    host: Space, helm: Helm, core_chart: Path,
    hook: str, values: tuple[str, ...], metrics: str, pprof: str,
) -> None:  # fmt: skip
    """The documented ports, or those of the chart's values."""
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart, *values)
    with step("The hook has these addresses, and no other"):
        found = addresses(release.named("PostCreateHook", hook))
        assert found == {"metrics": metrics, "pprof": pprof}


@pytest.fixture
def containers(host: Space, helm: Helm, core_chart: Path) -> dict[str, Obj]:
    """The containers of the controller manager's pod, by name."""
    release = helm.rendered(host, "ks-core", core_chart)
    templates = release.named("PostCreateHook", "kubestellar-controller")["spec"]["templates"]
    [deployment] = [obj for obj in templates if obj["kind"] == "Deployment"]
    found = deployment["spec"]["template"]["spec"]["containers"]
    return {container["name"]: container for container in found}


@promises("OBS-02", "OBS-06", "OBS-07")
def test_the_addresses_of_the_controller_manager(containers: dict[str, Obj]) -> None:
    """Its metrics are on the pod's loopback, where the proxy that authenticates finds them; each
    probe asks where the manager answers.
    """
    manager, proxy = containers["manager"], containers["kube-rbac-proxy"]
    with step("The manager serves metrics on the loopback, profiles and probes to all"):
        wanted = {"metrics": "127.0.0.1:8080", "pprof": ":8082", "health-probe": ":8081"}
        assert addresses(manager["args"]) == wanted
    with step("The proxy asks for the metrics there"):
        assert "--upstream=http://127.0.0.1:8080/" in proxy["args"]
    with step("Both probes ask at the address for them"):
        assert manager["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": 8081}
        assert manager["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8081}
