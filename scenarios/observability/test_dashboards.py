"""The dashboard of KubeStellar's controllers (monitoring/grafana in KubeStellar's repository,
KubeStellarControllersMonitoring.json): the metrics of its expressions, with the labels they use.
"""

from __future__ import annotations

import re
from pathlib import Path

from kubestellar_conformance.story import Endpoints, metric, needs, promises, step

DASHBOARD = "KubeStellarControllersMonitoring.json"
METRIC = re.compile(r"\b([a-z_]+)\{")
"""In an expression of PromQL: a metric whose labels follow."""
SHOWN = (
    metric("workqueue_queue_duration_seconds_bucket", le="+Inf"),
    metric("workqueue_depth"),
    metric("rest_client_request_duration_seconds_bucket", le="+Inf"),
    metric("rest_client_requests_total", code="200"),
    metric("process_cpu_seconds_total"),
    metric("process_resident_memory_bytes"),
)


@promises("OBS-13")
def test_the_dashboard_shows_these_metrics(monitoring: Path) -> None:
    """Those that the other tests look for are all of the dashboard's expressions."""
    with step("Read the expressions of the dashboard"):
        text = (monitoring / "grafana" / DASHBOARD).read_text("utf-8")
        shown = [
            name for line in re.findall(r'"expr": (.*)', text) for name in METRIC.findall(line)
        ]
    with step("They are of these metrics, and of no other"):
        assert set(shown) == {one.name for one in SHOWN}


@promises("OBS-13")
@needs("endpoints")
def test_the_controller_manager_serves_what_the_dashboard_shows(
    controller_manager_endpoints: Endpoints,
) -> None:
    """Each metric of the dashboard's expressions is among its metrics."""
    with step("Look for each metric"):
        controller_manager_endpoints.has_metrics(*SHOWN)


@promises("OBS-13")
@needs("endpoints")
def test_the_transport_controller_serves_what_the_dashboard_shows(
    transport_controller_endpoints: Endpoints,
) -> None:
    """Each metric of the dashboard's expressions is among its metrics."""
    with step("Look for each metric"):
        transport_controller_endpoints.has_metrics(*SHOWN)
