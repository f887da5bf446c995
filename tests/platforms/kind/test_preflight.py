"""What bad input and a machine that lacks something get: one line that says what to do, before
anything is created.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.kind import docker, preflight
from tests.e2e.kind.conftest import engine_or_skip


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker client whose engine answers."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return _program(tmp_path / "bin" / "docker", "echo 20.10.24")


@pytest.fixture
def instances(tmp_path: Path) -> Path:
    path = tmp_path / "max_user_instances"
    path.write_text("8192\n")
    return path


def test_a_machine_with_all_that_is_needed(engine: Path, instances: Path) -> None:
    assert engine.exists()
    assert preflight.check(instances) == "20.10.24"


def test_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instances: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="needs Docker: install it"):
        preflight.check(instances)


def test_docker_that_does_not_run(engine: Path, instances: Path) -> None:
    _program(engine, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(UserError, match=r"Docker does not run: start it .* Cannot connect"):
        preflight.check(instances)


def test_docker_that_may_not_be_used(engine: Path, instances: Path) -> None:
    _program(engine, "echo 'permission denied while trying to connect' >&2; exit 1")
    with pytest.raises(UserError, match="may not use Docker: join the group docker"):
        preflight.check(instances)


@pytest.mark.usefixtures("engine")
def test_too_few_inotify_instances(instances: Path) -> None:
    instances.write_text("128\n")
    with pytest.raises(UserError, match=r"max_user_instances is 128, .* need 512: sysctl"):
        preflight.check(instances)


@pytest.mark.usefixtures("engine")
def test_too_little_memory(instances: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "MEMORY_GIB", 1e6)
    with pytest.raises(UserError, match="GiB of memory are free, three clusters need"):
        preflight.check(instances)


@pytest.mark.usefixtures("engine")
def test_no_pytest_kind(instances: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "find_spec", lambda _name: None)
    with pytest.raises(
        UserError, match=r"needs pytest-kind: pip install 'kubestellar-conformance\[kind\]'"
    ):
        preflight.check(instances)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "kind v0.11.1 go1.16.4 linux/amd64",
            r"kind 0\.11\.1 is too old, it must be 0\.20 or later",
        ),
        ("something else", "is not kind: it calls itself 'something else'"),
    ],
)
def test_a_program_that_is_not_the_kind_that_is_needed(
    tmp_path: Path, said: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        preflight.check_kind(_program(tmp_path / "kind", f"echo '{said}'"))


def test_a_kind_that_will_do(tmp_path: Path) -> None:
    assert (
        preflight.check_kind(_program(tmp_path / "kind", "echo 'kind v0.30.0 go1.26 linux/amd64'"))
        == "0.30.0"
    )


def test_clusters_that_are_there_are_found_by_their_label(engine: Path) -> None:
    from kubestellar_conformance.platforms.kind.clusters import Clusters

    _program(
        engine,
        'case "$*" in *label=io.x-k8s.kind.cluster*) echo kubeflex; echo other;; *) exit 1;; esac',
    )
    assert Clusters.existing() == ["kubeflex", "other"]
    assert docker.demand_engine.__doc__


def test_a_further_cluster_needs_memory_and_inotify_instances(
    instances: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight.check_further(4, instances)
    instances.write_text("128\n")
    with pytest.raises(
        UserError, match=r"max_user_instances is 128, and 4 kind nodes need 256: sysctl"
    ):
        preflight.check_further(4, instances)
    instances.write_text("8192\n")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**29))
    with pytest.raises(
        UserError, match=r"0\.5 GiB of memory are free, a further cluster needs 0\.8"
    ):
        preflight.check_further(4, instances)


def test_a_further_control_plane_needs_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    preflight.check_further_control_plane()
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**28))
    with pytest.raises(
        UserError, match=r"0\.2 GiB of memory are free, a further control plane needs 0\.6"
    ):
        preflight.check_further_control_plane()


def test_the_tests_on_kind_fail_without_an_engine_where_one_is_required(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KS_KIND_REQUIRED", raising=False)
    engine_or_skip()
    _program(engine, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(pytest.skip.Exception, match="kind was not run: Docker does not run"):
        engine_or_skip()
    monkeypatch.setenv("KS_KIND_REQUIRED", "yes")
    with pytest.raises(
        pytest.fail.Exception, match="although there was an engine: Docker does not run"
    ):
        engine_or_skip()
