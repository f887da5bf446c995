"""The kind clusters of a run: makes them by pytest-kind's `KindCluster` with our own programs,
loads images, and deletes them.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.components.process import launcher, run
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.files import locked, write_private, write_private_json
from kubestellar_conformance.images import Image
from kubestellar_conformance.platforms.common.kubeconfigs import renamed
from kubestellar_conformance.platforms.kind.docker import address, docker

CONFIG = {
    "kind": "Cluster",
    "apiVersion": "kind.x-k8s.io/v1alpha4",
    # Both are for the policy in a WEC that keeps its pods from pulling from a registry.
    "featureGates": {"MutatingAdmissionPolicy": True},
    "runtimeConfig": {"admissionregistration.k8s.io/v1beta1": "true"},
}
_MADE = "clusters.json"


def node(cluster: str) -> str:
    """The container of a cluster's one node."""
    return f"{cluster}-control-plane"


class Clusters:
    """The clusters that a run makes. Their names are written down before, so that any process can
    delete them.
    """

    def __init__(self, kind: Path, kubectl: Path, folder: Path, logs: Path) -> None:
        self._kind, self._kubectl, self._folder, self._logs = kind, kubectl, folder, logs

    @staticmethod
    def existing() -> list[str]:
        """Names of all kind clusters of the engine, by the label that their nodes carry."""
        label = "io.x-k8s.kind.cluster"
        return docker(
            "ps", "--all", f"--filter=label={label}", "--format", f'{{{{.Label "{label}"}}}}'
        ).split()

    def claim(self, names: Sequence[str]) -> None:
        """Note that this run is about to make these clusters, beside those that it made before."""
        file = self._folder / _MADE
        with locked(file):
            made = _read(file)
            if made is None:
                networks = docker("network", "ls", "--format", "{{.Name}}").split()
                made = {"names": [], "network": "kind" not in networks, "kind": str(self._kind)}
            write_private_json(file, {**made, "names": [*dict.fromkeys([*made["names"], *names])]})

    def create(self, name: str, image: str, etcd_tag: str, kubeconfig: Path, context: str) -> None:
        """Make a cluster and write a kubeconfig with that one context. `Broken` with kind's last
        lines if it fails.
        """
        from pytest_kind import KindCluster

        settings = {"kind": "ClusterConfiguration", "etcd": {"local": {"imageTag": etcd_tag}}}
        config = {**CONFIG, "kubeadmConfigPatches": [yaml.safe_dump(settings)]}
        file = write_private(self._folder / f"{name}.yaml", yaml.safe_dump(config))
        write_private(kubeconfig, "")
        cluster = KindCluster(
            name,
            kubeconfig=kubeconfig,
            image=image,
            kind_path=self._quiet(name),
            kubectl_path=self._kubectl,
        )
        try:
            cluster.create(file)
        except subprocess.CalledProcessError:
            raise Broken(f"kind could not create cluster {name}: {self.last_lines(name)}") from None
        finally:
            shutil.rmtree(cluster.path, ignore_errors=True)
            with contextlib.suppress(OSError):
                cluster.path.parent.rmdir()
        write_private(kubeconfig, renamed(kubeconfig.read_text(), context))

    def _quiet(self, name: str) -> Path:
        """A script that runs kind with its output in the run's logs, which `KindCluster` would
        print on the terminal.

        It ends with this process, like all that `run` starts.
        """
        log = shlex.quote(str(self._log(name)))
        call = f'exec {shlex.join([*launcher(), str(self._kind)])} "$@"'
        lines = [
            "#!/bin/sh",
            f'[ "$1" = create ] && {call} --wait=120s >>{log} 2>&1',
            f"{call} 2>>{log}",
            "",
        ]
        text = write_private(self._folder / f"kind-{name}.sh", "\n".join(lines))
        # Copied by another process: had this one written the script itself, a process that another
        # thread forks meanwhile would hold it open for a moment, and it could not be run ("Text
        # file busy").
        path = self._folder / f"kind-{name}"
        subprocess.run(["install", "--mode=700", text, path], check=True)
        return path

    def _log(self, name: str) -> Path:
        return self._logs / f"kind-{name}.log"

    def last_lines(self, name: str) -> str:
        """The last lines of kind's log about a cluster."""
        log = self._log(name)
        return (
            " | ".join(log.read_text(errors="replace").splitlines()[-4:])
            if log.exists()
            else "nothing"
        )

    def load(self, name: str, images: Sequence[Image]) -> None:
        """Put images into a cluster's node."""
        argv = [
            str(self._kind),
            "load",
            "image-archive",
            "--name",
            name,
            *(str(image.archive) for image in images),
        ]
        done = run(argv)
        if done.status != 0:
            raise Broken(
                f"images could not be loaded into cluster {name}: {done.stderr.strip()[-400:]}"
            )

    def address(self, name: str) -> str:
        return address(node(name))

    @staticmethod
    def made(folder: Path) -> bool:
        """Whether the run of that state folder has clusters of its own."""
        return (folder / _MADE).exists()

    @staticmethod
    def delete(folder: Path, *, forget: bool = True) -> list[str]:
        """Delete the clusters that the run of that state folder made, and return their names. Does
        nothing if it made none.

        Without ``forget`` it can be called again, for clusters that were still being made.
        """
        file = folder / _MADE
        if (made := _read(file)) is None:
            return []
        names: list[str] = made["names"]
        for name in names:
            _delete(made["kind"], name, folder)
        if forget:
            if made["network"]:
                with contextlib.suppress(Broken):  # it holds another run's cluster by now
                    docker("network", "rm", "kind")
            file.unlink()
        return names

    @staticmethod
    def delete_one(folder: Path, name: str) -> None:
        """Delete one of them, and forget it. Does nothing if the run of that state folder did not
        make it.
        """
        file = folder / _MADE
        made = _read(file)
        if made is None or name not in made["names"]:
            return
        _delete(made["kind"], name, folder)
        with locked(file):
            if (made := _read(file)) is not None:
                write_private_json(
                    file, {**made, "names": [one for one in made["names"] if one != name]}
                )


def _read(file: Path) -> dict[str, Any] | None:
    """The clusters that a run made, ``None`` if it made none."""
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    return found


def _delete(kind: str, name: str, folder: Path) -> None:
    argv = [kind, "delete", "cluster", "--name", name, "--kubeconfig", str(folder / "unused")]
    done = run(argv)
    if done.status != 0:
        raise Broken(f"cluster {name} could not be deleted: {done.stderr.strip()[-400:]}")
