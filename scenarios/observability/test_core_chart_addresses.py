"""The addresses of metrics and profiles that KubeStellar's core chart gives to the controllers, by
helm alone (Observability, "Metrics Endpoints" and "Debug/Profiling Endpoints").
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubestellar_conformance.story import Helm, Release, Space, case, needs, promises, step

pytestmark = needs("helm")
ADDRESS = re.compile(r'--(metrics|pprof)-bind-address=([^"]*)')
CONFIGURED = (
    "transport_controller.metrics_bind_addr=:9090",
    "transport_controller.pprof_bind_addr=127.0.0.1:9092",
)


def addresses(release: Release, name: str) -> dict[str, str]:
    """Of the controller that the PostCreateHook of this name creates."""
    [hook] = [
        obj
        for obj in release.objects.objects
        if obj["kind"] == "PostCreateHook" and obj["metadata"]["name"] == name
    ]
    return dict(ADDRESS.findall(json.dumps(hook)))


@pytest.mark.parametrize(
    ("values", "metrics", "pprof"),
    [
        case("by default", (), ":8090", ":8092"),
        case("where they are configured", CONFIGURED, ":9090", "127.0.0.1:9092"),
    ],
)
@promises("OBS-03", "OBS-06")
def test_the_addresses_of_the_transport_controller(
    host: Space, helm: Helm, core_chart: Path, values: tuple[str, ...], metrics: str, pprof: str
) -> None:
    """Ports 8090 and 8092, or those of the chart's values."""
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart, *values)
    with step("The controller listens there"):
        assert addresses(release, "transport-controller") == {"metrics": metrics, "pprof": pprof}


@promises("OBS-06")
def test_the_address_of_the_controller_manager_s_profiles(
    host: Space, helm: Helm, core_chart: Path
) -> None:
    """Port 8082."""
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart)
    with step("The controller manager listens there"):
        assert addresses(release, "kubestellar-controller")["pprof"] == ":8082"
