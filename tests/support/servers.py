"""Real API servers for the harness's own tests: one etcd, and a kube-apiserver for each space that
a test needs.

Nothing else runs, so no controller interferes: what KubeStellar and OCM would write, a test writes
by hand.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import trustme
import yaml

from kubestellar_conformance.platforms.embedded import watch_caches
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.spaces import Refused, Space, UnknownKind, Unreachable
from kubestellar_conformance.spaces.refs import CRD, Kind, Obj
from kubestellar_conformance.spaces.space import Role

READY_SECONDS = 180.0
_twins = itertools.count(1)
_held: list[socket.socket] = []
NAMED: dict[str, tuple[Role, tuple[str, ...]]] = {
    "its1": ("its", ("ocm-hub", "workstatus")),
    "wds1": ("wds", ("kubestellar",)),
    "cluster1": ("wec", ("ocm-wec",)),
}
"""The spaces: role, and the groups of CRDs that the space has."""


def free_port() -> int:
    """A port where nobody listens, nor will: this process holds it."""
    _held.append(probe := socket.socket())
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    return port


class Certificates:
    """A CA, a server certificate and an administrator's, as files."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        admin = authority.issue_cert(
            "admin", common_name="admin", organization_name="system:masters"
        )
        self.ca, self.server, self.server_key = (
            folder / "ca.pem",
            folder / "server.pem",
            folder / "server.key",
        )
        self.admin, self.admin_key = folder / "admin.pem", folder / "admin.key"
        authority.cert_pem.write_to_path(self.ca)
        for issued, certificate, key in (
            (server, self.server, self.server_key),
            (admin, self.admin, self.admin_key),
        ):
            issued.cert_chain_pems[0].write_to_path(certificate)
            issued.private_key_pem.write_to_path(key)


def _die_with_the_tests() -> None:
    """In the child, before it becomes the program: end with the parent, even if that is killed
    (prctl's PDEATHSIG).
    """
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Process:
    """A child with a log file, always ended by `kill`."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command, self.log = command, log
        self.start()

    def start(self) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self._command,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=self.log.parent,
                start_new_session=True,
                preexec_fn=_die_with_the_tests,
            )

    def kill(self) -> None:
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.kill()
        self.child.wait()


class ApiServer:
    """One kube-apiserver; ``kubeconfig`` has one context, named like the space."""

    def __init__(
        self,
        name: str,
        block: PortBlock,
        binary: Path,
        etcd: str,
        certificates: Certificates,
        folder: Path,
    ) -> None:
        self.name, self.port = name, block[f"{folder}/{name}"]
        self._parts = (block, binary, etcd, certificates, folder)
        self.server = f"https://127.0.0.1:{self.port}"
        self.kubeconfig = folder / f"{name}.kubeconfig"
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": name,
                    "clusters": [
                        {
                            "name": name,
                            "cluster": {
                                "server": self.server,
                                "certificate-authority": str(certificates.ca),
                            },
                        }
                    ],
                    "users": [
                        {
                            "name": "admin",
                            "user": {
                                "client-certificate": str(certificates.admin),
                                "client-key": str(certificates.admin_key),
                            },
                        }
                    ],
                    "contexts": [{"name": name, "context": {"cluster": name, "user": "admin"}}],
                }
            )
        )
        self._process = Process(
            [
                str(binary),
                f"--etcd-servers={etcd}",
                f"--etcd-prefix=/{name}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.port}",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.96.0.0/16",
                f"--tls-cert-file={certificates.server}",
                f"--tls-private-key-file={certificates.server_key}",
                f"--client-ca-file={certificates.ca}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={certificates.server_key}",
                f"--service-account-signing-key-file={certificates.server_key}",
                "--authorization-mode=RBAC",
                "--enable-priority-and-fairness=false",
                "--profiling=false",
                f"--cert-dir={folder / name}",
                "--disable-admission-plugins=ServiceAccount",
                watch_caches.flag(),
                "--etcd-count-metric-poll-period=0",
            ],
            folder / f"{name}.log",
        )
        self._space = Space(name, NAMED.get(name, ("host", ()))[0], self.kubeconfig)

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()

    def start(self) -> None:
        self._process.start()
        self.wait_ready()
        established(self._space)  # the kinds of CRDs are served a moment after it is ready

    def twin(self) -> ApiServer:
        """Another API server on the same data, ready to be used."""
        block, binary, etcd, certificates, folder = self._parts
        beside = folder / f"twin-{next(_twins)}"
        beside.mkdir()
        other = ApiServer(self.name, block, binary, etcd, certificates, beside)
        other.wait_ready()
        return other

    def pause(self) -> None:
        self._process.child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.child.send_signal(signal.SIGCONT)

    def wait_ready(self) -> None:
        """Until it has its namespaces; fails with the end of its log."""
        deadline = time.monotonic() + READY_SECONDS
        while self._space.client.unreachable() or not self._ready():
            if time.monotonic() > deadline or self._process.child.poll() is not None:
                pytest.fail(f"{self.name} did not come up: {self._process.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            return any(
                one["metadata"]["name"] == "default" for one in self._space.list("v1/Namespace")
            )
        except Unreachable:  # it answers "too many requests" while its watch cache is not ready
            return False


def established(space: Space) -> None:
    """Until every CRD is served; a test's set-up may look again and again where no harness is there
    to watch.
    """
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            crds = space.list(CRD)
            waiting = [one["metadata"]["name"] for one in crds if not is_served(space, one)]
        except Unreachable as problem:
            waiting = [str(problem)]
        if not waiting:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"not served in {space.name}: {waiting}")
        time.sleep(0.05)


def is_served(space: Space, crd: Obj) -> bool:
    """It is served a moment after it is established, and its list a moment after that."""
    if "deletionTimestamp" in crd["metadata"]:
        return True  # nobody waits for it
    if not says_established(crd):
        return False
    spec = crd["spec"]
    try:
        for version in [one["name"] for one in spec["versions"] if one["served"]]:
            space.list(Kind(spec["group"], version, spec["names"]["kind"]))
    except (Refused, UnknownKind, Unreachable):
        return False
    return True


def says_established(crd: Obj) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
