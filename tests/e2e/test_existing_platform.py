"""The scenarios on an installation that is there already: an embedded one, told of by the
documentation's variables.

Whatever way a run ends, nothing of it stays, and what somebody else has there is untouched.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.conditions import condition
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.existing.leftovers import LABEL, left
from kubestellar_conformance.platforms.existing.runfile import RunFile
from kubestellar_conformance.spaces import Obj, Spaces, System, binding_policy
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, Ref
from tests.support.child import ROOT, command, environment, run_child

pytestmark = pytest.mark.timeout(900)
EXAMPLES = "scenarios/examples/test_scenario_"
ZERO, FIVE = f"{EXAMPLES}0_look_around.py", f"{EXAMPLES}5_resiliency.py"
ONE = f"{EXAMPLES}1_kubectl.py::test_a_workload_reaches_both_wecs"
STATUS = f"{EXAMPLES}4_singleton_status.py::test_the_only_wec_s_whole_status_returns_to_the_wds"
EXISTING = "--ks-platform=existing"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPlatform]:
    """The installation that is there."""
    found = EmbeddedPlatform(PlatformSettings(run_dir=tmp_path_factory.mktemp("there") / "run"))
    try:
        found.up()
        its = found.system.its
        for wec in found.system.wecs:  # an agent looks again after a minute
            cluster = Ref(MANAGED_CLUSTER, "", wec.name)
            its.eventually(
                condition(cluster, "ManagedClusterConditionAvailable"), within="recovery"
            )
        yield found
    finally:
        found.down()


@pytest.fixture
def exported(there: EmbeddedPlatform) -> dict[str, str]:
    """What its user has exported."""
    return {**there.variables(), "KUBECONFIG": str(there.folder.kubeconfig)}


@pytest.fixture
def somebody_s(there: EmbeddedPlatform) -> Iterator[dict[str, list[Obj | None]]]:
    """A workload that somebody else has there, settled; how it is in each space."""
    metadata = {"name": "theirs", "namespace": "default", "labels": {"app": "theirs"}}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"of": "somebody"},
    }
    policy = binding_policy(
        "theirs", clusters={"location-group": "edge"}, objects={"app": "theirs"}
    )
    system = there.system
    system.wds.apply(config, policy)
    for wec in system.wecs:
        wec.eventually(config)
    yield {
        space.name: [space.get(obj) for obj in objects]
        for space, objects in (
            (system.wds, [config, policy]),
            *((wec, [config]) for wec in system.wecs),
        )
    }
    system.wds.delete(policy, config)


def untouched(system: System, before: dict[str, list[Obj | None]]) -> None:
    """The very same objects with the same content. KubeStellar may still be adding its finalizers
    and status.
    """
    for name, objects in before.items():
        assert [essence(obj) for obj in objects] == [
            essence(system[name].get(obj or {})) for obj in objects
        ]


def essence(obj: Obj | None) -> list[object]:
    assert obj is not None
    metadata = obj["metadata"]
    return [
        metadata["uid"],
        metadata.get("generation"),
        metadata.get("labels"),
        obj.get("spec"),
        obj.get("data"),
    ]


def conformance(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "kubestellar_conformance", *arguments]
    return subprocess.run(
        asked, cwd=ROOT, env=environment(env), text=True, capture_output=True, check=False
    )


def begin(run_dir: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    with (run_dir.parent / "child.log").open("wb") as log:
        return subprocess.Popen(
            command(run_dir, [EXISTING, ONE]),
            cwd=ROOT,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_until_applied(system: System, run_dir: Path) -> str:
    """Until the run has objects in the WDS; its id."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        file = RunFile.read(run_dir)
        if file and system.wds.list("v1/Namespace", labels={LABEL: file.run}):
            return file.run
        time.sleep(0.05)
    pytest.fail((run_dir.parent / "child.log").read_text())


def nothing_left(system: System, run: str) -> None:
    """All is deleted; an interrupted run does not wait until a namespace has gone with all that is
    in it.
    """
    spaces = list(Spaces([system.host, system.its, system.wds, *system.wecs]))
    deadline = time.monotonic() + 180
    while found := left(spaces, run):
        assert all(one.going for one in found), found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_the_scenarios_have_the_same_verdicts_and_leave_nothing(
    there: EmbeddedPlatform,
    exported: dict[str, str],
    somebody_s: dict[str, list[Obj | None]],
    tmp_path: Path,
) -> None:
    doctor = conformance("doctor", env=exported)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "MISSING" not in doctor.stdout
    ended = run_child(tmp_path / "run", EXISTING, "-n2", ZERO, ONE, STATUS, FIVE, env=exported)
    assert ended.status == 0, ended.output
    verdicts = {
        test["nodeid"].removeprefix(EXAMPLES): test["verdict"] for test in ended.record["tests"]
    }
    assert len(verdicts) > 4
    for name, verdict in verdicts.items():
        assert verdict == ("not supported" if name.startswith("5") else "conforms"), ended.output
    outage = ended.check("test_the_system_goes_on_after_an_outage_of_its_control_plane")
    assert (
        "parts of an existing installation are stopped only with --ks-allow stop-components"
        in outage["message"]
    )
    platform = ended.record["platform"]
    assert platform["contexts"] == {
        name: name for name in ("kind-kubeflex", "its1", "wds1", "cluster1", "cluster2")
    }
    assert platform["kubernetes"]["wds1"].startswith("v1.")
    nothing_left(there.system, platform["run"])
    untouched(there.system, somebody_s)
    assert not (ended.run_dir / "credentials").exists()
    again = conformance(
        "cleanup", platform["run"], "--ks-run-dir", str(ended.run_dir), env=exported
    )
    assert again.returncode == 4
    assert "carries the label kubestellar-conformance/run=" in again.stderr


def test_what_may_be_stopped_but_is_not_there_is_not_supported_and_named(
    exported: dict[str, str], tmp_path: Path
) -> None:
    allowed = run_child(
        tmp_path / "run", EXISTING, "--ks-allow=stop-components", FIVE, env=exported
    )
    assert allowed.status == 0, allowed.output
    messages = [
        test["message"] for test in allowed.record["tests"] if test["verdict"] == "not supported"
    ]
    assert len(messages) == len(allowed.record["tests"])
    assert (
        "no Deployment wds1-system/kube-apiserver or StatefulSet wds1-system/vcluster"
        in messages[0]
    )


def test_what_a_killed_run_left_is_removed_by_its_id_and_nothing_else(
    there: EmbeddedPlatform,
    exported: dict[str, str],
    somebody_s: dict[str, list[Obj | None]],
    tmp_path: Path,
) -> None:
    run_dir = tmp_path / "run"
    child = begin(run_dir, exported)
    try:
        run = wait_until_applied(there.system, run_dir)
        child.send_signal(
            signal.SIGSTOP
        )  # it lives, and does not get to removing its objects itself
        going_on = conformance("cleanup", run, "--ks-run-dir", str(run_dir), env={})
        assert f"run {run} is still running (pid {child.pid})" in going_on.stderr
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    found = left(list(there.system.spaces), run)
    assert found
    cleaned = conformance("cleanup", run, "--ks-run-dir", str(run_dir), env={})
    assert cleaned.returncode == 0, cleaned.stderr
    assert "removed wds1: Namespace nginx-" in cleaned.stdout
    nothing_left(there.system, run)
    untouched(there.system, somebody_s)
    assert not (run_dir / "credentials").exists()


def test_an_interrupted_run_takes_back_what_it_has_made(
    there: EmbeddedPlatform, exported: dict[str, str], tmp_path: Path
) -> None:
    run_dir = tmp_path / "run"
    child = begin(run_dir, exported)
    run = wait_until_applied(there.system, run_dir)
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=120) == 2, (tmp_path / "child.log").read_text()
    nothing_left(there.system, run)
    assert not (run_dir / "credentials").exists()
