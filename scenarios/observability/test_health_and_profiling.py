"""Profiles of the controllers (Observability, "Debug/Profiling Endpoints"), and the probes of the
controller manager (the core chart's Deployment).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Endpoints, case, needs, promises, step

pytestmark = needs("endpoints")


@promises("OBS-06")
def test_the_controller_manager_serves_profiles(controller_manager_endpoints: Endpoints) -> None:
    """Go's index of the profiles, the profile of the heap, and the stacks of its goroutines."""
    _serves_profiles(controller_manager_endpoints, of="kubestellar/pkg/binding")


@promises("OBS-06")
def test_the_transport_controller_serves_profiles(
    transport_controller_endpoints: Endpoints,
) -> None:
    """Go's index of the profiles, the profile of the heap, and the stacks of its goroutines."""
    _serves_profiles(transport_controller_endpoints, of="kubestellar/pkg/transport")


def _serves_profiles(endpoints: Endpoints, of: str) -> None:
    """``of``: a package that works in the controller's goroutines."""
    with step("The index lists the profiles"):
        endpoints.serves("pprof", "/debug/pprof/", saying="(?s)goroutine.*heap")
    with step("The profile of the heap, and the goroutines of this controller"):
        endpoints.serves_profile("/debug/pprof/heap")
        endpoints.serves("pprof", "/debug/pprof/goroutine?debug=1", saying=of)


@pytest.mark.parametrize(
    "path",
    [
        case("the liveness probe", "/healthz", promises="OBS-07"),
        case("the readiness probe", "/readyz", promises="OBS-07"),
    ],
)
def test_the_controller_manager_answers_the_chart_s_probes(
    controller_manager_endpoints: Endpoints, path: str
) -> None:
    """With 200, which is what a kubelet asks for, while it works."""
    with step("Ask as a kubelet does"):
        controller_manager_endpoints.serves("health-probe", path)
