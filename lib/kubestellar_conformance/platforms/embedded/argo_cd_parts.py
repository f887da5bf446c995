"""The processes of Argo CD: what each is told, and where it listens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.platforms.embedded import argo_cd_objects, enclosure
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench

HERE: Final = "127.0.0.1"
NAMES: Final = tuple(
    f"argocd/argocd-{part}" for part in ("redis", "repo-server", "server", "application-controller")
)
"""The parts, in the order of their start."""


class ArgoCdParts:
    """The parts of one Argo CD. ``home`` is the folder of settings that they share."""

    def __init__(self, workbench: Workbench, built: Provisioned) -> None:
        self._workbench, self._built = workbench, built
        self.home = workbench.folder.temporary / "argocd"
        self._redis = f"{HERE}:{self.port('redis')}"
        self._password = {"REDIS_PASSWORD": secrets.token_hex(16)}

    def specs(self, wds: str) -> Sequence[ProcessSpec]:
        """The parts that deliver to a WDS, in the order of their start. The application controller
        looks only once for what the API server makes.
        """
        redis = ProcessSpec(
            name=NAMES[0],
            argv=(str(self._built["miniredis"].binary), f"--listen={self._redis}"),
            env=self._password,
            ready=Ready(log=("listening on",)),
            grace=0,
        )
        return redis, self._repo_server(), self._server(), self._controller(wds)

    def _repo_server(self) -> ProcessSpec:
        ready = Ready(http=f"http://{HERE}:{self.port('repo-server-metrics')}/healthz")
        return self._part(NAMES[1], self._listening("repo-server"), ready)

    def _server(self) -> ProcessSpec:
        ready = Ready(https=f"https://{HERE}:{self.port('server')}/healthz")
        flags = (*self._listening("server"), *self._reaching_the_rest())
        return self._part(NAMES[2], flags, ready)

    def _controller(self, wds: str) -> ProcessSpec:
        """The application controller, enclosed, because nothing may listen beyond loopback."""
        workbench = self._workbench
        spec = self._part(NAMES[3], self._reaching_the_rest(), Ready())
        host = workbench.topology.host
        ports = {workbench.port(host), workbench.port(wds)}
        ports |= {self.port("redis"), self.port("repo-server")}
        reached = workbench.folder.temporary / "argocd-application-controller.reached"
        return replace(
            spec,
            argv=enclosure.enclosed(spec.argv, sorted(ports), reached),
            ready=Ready(file=str(reached)),
            wrapped=spec.argv[0],
        )

    def _part(self, name: str, flags: Sequence[str], ready: Ready) -> ProcessSpec:
        """A part of Argo CD's own. Its one program is told by the environment which part it is."""
        env = {
            "ARGOCD_BINARY_NAME": name.partition("/")[2],
            "ARGOCD_APP_CONF_PATH": str(self.home),
            "ARGOCD_TLS_DATA_PATH": str(self.home / "tls"),
            "ARGOCD_SSH_DATA_PATH": str(self.home / "ssh"),
            "ARGOCD_GNUPGHOME": str(self.home / "gpg"),
            "ARGOCD_GPG_ENABLED": "false",
            **self._password,
        }
        return ProcessSpec(
            name=name,
            argv=(str(self._built["argo-cd"].binary), f"--redis={self._redis}", *flags),
            env=env,
            ready=ready,
            grace=0.5,
        )

    def _listening(self, part: str) -> Sequence[str]:
        return (
            f"--address={HERE}",
            f"--port={self.port(part)}",
            f"--metrics-address={HERE}",
            f"--metrics-port={self.port(f'{part}-metrics')}",
        )

    def _reaching_the_rest(self) -> Sequence[str]:
        host = self._workbench.topology.host
        return (
            f"--repo-server={HERE}:{self.port('repo-server')}",
            f"--kubeconfig={self._workbench.admin_kubeconfig(host)}",
            f"--namespace={argo_cd_objects.NAMESPACE}",
        )

    def port(self, part: str) -> int:
        """The port on which a part listens."""
        return self._workbench.ports[f"argocd/{part}"]
