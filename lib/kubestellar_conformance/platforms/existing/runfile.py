"""The file of a run on an existing installation, in its folder, for its other processes and for a
later clean-up.

Credentials are elsewhere and are removed when the run ends; this file has none and stays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.existing.installation import Installation

NAME = "existing.json"


@dataclass(frozen=True)
class RunFile:
    """``pid`` and ``created`` identify the process that owns the run; ``report`` has the findings
    of the preflight.
    """

    run: str
    pid: int
    created: int
    installation: Installation
    report: Mapping[str, Any]

    @classmethod
    def of(
        cls, run: str, owner: int, installation: Installation, report: Mapping[str, Any]
    ) -> RunFile:
        return cls(run, owner, pidfd.start_ticks(owner), installation, report)

    @property
    def goes_on(self) -> bool:
        """Whether another process owns the run and is alive."""
        return self.pid != os.getpid() and pidfd.alive(self.pid, self.created)

    def write(self, run_dir: Path) -> None:
        installation = json.loads(self.installation.to_json())
        write_private_json(run_dir / NAME, {**vars(self), "installation": installation})

    @classmethod
    def read(cls, run_dir: Path) -> RunFile | None:
        """The file in that folder; None if it is not the folder of such a run."""
        try:
            known = json.loads((run_dir / NAME).read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return cls(
            **{**known, "installation": Installation.from_json(json.dumps(known["installation"]))}
        )
