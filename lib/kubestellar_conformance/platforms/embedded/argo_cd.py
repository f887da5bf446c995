"""Argo CD beside the hosting cluster, as processes: application controller, repo server, API server
without its pages, and a Redis.

A test module asks for it, and one module has it at a time. It is installed and configured as
KubeStellar's page "Install ArgoCD for delivery to a WDS" says, but for the addresses: its objects
are in the namespace ``argocd`` of the hosting cluster, its CLI adds the WDS.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

import urllib3

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.components.process import run
from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.api import ArgoAddress
from kubestellar_conformance.platforms.common.kubeconfigs import address
from kubestellar_conformance.platforms.embedded import argo_cd_objects, enclosure
from kubestellar_conformance.platforms.embedded.argo_cd_parts import HERE, NAMES, ArgoCdParts
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.workbench import Workbench

_SECONDS: Final = 120.0  # for one command of the CLI


def obstacle() -> str:
    """Why Argo CD cannot run on this machine; empty if it can."""
    if shutil.which("git") is None:
        return "Argo CD reads its applications with git, and there is no git on PATH"
    if hindered := enclosure.obstacle():
        return (
            "Argo CD's application controller serves its metrics on all addresses, so it has to "
            f"run in a network namespace of its own, but here {hindered}"
        )
    return ""


class ArgoCd:
    """The Argo CD of one platform. ``processes`` is the platform's own list of parts, which this
    class keeps up to date.
    """

    def __init__(self, workbench: Workbench, processes: dict[str, Process]) -> None:
        self._workbench, self._processes = workbench, processes
        folder = workbench.folder
        self._state = folder.state / "argo-cd.json"
        self._settings = folder.credentials / "argocd-cli.json"

    def start(self, wds: str, built: Provisioned) -> ArgoAddress:
        """Start it and add that WDS to it. One that a killed process left running ends first."""
        if reason := obstacle():
            raise NotSupported(reason)
        self.stop()
        write_private_json(self._state, {"wds": wds})
        try:
            self._install(wds, built)
        except BaseException:
            self.stop()
            raise
        destination = address(self._workbench.port(wds))
        return ArgoAddress(built["argo-cd"].binary, self._settings, destination)

    def stop(self) -> None:
        """Stop it and delete its objects, if it was started."""
        if self._state.exists():
            self._end(json.loads(self._state.read_text())["wds"])
            self._state.unlink()

    # Start and stop.

    def _install(self, wds: str, built: Provisioned) -> None:
        host = self._workbench.rest(self._workbench.topology.host)
        argo_cd_objects.install(host, built, self._workbench.pki)
        parts = ArgoCdParts(self._workbench, built)
        *servers, controller = parts.specs(wds)
        for process in [self._launched(spec) for spec in servers]:
            process.wait_ready()
        self._launched(controller).wait_ready()  # it looks once for what the API server makes
        program = built["argo-cd"].binary
        write_private_json(self._settings, self._log_in(parts, argo_cd_objects.password(host)))
        self._add_cluster(program, parts.home, wds)

    def _launched(self, spec: ProcessSpec) -> Process:
        process = Process(self._workbench.folder, spec)
        self._processes[spec.name] = process
        process.launch()
        return process

    def _end(self, wds: str) -> None:
        for name in reversed(NAMES):
            with contextlib.suppress(FileNotFoundError):  # a start that failed made only some
                process = Process.named(self._workbench.folder, name)
                process.stop()
                process.forget()
            self._processes.pop(name, None)
        self._settings.unlink(missing_ok=True)
        workbench, topology = self._workbench, self._workbench.topology
        argo_cd_objects.remove_from_host(workbench.rest(topology.host))
        if wds in topology.wdses:  # not if it was removed, or belonged to a killed process
            argo_cd_objects.remove_from_wds(workbench.rest(wds))
        workbench.ports.release("argocd")

    # The command line.

    def _log_in(self, parts: ArgoCdParts, password: str) -> dict[str, Any]:
        """The settings of the CLI after ``argocd login --insecure``. The password goes by the API
        that the CLI uses, since all users of a machine may read a command line.
        """
        server = f"{HERE}:{parts.port('server')}"
        pool = urllib3.PoolManager(ca_certs=str(self._workbench.pki.ca), retries=False)
        url, body = f"https://{server}/api/v1/session", {"username": "admin", "password": password}
        try:
            answer = pool.request("POST", url, json=body, timeout=20)
        except urllib3.exceptions.HTTPError as error:
            raise Broken(f"Argo CD's API server does not answer a login: {error}") from None
        if answer.status != 200:
            raise Broken(f"Argo CD's API server refuses the login of admin with {answer.status}")
        token = json.loads(answer.data)["token"]
        return {
            "current-context": server,
            "contexts": [{"name": server, "server": server, "user": server}],
            "servers": [{"server": server, "insecure": True, "grpc-web-root-path": ""}],
            "users": [{"name": server, "auth-token": token}],
        }

    def _add_cluster(self, program: Path, folder: Path, wds: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        home = str(folder)
        done = run(
            [
                program,
                f"--config={self._settings}",
                "cluster",
                "add",
                wds,
                f"--kubeconfig={self._workbench.admin_kubeconfig(wds)}",
                "--yes",
                "--upsert",
            ],
            env={"HOME": home, "TMPDIR": home, "ARGOCD_BINARY_NAME": "argocd"},
            seconds=_SECONDS,
        )
        if done.status != 0:
            last = next(iter(done.output.splitlines()[-1:]), f"status {done.status}")
            raise Broken(f"argocd cluster add {wds} fails: {last}")
