"""``checker.run("kind", watches=155693)``: KubeStellar's prerequisite checker, on a machine whose
tools are the test's own.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import NotSupported
from kubestellar_conformance.story.programs import finished

_COLOURS: Final = re.compile(r"\033\[[0-9;]*m")
_OF_THE_MACHINE: Final = ("awk", "cat", "cut", "grep", "head", "sed", "which")
_SAYS: Final = {
    "docker": "Docker version {}, build 0000000",
    "kubectl": '    "gitVersion": "{}",',
    "kflex": "Kubeflex version: {}",
    "clusteradm": "client\tversion\t:{}",
    "helm": "{}",
    "kind": "kind {} go1.24.0 linux/amd64",
    "k3d": "k3d version {}",
    "argocd": "argocd: {}",
    "make": "GNU Make {}",
    "go": "go version go{} linux/amd64",
    "ko": "{}",
}
"""How each tool states its version, wherever the checker reads it."""
_SUITABLE: Final = {
    "docker": "27.2.1",
    "kubectl": "v1.34.4",
    "kflex": "v0.9.3",
    "clusteradm": "v1.0.0",
    "helm": "v3.16.4",
    "kind": "v0.30.0",
    "k3d": "v5.8.3",
    "argocd": "v2.14.2",
    "make": "4.4.1",
    "go": "1.24.0",
    "ko": "0.18.0",
}
_DOCKER: Final = """\
case "$*" in
  "run --rm busybox sysctl fs.inotify.max_user_watches") echo "$5 = {watches}";;
  "run --rm busybox sysctl fs.inotify.max_user_instances") echo "$5 = {instances}";;
  *) echo '{says}';;
esac
"""
_HELM: Final = """\
[ "$1" != show ] || {{ {shows}; exit; }}
echo '{says}'
"""
_REFUSED: Final = "Error: failed to authorize: 403 Forbidden"


@dataclass(frozen=True)
class Checked:
    """A run of the checker: its exit status, the lines that it ticks, and those that it crosses,
    without ticks, crosses and colours.
    """

    status: int
    ticked: tuple[str, ...]
    crossed: tuple[str, ...]

    @property
    def tools_ticked(self) -> list[str]:
        """The checker's names of the tools that it ticks, in its order."""
        return [line.partition(" (")[0] for line in self.ticked if line.endswith(")")]


class Checker:
    """Runs the release's prerequisite checker with a PATH of its own, in a folder of its own."""

    def __init__(self, script: Path, folder: Path) -> None:
        self._script, self._folder = script, folder

    def run(
        self,
        *arguments: str,
        versions: Mapping[str, str | None] | None = None,
        watches: int = 524288,
        instances: int = 512,
        fetches: bool = True,
    ) -> Checked:
        """Run it on a machine whose tools are all suitable, but for those in ``versions``; None
        means that the machine lacks the tool. ``watches`` and ``instances``: the limits of inotify;
        ``fetches``: whether helm can fetch public charts.
        """
        with tempfile.TemporaryDirectory(prefix="machine-", dir=self._folder) as name:
            folder = Path(name)
            for tool in _OF_THE_MACHINE:
                (folder / tool).symlink_to(_own(tool))
            _write(folder / "jq", "cat > /dev/null; echo v2.14.2\n")
            for tool, version in {**_SUITABLE, **(versions or {})}.items():
                if version is not None:
                    _write(folder / tool, _script(tool, version, watches, instances, fetches))
            environment = {"PATH": name, "HOME": name, "LC_ALL": "C.UTF-8"}
            argv: list[str | Path] = [_own("bash"), self._script, *arguments]
            done = finished(self._script.name, argv, env=environment, within="serving", cwd=folder)
        lines = [_COLOURS.sub("", line).strip() for line in done.output.splitlines()]
        return Checked(done.status, _after("✔ ", lines), _after("X ", lines))


def _own(tool: str) -> Path:
    found = shutil.which(tool)
    if found is None:
        raise NotSupported(f"the prerequisite checker needs {tool}, which this machine lacks")
    return Path(found).resolve() if tool == "bash" else Path(found)


def _script(tool: str, version: str, watches: int, instances: int, fetches: bool) -> str:
    says = _SAYS[tool].format(version)
    if tool == "docker":
        return _DOCKER.format(watches=watches, instances=instances, says=says)
    if tool == "helm":
        shows = "echo 'name: core-chart'" if fetches else f"echo '{_REFUSED}' >&2; exit 1"
        return _HELM.format(shows=shows, says=says)
    return f"echo '{says}'\n"


def _write(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}", "utf-8")
    path.chmod(0o755)


def _after(mark: str, lines: list[str]) -> tuple[str, ...]:
    return tuple(line.removeprefix(mark).strip() for line in lines if line.startswith(mark))
