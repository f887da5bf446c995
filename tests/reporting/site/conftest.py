"""A site of one run with a test of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.reporting.site.build import files, site_of
from kubestellar_conformance.reporting.site.folder import write
from kubestellar_conformance.reporting.suite import Suite
from tests.support.run_records import LONG, record, write_run

SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(scope="session")
def suite() -> Suite:
    """The suite of this repository."""
    return Suite.load(SCENARIOS)


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> Path:
    """The HTML of a run, and of a partial one on another platform."""
    folder = tmp_path_factory.mktemp("site")
    kind = record(
        platform={"name": "kind"}, complete=False, selection={"why_partial": [f"only {LONG}"]}
    )
    runs = [write_run(folder / "a", record()), write_run(folder / "b", kind)]
    write(dict(files(site_of(runs, suite), "html")), folder / "out")
    return folder / "out"
