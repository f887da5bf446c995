"""``kflex.ctx("--overwrite-existing-context", "wds1")``: KubeFlex's CLI, with a kubeconfig of the
test's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.access import read_yaml
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.files import write_private
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.story.kubeconfigs import kubeconfig_of
from kubestellar_conformance.story.programs import at_home, finished, last_line

_EXTENSION = "kflex-config-extension-name"


class Kflex:
    """Runs kflex with a home in ``folder``, whose kubeconfig has at first the hosting cluster's
    context alone.
    """

    def __init__(self, program: Path, folder: Path, host: Space) -> None:
        self._program, self._home = program, folder
        (folder / ".kube").mkdir(mode=0o700)
        self._file = write_private(folder / ".kube" / "config", kubeconfig_of(host).encode())

    def remember(self, key: str, context: str) -> None:
        """Put a context's name into the hidden state that kflex keeps in the kubeconfig."""
        state = {"data": {key: context}, "metadata": {"name": _EXTENSION}}
        extensions = [{"name": _EXTENSION, "extension": state}]
        changed = {**self._settings(), "preferences": {"extensions": extensions}}
        write_private(self._file, yaml.safe_dump(changed).encode())

    def ctx(self, *arguments: str) -> None:
        """Run `kflex ctx`. `Deviation` with its last line if it fails."""
        argv: list[str | Path] = [self._program, "ctx", *arguments]
        done = finished("kflex ctx", argv, env=at_home(self._home), within="recovery")
        if done.status != 0:
            raise Deviation(f"kflex ctx {' '.join(arguments)} fails: {last_line(done)}")

    @property
    def current(self) -> tuple[str, str]:
        """The current context, and the address of its cluster."""
        settings = self._settings()
        name = settings["current-context"]
        [context] = [one["context"] for one in settings["contexts"] if one["name"] == name]
        servers = {one["name"]: one["cluster"]["server"] for one in settings["clusters"]}
        return name, servers[context["cluster"]]

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = read_yaml(self._file)
        return settings
