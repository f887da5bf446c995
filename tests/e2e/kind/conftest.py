"""The clusters that these tests share, made by a run of the example scenarios and left up until the
last test.

Needs a container engine. `.ci/kind` starts one where it can, and says so where it cannot.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms import PlatformSettings, create
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.docker import demand_engine
from tests.support.child import Ended, run_child

FOLDER = "scenarios/examples"
EXAMPLES = tuple(
    f"{FOLDER}/test_scenario_{name}.py"
    for name in ("0_look_around", "1_kubectl", "4_singleton_status", "5_resiliency")
)
"""The scenarios that kind can run: 2 and 3 need capabilities that it lacks."""
MINUTES = 60.0


def engine_or_skip() -> None:
    """Skip without an engine; fail where `.ci/kind` has found or started one before."""
    try:
        demand_engine()
    except UserError as error:
        if os.environ.get("KS_KIND_REQUIRED"):
            pytest.fail(f"kind was not run, although there was an engine: {error}")
        pytest.skip(f"kind was not run: {error}")


@pytest.fixture(scope="session")
def on_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """The example scenarios on clusters made for them, which are left up."""
    engine_or_skip()
    run_dir = tmp_path_factory.mktemp("kind") / "run"
    try:
        yield run_child(
            run_dir,
            "--ks-platform=kind",
            "--ks-keep",
            "--durations=0",
            *EXAMPLES,
            limit=30 * MINUTES,
        )
    finally:
        subprocess.run(
            [sys.executable, "-m", "kubestellar_conformance", "platform-stop", str(run_dir)],
            check=False,
        )
        create("kind", PlatformSettings(run_dir=run_dir)).down()  # also what never came up
    assert not set(Clusters.existing()) & {"kubeflex", "cluster1", "cluster2"}


def sourced(file: Path) -> dict[str, str]:
    """The environment of a shell that has sourced that file."""
    done = subprocess.run(
        ["sh", "-c", f". {file} && env -0"], capture_output=True, text=True, check=True
    )
    whole = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)
    return {name: value for name, value in whole.items() if os.environ.get(name) != value}
