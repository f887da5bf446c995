"""The part that reports a WEC's status: how the OCM status add-on's agent is run where it is given.

`tests.support.add_on_agent` plays the agent: it finds the WEC by KUBECONFIG alone, refuses options
that the agent does not have, and listens on port 8443 of all addresses.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.components import (
    BuildCache,
    Provisioned,
    Silent,
    parse_override,
    provision,
)
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import status_agent
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.process import ExitedAtOnce, Process
from kubestellar_conformance.platforms.embedded.readiness import logged
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from tests.support import add_on_agent
from tests.support.embedded import a_run
from tests.support.enclosing import WITHOUT_NAMESPACES, needs_enclosure
from tests.support.servers import ApiServer

READY = r"ready: AppliedManifestWorks listed"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as made:
        yield made


def with_add_on(program: Path, cache: Path) -> Provisioned:
    """The one component, as ``--ks-component ocm-status-addon=<program>`` brings it."""
    override = parse_override(f"{status_agent.ADD_ON}={program}")
    return provision([status_agent.ADD_ON], [override], BuildCache(cache), Silent())


def site_of(folder: RunFolder, built: Provisioned, servers: dict[str, ApiServer]) -> Workbench:
    """A workbench whose spaces are these API servers; one serves both WECs."""
    served = {**servers, "cluster2": servers["cluster1"]}
    ports = {f"{name}/kube-apiserver": one.port for name, one in served.items()}
    workbench = Workbench(folder, Topology(), PortBlock(1, ports), Pki(folder.credentials), built)
    for name, one in served.items():
        workbench.admin_kubeconfig(name).parent.mkdir(parents=True, exist_ok=True)
        workbench.admin_kubeconfig(name).write_text(one.kubeconfig.read_text())
    return workbench


def wait_logged(process: Process, pattern: str) -> None:
    until = time.monotonic() + 120
    while not logged(process.log, 0, (pattern,)):
        assert process.state == "running", process.log_tail()
        assert time.monotonic() < until, process.log_tail()
        time.sleep(0.05)


@needs_enclosure
def test_an_agent_for_each_of_two_wecs(
    folder: RunFolder, tmp_path: Path, api_servers: dict[str, ApiServer]
) -> None:
    built = with_add_on(add_on_agent.executable(tmp_path), tmp_path / "cache")
    workbench = site_of(folder, built, api_servers)
    parts = [
        Process(folder, status_agent.agent(workbench, wec)) for wec in ("cluster1", "cluster2")
    ]
    for part in parts:
        part.start()
    for part in parts:
        wait_logged(part, READY)
    assert [part.state for part in parts] == ["running", "running"]
    parts[0].stop()
    parts[0].start()
    assert [part.state for part in parts] == ["running", "running"]


@needs_enclosure
def test_an_agent_that_exits_at_once_is_named(
    folder: RunFolder, tmp_path: Path, api_servers: dict[str, ApiServer]
) -> None:
    built = with_add_on(Path("/bin/false"), tmp_path / "cache")
    part = Process(folder, status_agent.agent(site_of(folder, built, api_servers), "cluster1"))
    with pytest.raises(ExitedAtOnce, match="cluster1/status-agent") as failed:
        part.start()
    assert failed.value.program == str(built[status_agent.ADD_ON].binary)


def test_the_played_agent_needs_kubeconfig(tmp_path: Path) -> None:
    # Else the tests above would not show that the platform gives it.
    program = add_on_agent.executable(tmp_path)
    env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    command = [str(program), "agent", "--hub-kubeconfig=f", "--cluster-name=c"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "KUBECONFIG" in done.stderr


@needs_enclosure
def test_a_machine_without_namespaces_is_refused_in_one_line(tmp_path: Path) -> None:
    program = add_on_agent.executable(tmp_path)
    script = (
        "from pathlib import Path; from tests.platforms.embedded import test_status_agent as t; "
        f"t.status_agent.check_add_on(t.with_add_on(Path({str(program)!r}), Path({str(tmp_path)!r})))"
    )
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": f"{root / 'lib'}:{root}"}
    command = [*WITHOUT_NAMESPACES, sys.executable, "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "kubestellar_conformance.errors.UserError: --ks-component ocm-status-addon: each of its "
        "agents listens on port 8443 of all addresses, so it has to run in a network namespace of "
        "its own, but here no network namespace can be made (limit of namespaces): leave it out, "
        "or run as root or where user namespaces are allowed"
    )


def test_without_the_add_on_no_namespace_is_asked_for(tmp_path: Path) -> None:
    status_agent.check_add_on(Provisioned({}))
    assert "the harness's own status reporter" in status_agent.which_reporter(Provisioned({}))
    built = with_add_on(Path("/bin/false"), tmp_path)
    assert status_agent.which_reporter(built).startswith("the OCM status add-on binary")
