"""The part that reports a WEC's status to the ITS: the harness's own reporter, or the agent of the
OCM status add-on if the user gives one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.embedded import enclosure
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench

ADD_ON = "ocm-status-addon"


def which_reporter(built: Provisioned) -> str:
    """The part that reports status, for the run's record."""
    if ADD_ON in built:
        return f"the OCM status add-on {built[ADD_ON].version}"
    return (
        "the harness's own status reporter, standing in for the OCM status add-on "
        "(--ks-component ocm-status-addon=... uses the real one)"
    )


def check_add_on(built: Provisioned) -> None:
    """Raise `UserError` if the user gives an OCM status add-on and this machine cannot run it."""
    if ADD_ON in built and (obstacle := enclosure.obstacle()):
        raise UserError(
            f"--ks-component {ADD_ON}: each of its agents listens on port 8443 of all addresses, "
            f"so it has to run in a network namespace of its own, but here {obstacle}: leave it "
            "out, or run as root or where user namespaces are allowed"
        )


def agent(workbench: Workbench, wec: str) -> ProcessSpec:
    """The agent of the OCM status add-on if the user gives one, else the harness's stand-in."""
    return _add_on_agent(workbench, wec) if ADD_ON in workbench.built else _reporter(workbench, wec)


def _add_on_agent(workbench: Workbench, wec: str) -> ProcessSpec:
    """The agent, enclosed, because nothing may listen beyond loopback. So its other addresses may
    be fixed.
    """
    its, binary = workbench.topology.wecs[wec], workbench.binary(ADD_ON)
    program = (
        binary,
        "agent",
        f"--hub-kubeconfig={workbench.admin_kubeconfig(its)}",
        f"--cluster-name={wec}",
        "--metrics-bind-addr=127.0.0.1:8080",
        "--health-probe-bind-address=127.0.0.1:8081",
        "--pprof-bind-addr=127.0.0.1:8082",
    )
    reached = workbench.folder.temporary / f"status-agent-{wec}.reached"
    return ProcessSpec(
        name=f"{wec}/status-agent",
        argv=enclosure.enclosed(program, [workbench.port(wec), workbench.port(its)], reached),
        env={"KUBECONFIG": str(workbench.admin_kubeconfig(wec))},  # it has no option for the WEC's
        ready=Ready(file=str(reached)),
        grace=0.5,
        wrapped=binary,
    )


def _reporter(workbench: Workbench, wec: str) -> ProcessSpec:
    its, ready = (
        workbench.topology.wecs[wec],
        workbench.folder.temporary / f"status-agent-{wec}.ready",
    )
    return ProcessSpec(
        name=f"{wec}/status-agent",
        argv=(
            sys.executable,
            "-m",
            "kubestellar_conformance.status_reporter",
            "--wec-kubeconfig",
            str(workbench.admin_kubeconfig(wec)),
            "--its-kubeconfig",
            str(workbench.admin_kubeconfig(its)),
            "--cluster-name",
            wec,
            "--ready-file",
            str(ready),
        ),
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PYTHONUNBUFFERED": "1"},
        ready=Ready(file=str(ready)),
        grace=0.5,
    )
