"""One component as a process, with the verbs of `ComponentHandle`.

The state of a process is in a file of the run folder, so that every process of a run (pytest-xdist
workers, the end of the session, a later clean-up) can use the verbs. The file states an intention
before it is carried out, so that a requested stop is never taken for a crash.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from kubestellar_conformance import paths
from kubestellar_conformance.diagnosis.excerpt import SCANNED, last_words
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.api import HALTED, ComponentState
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.flags import with_flags
from kubestellar_conformance.platforms.common.freezer import is_frozen
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.runs import RUN_MARKER
from kubestellar_conformance.platforms.embedded.exits import Exits, mishap
from kubestellar_conformance.platforms.embedded.probe import comes_through
from kubestellar_conformance.platforms.embedded.readiness import is_ready, logged, unlogged
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.outages import Outages
from kubestellar_conformance.waiting import contracts

LOG_SECONDS = 15.0
"""How long the log is waited for before a probe is asked instead; a slow machine takes longer."""
RESTART_PAUSE = 1.0
"""Seconds until a process that exits while it is ``starting`` is started again."""
_PANIC = r"^(panic|fatal error): "
# Children get these of the user's variables and no others, so that no foreign setting affects them.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


class ExitedAtOnce(Broken):
    """A component that exited before it was ready. ``program`` is the program that was started."""

    def __init__(self, message: str, program: str) -> None:
        super().__init__(message)
        self.program = program


class NotReady(Broken):
    """A component that runs and was not ready in time. ``program`` is what was started."""

    def __init__(self, message: str, program: str) -> None:
        super().__init__(message)
        self.program = program


class ProductExitedAtOnce(Deviation):
    """The same for a part of KubeStellar's own. ``panicked``: whether its log has Go's report of a
    crash.
    """

    def __init__(self, message: str, program: str, *, panicked: bool) -> None:
        super().__init__(message)
        self.program, self.panicked = program, panicked


class Mishap(Broken):
    """A component that exited before it was ready, and not by its own code: see `exits.mishap`."""


Identity = tuple[int, int]
"""The identity of a process: its pid and its start time."""


class Process(Outages):
    """A component handle backed by a process of this run."""

    def __init__(self, folder: RunFolder, spec: ProcessSpec) -> None:
        self.folder, self.spec = folder, spec
        self._file = folder.state / f"process-{spec.slug}.json"
        self._exits = Exits(folder.state / f"exit-{spec.slug}.json")
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()
        self._read: tuple[tuple[int, ...], dict[str, Any]] = (), {}

    @classmethod
    def named(cls, folder: RunFolder, name: str) -> Process:
        """The process of that name that any process of the run has started."""
        return cls.load(folder, folder.state / f"process-{name.replace('/', '-')}.json")

    @classmethod
    def load(cls, folder: RunFolder, file: Path) -> Process:
        """The process that a state file describes."""
        return cls(folder, ProcessSpec.from_json(json.loads(file.read_text())["spec"]))

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def product(self) -> bool:
        return self.spec.product

    @property
    def arguments(self) -> Sequence[str]:
        return self.spec.argv[1:]

    @property
    def changed(self) -> bool:
        return bool(self.known().get("own_arguments"))

    @property
    def log(self) -> Path:
        return self.folder.logs / f"{self.spec.slug}.log"

    def log_tail(self, lines: int = 10, since: int = 0) -> list[str]:
        """The last lines of the log, newest last, from the byte ``since`` on."""
        with contextlib.suppress(FileNotFoundError), self.log.open("rb") as file:
            begin = max(since, self.log.stat().st_size - 400 * (lines + 1))
            file.seek(begin)
            text = file.read().decode(errors="replace")
            # The first line may have begun before.
            whole = text.partition("\n")[2] if begin > since else text
            return (whole or text).splitlines()[-lines:]
        return []

    def known(self) -> dict[str, Any]:
        """The state file's content, {} before the first start. Not to be changed by the caller."""
        # Every event of a run makes every worker look at all parts, and the file seldom changes: a
        # new file takes the place of the old one then.
        with contextlib.suppress(FileNotFoundError):
            found = self._file.stat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            if version != self._read[0]:
                self._read = version, json.loads(self._file.read_text())
            return self._read[1]
        return {}

    def noted(self) -> tuple[Identity | None, ComponentState]:
        """Pid and start time of the process started last, and the state that the run intends:
        running, paused or stopped.

        Read at once, since another process of the run may start it anew between two reads.
        """
        known = self.known()
        return (known["pid"], known["created"]) if "pid" in known else None, known.get(
            "intended", "stopped"
        )

    def identity(self) -> Identity | None:
        return self.noted()[0]

    @property
    def state(self) -> ComponentState:
        identity, intended = self.noted()
        if identity is None or not pidfd.alive(*identity):
            return "stopped" if intended == "stopped" else "exited"
        if intended != "paused" and (pidfd.is_held(identity[0]) or is_frozen(identity[0])):
            return "halted"
        return intended if intended in ("paused", "starting") else "running"

    def _intend(self, state: ComponentState, **more: Any) -> None:
        write_private_json(
            self._file, {**self.known(), "spec": self.spec.to_json(), "intended": state, **more}
        )

    def launch(self, intended: Literal["running", "starting"] = "running") -> None:
        """Start the process without waiting until it is ready. A running one is left alone, a
        paused one is resumed, and one that is being stopped is waited for first.

        Between ``starting`` and `settle` its exit is not taken for a crash.
        """
        with self._lock:
            if self.noted()[1] == "stopped":
                self.settle()
            if self.state in ("paused", "halted"):
                self.resume()
            if self.state == "halted":  # no signal ends a debugger's hold, or thaws a cgroup
                raise Broken(f"{self.name} {HALTED}")
            if self.state in ("running", "starting"):
                return
            temporary = self.folder.temporary / self.spec.slug
            temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
            env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
            env |= {
                "HOME": str(temporary),
                "TMPDIR": str(temporary),
                RUN_MARKER: str(self.folder.root),
            }
            if self.spec.ready.file:  # of an earlier start
                Path(self.spec.ready.file).unlink(missing_ok=True)
            offset = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                try:
                    self._child = subprocess.Popen(
                        self.spec.argv,
                        env={**env, **self.spec.env},
                        cwd=temporary,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                except OSError as error:
                    if paths.mounted_noexec(Path(self.spec.argv[0])):
                        raise UserError(
                            f"{self.name}: {self.spec.argv[0]} is on a file system that is mounted "
                            "noexec: give a program elsewhere with its --ks-component"
                        ) from None
                    raise UserError(
                        f"{self.name}: {self.spec.argv[0]} cannot be run on this machine "
                        f"({error.strerror}): "
                        "give a program built for it, or leave out its --ks-component"
                    ) from None
            created = pidfd.start_ticks(self._child.pid)
            self._intend(
                intended, pid=self._child.pid, created=created, log_offset=offset, warning=""
            )

    def wait_ready(self, ready: Ready | None = None) -> None:
        """Wait until the process shows that it is ready (or as ready as ``ready`` requires).

        Raises `ExitedAtOnce`, `ProductExitedAtOnce` or `Mishap` if it exits before, `Broken` if it
        takes too long.
        """
        started = time.monotonic()
        ready = ready or self.spec.ready
        offset = self.known().get("log_offset", 0)
        while True:
            answered = is_ready(ready, self.log, offset) or self._probed(ready, started, offset)
            if self.state in ("stopped", "exited"):
                words = last_words(self.log_tail(SCANNED, offset), 2)
                last = " | ".join(line.strip() for line in words) or "(it logged nothing)"
                status = self._child.poll() if self._child else None
                cause = self.mishap
                told = (
                    f"{self.name} exited{'' if status is None else f' with status {status}'} "
                    f"{time.monotonic() - started:.1f} s after its start, before it was "
                    f"ready{cause and f': {cause}'}; its last lines: {last}"
                )
                if cause:
                    raise Mishap(told)
                if not self.product:
                    raise ExitedAtOnce(told, self.spec.program)
                panicked = logged(self.log, offset, (_PANIC,))
                raise ProductExitedAtOnce(told, self.spec.program, panicked=panicked)
            # This process lives, so the answer is its own, not that of an earlier owner of the
            # port.
            if answered:
                return
            if time.monotonic() - started > ready.timeout:
                if self.state == "halted":
                    raise Broken(f"{self.name} {HALTED}")
                last = " | ".join(self.log_tail(1))
                missing = [f"{line!r}" for line in unlogged(self.log, offset, ready.log)]
                waited = f": its log has no line with {', '.join(missing)}" if missing else ""
                probed = ", and a probe did not come through" if missing and ready.probe else ""
                raise NotReady(
                    f"{self.name} was not ready within {ready.timeout:.0f} s{waited}{probed}; "
                    f"its last line: {last}",
                    self.spec.program,
                )
            # A foreign process gives no event when it is ready. Only the start and the verbs get
            # here. The pause grows: each look costs the process that starts some time too.
            time.sleep(max(0.02, (time.monotonic() - started) / 50))

    def _probed(self, ready: Ready, started: float, offset: int) -> bool:
        """Whether it works though its log does not say so. Then `warning` says which line is
        missing.
        """
        if not ready.probe or time.monotonic() - started < LOG_SECONDS * contracts.factor:
            return False
        kubeconfig = self.folder.space_kubeconfig(self.name.partition("/")[0])
        if not is_ready(replace(ready, log=()), self.log, offset) or not comes_through(
            ready.probe, kubeconfig
        ):
            return False
        missing = ", ".join(f"{line!r}" for line in unlogged(self.log, offset, ready.log))
        if missing:
            self._intend(
                self.noted()[1],
                warning=f"{self.name}: its log has no line with {missing}, by which it is known to "
                f"be ready; a probe came through after {time.monotonic() - started:.0f} s, so the "
                "run continues",
            )
        return True

    @property
    def warning(self) -> str:
        """What was odd about its start, empty as a rule."""
        return str(self.known().get("warning") or "")

    def start(self, *, wait: bool = True) -> None:
        if wait and self.noted()[1] != "starting":
            self.launch()
            self.wait_ready()
        else:
            self.launch("starting")
            if wait:
                self.settle()

    def stop(self, *, wait: bool = True) -> None:
        with self._lock:
            self._intend("stopped")
            if (identity := self.identity()) is not None:
                pidfd.ask_to_end(identity, self.spec.grace)
            if wait:
                self.settle()

    def settle(self) -> None:
        identity, intended = self.noted()
        if intended == "starting":
            self._settle_start()
        elif intended == "stopped":
            left = pidfd.wait_ended([identity] if identity else [], self.spec.grace)
            if pidfd.end(left, grace=0):
                raise Broken(
                    f"{self.name} (pid {left[0][0]}) is still up after {self.spec.grace + 5:.0f} s"
                )
            self.reap()

    def _settle_start(self) -> None:
        deadline = time.monotonic() + contracts.seconds("restart")
        while True:
            try:
                self.wait_ready()
            except (ExitedAtOnce, ProductExitedAtOnce, Mishap) as problem:
                panicked = isinstance(problem, ProductExitedAtOnce) and problem.panicked
                if panicked or time.monotonic() > deadline:
                    self._intend("running")
                    raise
                time.sleep(RESTART_PAUSE)
                self.launch("starting")
            else:
                self._intend("running")
                return

    def forget(self) -> None:
        """Remove the state file of a stopped process. Its log stays."""
        self._file.unlink(missing_ok=True)

    def restart(self, **flags: str) -> None:
        self.stop()
        own = self.known().get("own_arguments") or self.arguments
        self.spec = replace(self.spec, argv=(self.spec.argv[0], *with_flags(own, flags)))
        self._intend("stopped", own_arguments=own if flags else None)
        self.start()

    def keep_flags(self) -> None:
        """Take the flags of the last `restart` for the part's own from now on."""
        self._intend("running", own_arguments=None)

    def pause(self) -> None:
        self._signal("paused", pidfd.hold)

    def resume(self) -> None:
        self._signal("running", partial(pidfd.send, number=signal.SIGCONT))

    def _signal(self, intended: ComponentState, send: Callable[[int, int], bool]) -> None:
        with self._lock:
            identity, before = self.noted()
            self._intend(intended)
            if identity is None or not send(*identity):
                self._intend(before)
                raise Broken(f"{self.name} is not running and cannot be {intended}")

    @property
    def mishap(self) -> str:
        identity = self.identity()
        if identity is None or self.state != "exited":
            return ""
        self.reap()
        lines = self.log_tail(SCANNED, self.known().get("log_offset", 0))
        return mishap(self._exits.status(identity), lines)

    def reap(self) -> None:
        """Collect the exit status if the process was a child of this one, and note it for all
        processes of the run unless it was asked to stop.
        """
        if self._child is None or (status := self._child.poll()) is None:
            return
        identity = self.identity()
        if identity and identity[0] == self._child.pid and self.state == "exited":
            self._exits.note(identity, status)
