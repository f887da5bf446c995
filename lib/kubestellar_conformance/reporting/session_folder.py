"""The run's folder, through which the processes of one run agree on who starts the platform, and
share the outcome.

The first process that needs the platform starts it under a file lock and writes down the outcome,
which every other process reads. So a platform is started once, and a start that fails is tried once
and reported once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from kubestellar_conformance.files import claimed, locked, write_json, write_text
from kubestellar_conformance.reporting.conformance.build import conformance_report, report_text

FailureKind = Literal["usage", "deviates", "broken"]
_OVER = "over"
_BELONGING = "belonging.json"
RECORD = "run.json"
"""Name of the record in the report folder."""
CONFORMANCE = "conformance.yaml"
"""Name of the ConformanceReport there."""
UNFINISHED = "run.part.jsonl"
"""Name of what stands there while the run goes on, and after it was killed: a line each for the
record before the first test, for the platform, and for every finished test.
"""
PREVIOUS = {
    RECORD: "run.previous.json",
    CONFORMANCE: "conformance.previous.yaml",
    UNFINISHED: "run.part.previous.jsonl",
}
"""Names of an earlier run's files there, from the start of the next run on."""


@dataclass(frozen=True)
class RunFailure:
    """Why a run cannot continue.

    ``usage``: the user can change the cause (exit status 4). ``broken``: the user cannot (10).
    ``deviates``: the product itself is the cause (1). ``detail`` is for the report, not for the
    terminal.
    """

    kind: FailureKind
    message: str
    detail: str = ""


class SessionFolder:
    """The files of one run. Nothing is created before the first write."""

    def __init__(self, path: Path, report: Path) -> None:
        self.path = path
        self.report = report
        self._claim: IO[bytes] | None = None
        self._failure: RunFailure | None = None

    @property
    def apart(self) -> SessionFolder:
        """The same for the run's second platform, which the tests that need one alone have."""
        return SessionFolder(self.path / "apart", self.report)

    def claim(self) -> bool:
        """Make the folder this process's own while it lives, and remove the notes of an earlier
        run.

        Returns False, and changes nothing, if another live process has the folder.
        """
        self._claim = claimed(self.path / "run")
        if self._claim is None:
            return False
        for folder in (self.path, self.apart.path):
            for name in ("started.json", "start-failed.json", "collected.json", _BELONGING, _OVER):
                (folder / name).unlink(missing_ok=True)
            for lock in set(folder.glob("*.lock")) - {self.path / "run.lock"}:
                lock.unlink()  # an earlier run asked for it, not this one
        self._failure = None
        return True

    def put_aside(self) -> None:
        """Rename the record and the report of an earlier run, so that nobody takes them for this
        run's, which may be killed before it writes its own.
        """
        for name, previous in PREVIOUS.items():
            with suppress(FileNotFoundError):
                (self.report / name).replace(self.report / previous)

    def note(self, **line: Any) -> None:
        """Add a line to the record of the unfinished run. Raises `OSError`."""
        self.report.mkdir(parents=True, exist_ok=True)
        with (self.report / UNFINISHED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def write_record(self, content: dict[str, Any]) -> None:
        """Write this run's record, and the ConformanceReport made from it, in place of the record
        of the unfinished run. Raises `OSError`.
        """
        write_json(self.report / RECORD, content)
        write_text(self.report / CONFORMANCE, report_text(conformance_report(content)))
        (self.report / UNFINISHED).unlink(missing_ok=True)

    @contextmanager
    def locked(self, name: str, *, shared: bool = False) -> Iterator[None]:
        """Hold one of the run's locks; waits in the kernel. The lock is free when the process
        exits, at the latest.
        """
        with locked(self.path / name, shared=shared):
            yield

    def used(self, name: str) -> bool:
        """Whether any process has asked for that lock."""
        return (self.path / f"{name}.lock").exists()

    def free_within(self, name: str, seconds: float) -> bool:
        """Whether the lock comes free in that time. Needs no signal, so it works in a signal
        handler too.
        """
        free = threading.Event()

        def wait() -> None:
            with self.locked(name):
                free.set()

        threading.Thread(target=wait, name=f"lock {name}", daemon=True).start()
        return free.wait(seconds)

    def started(self) -> dict[str, Any] | None:
        """The platform's record, if a process of this run has started it."""
        return self._read("started.json")

    def has_started(self, record: dict[str, Any]) -> None:
        """Write down that the platform is up."""
        self._write("started.json", record)

    def failure(self) -> RunFailure | None:
        """Why the run cannot continue, if a process has noted a reason."""
        if self._failure is not None:
            return self._failure
        content = self._read("start-failed.json")
        return RunFailure(**content) if content is not None else None

    def has_failed(self, failure: RunFailure) -> None:
        """Write down why the run cannot continue; the first reason stays.

        Where nothing can be written, this process alone knows it.
        """
        if self.failure() is None:
            self._failure = failure
            with suppress(OSError):
                self._write("start-failed.json", asdict(failure))

    def is_over(self) -> bool:
        """Whether the run has ended or was interrupted; then no process may start anything."""
        return (self.path / _OVER).exists()

    def set_over(self) -> None:
        """Write down that the run has ended or was interrupted. Call it before another process can
        get the lock.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / _OVER).touch()

    def has_collected(self, tests: dict[str, list[str]]) -> None:
        """Write down the scenarios that were collected, and the promises of each."""
        self._write("collected.json", tests)

    def collected(self) -> dict[str, list[str]]:
        """The scenarios that `has_collected` wrote, in any process; empty before."""
        return self._read("collected.json") or {}

    def belong(self, tests: dict[str, str]) -> None:
        """Write down which tests a worker must run in one piece: the name of the piece, by test."""
        self._write(_BELONGING, tests)

    def belonging(self) -> dict[str, str]:
        """What `belong` wrote, in any process; empty before."""
        return self._read(_BELONGING) or {}

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return content

    def _write(self, name: str, content: dict[str, Any]) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.path / name, content)
