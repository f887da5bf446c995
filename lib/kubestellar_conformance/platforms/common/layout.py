"""Where things lie in a run folder, and which part of it holds credentials."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read (mode 0600), whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # half a credential would outlive the run
        raise
    return path


def write_json(path: Path, content: Any) -> Path:
    """Write JSON with mode 0600, whole or not at all."""
    return write_private(path, json.dumps(content, indent=1))


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
        """What another process needs to use the platform: spaces, ports, components."""
        return self.state / "platform.json"

    @property
    def ports_file(self) -> Path:
        """Which port each part has, for all processes of the run."""
        return self.state / "ports.json"

    def space_kubeconfig(self, space: str) -> Path:
        """The administrator's kubeconfig for one space, with that one context."""
        return self.credentials / f"{space}.kubeconfig"

    def make(self) -> None:
        """Create the folders, readable by their owner alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.credentials, self.data, self.state, self.temporary):
            folder.mkdir(exist_ok=True, mode=0o700)
