"""Finds KubeStellar controllers whose goroutines wait for locks for ever, and restarts them.

A deadlocked controller runs, answers its probes and does nothing, so every test after it would fail
at the same hop. Its goroutines show it: the same ones wait for a lock in KubeStellar's own code now
and `APART` seconds later. They are looked at when a wait has failed.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.files import locked, write_private_json
from kubestellar_conformance.platforms.api import ComponentHandle
from kubestellar_conformance.platforms.goroutines import Waiter, waiters
from kubestellar_conformance.waiting.endpoint import Endpoints, address_in

APART: Final = 5.0
"""Seconds. No controller holds a lock for as long: it does so to read and write its own maps."""
AFTERWARDS: Final = 30.0
"""Seconds after the restart for which a failure still counts as met by the deadlock: the controller
reads everything anew.
"""
_DUMP: Final = "/debug/pprof/goroutine?debug=2"
_TIMEOUT: Final = 5.0
_SHOWN: Final = 3


class Deadlocks:
    """The deadlocks of one platform, noted in ``state``, a folder that the run's processes share.

    ``controllers`` lists the parts that serve their goroutines to this machine.
    """

    def __init__(self, controllers: Callable[[], Sequence[ComponentHandle]], state: Path) -> None:
        self._controllers, self._file = controllers, state / "deadlocks.json"

    def met_since(self, began: float) -> str | None:
        """In words, the deadlock that a failed wait has met which began then (seconds of the
        monotonic clock); None if it met none. Takes `APART` if a goroutine waits for a lock.
        """
        if (noted := self._noted_since(began)) is not None:
            return noted
        suspects = {part: found for part in self._controllers() if (found := self._waiting(part))}
        if suspects:
            time.sleep(APART)
        told = [
            self._note(part, still)
            for part, found in suspects.items()
            if (still := found & self._waiting(part))
        ]
        # A process beside this one may have noted it meanwhile, and restarted the controller.
        return told[0] if told else self._noted_since(began)

    def _noted_since(self, began: float) -> str | None:
        for note in self._notes().values():
            if note["until"] is None or note["until"] + AFTERWARDS > began:
                return str(note["text"])
        return None

    def any(self) -> bool:
        """Whether this run has noted a deadlock that nobody has ended."""
        return bool(self._going_on())

    def end(self) -> None:
        """Restart the controllers that are noted and still deadlocked."""
        if not (notes := self._going_on()):
            return
        parts = {part.name: part for part in self._controllers()}
        for name, note in notes.items():
            part = parts.get(name)
            if part and {one.goroutine for one in self._waiting(part)} & {*note["goroutines"]}:
                part.stop()
                part.start()
            self._change(name, {**note, "until": time.monotonic()})

    def _waiting(self, part: ComponentHandle) -> frozenset[Waiter]:
        if part.state != "running":
            return frozenset()
        address = partial(address_in, part.name, part.arguments)
        endpoints = Endpoints(part.name, address, lambda: None, _TIMEOUT)
        try:
            answer = endpoints.get("pprof", _DUMP)
        except (Deviation, HarnessError):
            return frozenset()  # an older one serves none
        return frozenset(waiters(answer.text))

    def _note(self, part: ComponentHandle, stuck: frozenset[Waiter]) -> str:
        ways = sorted({str(one) for one in stuck})
        text = f"{part.name} is deadlocked: {'; '.join(ways[:_SHOWN])}"
        if len(ways) > _SHOWN:
            text += f"; and {len(ways) - _SHOWN} more"
        self._change(
            part.name,
            {"text": text, "goroutines": [one.goroutine for one in stuck], "until": None},
        )
        return text

    def _going_on(self) -> dict[str, dict[str, Any]]:
        return {name: note for name, note in self._notes().items() if note["until"] is None}

    def _notes(self) -> dict[str, dict[str, Any]]:
        with contextlib.suppress(FileNotFoundError):
            notes: dict[str, dict[str, Any]] = json.loads(self._file.read_text())
            return notes
        return {}

    def _change(self, name: str, note: dict[str, Any]) -> None:
        with locked(self._file):
            write_private_json(self._file, {**self._notes(), name: note})
