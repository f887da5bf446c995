"""What an embedded platform leaves behind: nothing, however it ends; and what it never touches."""

from __future__ import annotations

import os
import signal
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.spaces import binding_policy
from tests.support.calm import busy
from tests.support.child import ROOT, command, environment
from tests.support.embedded import identity

pytestmark = pytest.mark.timeout(900)
ZERO = "scenarios/examples/test_scenario_0_look_around.py"
ONE = "scenarios/examples/test_scenario_1_kubectl.py::test_a_workload_reaches_both_wecs"


def processes_of(run_dir: Path) -> list[tuple[int, int]]:
    return runs.marked_processes().get(run_dir, [])


def begin(run_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A child pytest that is not waited for, in a session of its own so that a signal reaches it
    alone.
    """
    log = (run_dir.parent / f"{run_dir.name}.log").open("wb")
    return subprocess.Popen(
        command(run_dir, arguments),
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def wait_for(run_dir: Path, count: int, seconds: float = 180.0) -> None:
    """Until the run has at least that many processes."""
    deadline = time.monotonic() + seconds
    while len(processes_of(run_dir)) < count:
        assert time.monotonic() < deadline, (
            f"{run_dir} has {len(processes_of(run_dir))} processes, not {count}"
        )
        time.sleep(0.05)


def wait_up(run_dir: Path, seconds: float = 180.0) -> None:
    """Until the run's platform can be used."""
    deadline = time.monotonic() + seconds
    while not (run_dir / "env.sh").exists():
        assert time.monotonic() < deadline, f"{run_dir} has no env.sh after {seconds} s"
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "moment"), [(signal.SIGINT, 4), (signal.SIGTERM, 23)])
def test_an_interrupted_run_ends_all_within_10_s(
    tmp_path: Path, number: signal.Signals, moment: int
) -> None:
    """In the middle of a start (4 processes), and with a scenario under way (all 23)."""
    child = begin(tmp_path / "run", ONE)
    wait_for(tmp_path / "run", moment)
    began = time.monotonic()
    child.send_signal(number)
    child.wait(timeout=120)
    assert time.monotonic() - began < 10 * busy()
    assert processes_of(tmp_path / "run") == []
    assert child.returncode == 2


def test_platforms_live_side_by_side_and_only_a_killed_run_s_is_ended(
    own: EmbeddedPlatform, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    child = begin(killed, ONE)
    wait_up(killed)
    # So that its test, and with it the platform, is not over too soon.
    child.send_signal(signal.SIGSTOP)
    wait_for(killed, 23)
    foreign = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)"], env=environment()
    )
    try:
        own.system.wds.apply(
            binding_policy("mine", clusters={"name": "cluster1"}, objects={"app": "mine"})
        )
        assert "mine" not in policies_of(killed)
        assert "mine" in policies_of(own.run_dir)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        ended = (
            runs.end_leftovers()
        )  # what every start begins with, also one of another test just now
        assert own.run_dir not in ended
        assert processes_of(killed) == []
        assert not RunFolder(killed).credentials.exists()
        assert foreign.poll() is None
        assert all(part.state == "running" for part in own.components())
    finally:
        foreign.kill()
        foreign.wait()
    nobody_else_reads_its_etcd(own)
    credentials_are_private_and_go_with(own)


def nobody_else_reads_its_etcd(own: EmbeddedPlatform) -> None:
    """It has a socket in a folder of its owner's alone, and ports that say nothing to those without
    a certificate.
    """
    [socket] = [path for path in own.folder.data.iterdir() if path.is_socket()]
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    etcd = psutil.Process(identity(own.component("etcd"))[0])
    listening = {
        found.laddr for found in etcd.net_connections("tcp") if found.status == psutil.CONN_LISTEN
    }
    asked = [f"{url}/{path}" for url in urls(listening) for path in ("version", "members")]
    assert len(listening) == 2
    assert [url for url in asked if answered(url)] == []


def urls(addresses: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{scheme}://{host}:{port}" for host, port in addresses for scheme in ("http", "https")]


def answered(url: str) -> bool:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=10, context=anybody) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def policies_of(run_dir: Path) -> list[str]:
    """Names of the BindingPolicies of the platform in a run folder, which another process may
    own.
    """
    shell = [
        "sh",
        "-ec",
        f". {run_dir / 'env.sh'}; kubectl --context $wds_context get bindingpolicies -o name",
    ]
    listed = subprocess.run(
        shell, env=environment(), text=True, capture_output=True, check=True
    ).stdout
    return [line.rpartition("/")[2] for line in listed.splitlines()]


def credentials_are_private_and_go_with(own: EmbeddedPlatform) -> None:
    """All files of mode 0600 while it is up; afterwards only logs are left."""
    secrets = [
        *own.folder.credentials.rglob("*"),
        *own.folder.state.iterdir(),
        own.folder.kubeconfig,
    ]
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in secrets if file.is_file()}
    assert modes
    assert set(modes.values()) == {0o600}, modes
    own.down()
    assert processes_of(own.run_dir) == []
    assert not own.folder.credentials.exists()
    assert not own.folder.kubeconfig.exists()
    assert list(own.folder.logs.glob("*.log"))


def test_a_kept_platform_can_be_used_and_stopped_by_hand(tmp_path: Path) -> None:
    run_dir = tmp_path / "kept"
    child = begin(run_dir, "--ks-keep", ZERO)
    assert child.wait(timeout=240) == 0
    try:
        script = (
            'kubectl --context "$its_context" get managedclusters -l '
            '"$label_query_both" -o name | sort'
        )
        shell = [
            "sh",
            "-ec",
            f". {run_dir / 'env.sh'}; {script}; kubectl --context $host_context get controlplanes",
        ]
        listed = subprocess.run(
            shell, env=environment(), text=True, capture_output=True, check=True
        ).stdout
        assert [line.rpartition("/")[2] for line in listed.splitlines()[:2]] == [
            "cluster1",
            "cluster2",
        ]
        assert "wds1" in listed
        assert run_dir not in runs.end_leftovers()
        stop = [sys.executable, "-m", "kubestellar_conformance", "platform-stop", str(run_dir)]
        subprocess.run(stop, cwd=ROOT, env=environment(), check=True)
    finally:
        EmbeddedPlatform(PlatformSettings(run_dir=run_dir)).down()
    assert processes_of(run_dir) == []
