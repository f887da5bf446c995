"""The dashboard of KubeStellar's controllers (monitoring/grafana in KubeStellar's repository): the
metrics of its expressions, with the labels they use.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubestellar_conformance.story import Endpoints, Metric, metric, needs, promises, step

pytestmark = needs("endpoints")
METRIC = re.compile(r"\b([a-zA-Z_:][\w:]*)\{")
"""In an expression of PromQL: a metric whose labels follow."""
LABELLED = (
    metric("workqueue_queue_duration_seconds_bucket", le="+Inf"),
    metric("rest_client_request_duration_seconds_bucket", le="+Inf"),
    metric("rest_client_requests_total", code="200"),
)


@pytest.fixture
def shown(monitoring: Path) -> list[Metric]:
    """The metrics of the dashboard's expressions."""
    text = (monitoring / "grafana" / "KubeStellarControllersMonitoring.json").read_text("utf-8")
    expressions = re.findall(r'"expr": (.*)', text)
    names = {name for expression in expressions for name in METRIC.findall(expression)}
    assert {one.name for one in LABELLED} < names
    return [*LABELLED, *map(metric, sorted(names))]


@promises("OBS-13")
def test_the_controller_manager_serves_what_the_dashboard_shows(
    controller_manager_endpoints: Endpoints, shown: list[Metric]
) -> None:
    """Each metric of the dashboard's expressions is among its metrics."""
    with step("Look for each metric"):
        controller_manager_endpoints.has_metrics(*shown)


@promises("OBS-13")
def test_the_transport_controller_serves_what_the_dashboard_shows(
    transport_controller_endpoints: Endpoints, shown: list[Metric]
) -> None:
    """Each metric of the dashboard's expressions is among its metrics."""
    with step("Look for each metric"):
        transport_controller_endpoints.has_metrics(*shown)
