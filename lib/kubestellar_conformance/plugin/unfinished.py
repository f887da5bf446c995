"""Keeps what is known of a run while it goes on, for the case that it is killed before it can write
its record. The process that owns the run does so, from the reports of all workers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from kubestellar_conformance.plugin.run import Run


class Unfinished:
    """The lines of the unfinished run (`SessionFolder.note`). A disk that is full is reported by
    whatever else is written to it, so errors are ignored here.
    """

    def __init__(self, run: Run, config: pytest.Config) -> None:
        self._run = run
        self._wanted = not config.option.collectonly
        self._begun = self._platform = False

    def collected(self) -> None:
        """Note the record before the first test, once; nothing if no test is a scenario."""
        record = self._run.record
        if self._wanted and not self._begun and record.selection.collected:
            self._begun = True
            content = record.to_dict(ended="", exit_status=None)
            # How many tests are left is known to whoever reads the lines.
            so_far = record.selection.why_partial(record.selection.collected)
            content["selection"]["why_partial"] = so_far
            self._note(record=content)

    def finished(self, nodeid: str) -> None:
        """Note the result of a test, and before the first one the platform."""
        if not self._begun:
            return
        if not self._platform and (platform := self._run.folder.started()) is not None:
            self._platform = True
            self._note(platform={"started": True, **platform})
        self._note(test=self._run.record.check(nodeid).to_dict())

    def _note(self, **line: Any) -> None:
        with suppress(OSError):
            self._run.folder.note(**self._run.scrubber.scrub(line))
