"""The files of a run folder, and which of them hold credentials."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. ``credentials``, ``data`` and ``state`` are removed at the end; logs
    stay.
    """

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def kubeconfig(self) -> Path:
        """One file with every context under its documented name."""
        return self.root / "kubeconfig"

    @property
    def platform_file(self) -> Path:
        """Facts that another process needs to use the platform: spaces, ports, components."""
        return self.state / "platform.json"

    @property
    def starting_file(self) -> Path:
        """How far a start that is under way has come."""
        return self.state / "starting.json"

    @property
    def ports_file(self) -> Path:
        """The port of each part, for all processes of the run."""
        return self.state / "ports.json"

    @property
    def stop_command(self) -> str:
        """The command that stops a platform left up in this folder."""
        return f"make platform-stop RUN={shlex.quote(self.root.name)}"

    def space_kubeconfig(self, space: str) -> Path:
        """The administrator's kubeconfig for one space, with that one context."""
        return self.credentials / f"{space}.kubeconfig"

    def make(self) -> None:
        """Create the folders, readable by their owner alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.credentials, self.data, self.state, self.temporary):
            folder.mkdir(exist_ok=True, mode=0o700)
