"""The workloads of the example-scenarios page, under names that no other test has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.story import Names, Workload

EXAMPLES = Path(__file__).parent / "examples"
MANIFESTS = EXAMPLES / "manifests"


def _workload(name: str, names: Names) -> Workload:
    return Workload.from_yaml(
        (MANIFESTS / f"{name}.yaml").read_text(), name=name, suffix=names.suffix
    )


@pytest.fixture
def nginx(names: Names) -> Workload:
    """Scenario 1: a Namespace and a Deployment in it."""
    return _workload("nginx", names)


@pytest.fixture
def nginx_singleton(names: Names) -> Workload:
    """Scenario 4: a Deployment in the namespace ``default``."""
    return _workload("nginx-singleton", names)


@pytest.fixture
def nginx_res(names: Names) -> Workload:
    """Scenario 5: what is created after the outage."""
    return _workload("nginx-res", names)


@pytest.fixture(scope="session")
def appwrapper_definition() -> Workload:
    """Scenario 2: the CustomResourceDefinition of AppWrappers, under its documented name."""
    return Workload.from_yaml((MANIFESTS / "appwrapper-crd.yaml").read_text())


@pytest.fixture(scope="session")
def appwrapper_rights() -> Workload:
    """Scenario 2: the klusterlet's rights in a WEC, under their documented names."""
    return Workload.from_yaml((MANIFESTS / "appwrapper-rights.yaml").read_text())


@pytest.fixture
def appwrapper(names: Names) -> Workload:
    """Scenario 2: an AppWrapper in the namespace ``default``, without a label."""
    return _workload("appwrapper", names)


@pytest.fixture
def nginx_sa(names: Names) -> Workload:
    """Scenario 6: a Namespace, and in it a ServiceAccount and a Deployment that uses it."""
    name = names("nginx-sa")
    text = (MANIFESTS / "nginx-sa.yaml").read_text().replace("nginx-sa", name)
    return Workload.from_yaml(text, name=name)


@pytest.fixture(scope="session")
def postgresql() -> Path:
    """Scenario 3: the chart ``postgresql``. Its only value of note is ``replicas``, and one of its
    objects lacks the labels that the page's policy selects by.
    """
    return EXAMPLES / "charts" / "postgresql"
