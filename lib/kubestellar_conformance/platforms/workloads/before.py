"""The original state of each part that a run changed: one file per part, in the run's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubestellar_conformance.files import write_private

_FOLDER = "stopped"


class Before:
    """The original state of one part.

    The first value noted for a name stays until it is forgotten.
    """

    def __init__(self, run_dir: Path, part: str) -> None:
        self._part, self._file = part, run_dir / _FOLDER / f"{part.replace('/', '-')}.json"

    def known(self) -> dict[str, Any]:
        """Everything noted and not forgotten; empty if the part is in its original state."""
        try:
            content: dict[str, Any] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return content

    def note(self, **facts: Any) -> None:
        """Note the original state; to be called before the part is changed."""
        write_private(self._file, json.dumps({**facts, **self.known(), "part": self._part}))

    def forget(self, *names: str) -> None:
        """These values have been restored."""
        left = {name: value for name, value in self.known().items() if name not in (*names, "part")}
        if left:
            write_private(self._file, json.dumps({**left, "part": self._part}))
        else:
            self._file.unlink(missing_ok=True)


def altered_parts(run_dir: Path) -> list[str]:
    """Names of the parts that this run has stopped or given other arguments, and not restored."""
    return [
        json.loads(file.read_text())["part"] for file in sorted((run_dir / _FOLDER).glob("*.json"))
    ]
