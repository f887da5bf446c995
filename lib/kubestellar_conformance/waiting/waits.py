"""The verbs: `eventually` waits until a condition holds, `stays` and `hold` check that a condition
continues to hold.

A waiting test sleeps until an event wakes it. Conditions are judged in the feeds' threads (see
`observation`), so a violation of only a moment is seen too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from typing import Final

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope, Walk
from kubestellar_conformance.conditions.objects import contains
from kubestellar_conformance.conditions.status import condition_of
from kubestellar_conformance.errors import Broken, Deviation, HarnessError, UserError
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.spaces.verbs import ContractName, Status, Subject
from kubestellar_conformance.waiting.contracts import Contracts, Outcome, Use, contracts
from kubestellar_conformance.waiting.marker import Markers
from kubestellar_conformance.waiting.messages import WaitRecord, failure, unreliable
from kubestellar_conformance.waiting.observation import Observation

MARKER_CONTRACT: Final = "downsync"
SETTLE_CONTRACT: Final = "restart"
FIRST_LISTING_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 1.0
"""How often a wait without events asks whether a part has crashed: the process that starts a part
reports its crash at once, the others have to look.
"""


class Waiting:
    """Gives a `System` its waiting verbs. `told` lists every wait, also one that passed."""

    def __init__(self, system: System, terms: Contracts = contracts) -> None:
        self._system = system
        self._terms = terms
        self._markers = Markers()
        self._told: list[WaitRecord] = []
        self.listeners: list[Callable[[WaitRecord], None]] = []
        """Called with each wait as it ends."""

    def told(self) -> list[WaitRecord]:
        return list(self._told)

    def eventually(
        self,
        spaces: Sequence[Space],
        subject: Subject,
        *,
        within: ContractName,
        status: Status | None = None,
    ) -> dict[str, list[Obj]]:
        condition, allowed = condition_of(subject, status), self._terms.seconds(within)
        with self._observing(spaces, condition) as seen:
            wait = _Wait("eventually", condition, within, allowed, seen)
            try:
                held = self._until(lambda: all(one.ok for one in seen), wait.began + allowed, seen)
                if not held and self._first_look(seen):
                    held = self._until(lambda: all(one.ok for one in seen), 0, seen)
                wait.outcome = "held" if held else "failed"
                if not held:
                    ending = f"within {allowed:g} s ({within}); after {wait.taken():.1f} s"
                    raise self._failed(wait, [one for one in seen if not one.ok], ending)
                with self._system.record.changed:
                    return {
                        one.space.name: [deepcopy(obj) for obj in one.judgement.objects]
                        for one in seen
                    }
            finally:
                self._tell(wait)

    def stays(
        self,
        spaces: Sequence[Space],
        subject: Subject,
        *,
        quiet: ContractName,
        status: Status | None = None,
    ) -> None:
        condition, allowed = _lasting(condition_of(subject, status)), self._terms.seconds(quiet)
        with self._observing(spaces, condition) as seen:
            wait = _Wait("stays", condition, quiet, allowed, seen)
            try:
                self._begin_to_hold(wait)
                try:
                    self._send_marker(condition, seen)
                except Deviation:
                    wait.outcome = "failed"
                    self._raise_if_contradicted(wait, seen)
                    raise
                self._raise_if_contradicted(wait, seen)
                quiet_from = time.monotonic()
                self._until(
                    lambda: any(one.contradiction for one in seen), quiet_from + allowed, seen
                )
                self._raise_if_contradicted(wait, seen)
                self._end_hold(wait)
                wait.outcome = "held"
            finally:
                self._tell(wait)

    def hold(
        self, spaces: Sequence[Space], subject: Subject, *, status: Status | None = None
    ) -> AbstractContextManager[None]:
        return self._hold(spaces, _lasting(condition_of(subject, status)))

    @contextmanager
    def _hold(self, spaces: Sequence[Space], condition: Condition) -> Iterator[None]:
        with self._observing(spaces, condition) as seen:
            wait = _Wait(
                "hold", condition, SETTLE_CONTRACT, self._terms.seconds(SETTLE_CONTRACT), seen
            )
            try:
                self._begin_to_hold(wait)
                yield
                self._end_hold(wait)
                wait.outcome = "held"
            except AssertionError:
                wait.outcome = "failed"
                raise
            finally:
                self._tell(wait)

    def forget(self, space: str) -> None:
        self._markers.remove(space)

    def close(self) -> None:
        """Remove the markers of this process from the WDSes, as far as they answer."""
        self._markers.remove()

    # Parts of the verbs.

    @contextmanager
    def _observing(
        self, spaces: Sequence[Space], condition: Condition
    ) -> Iterator[list[Observation]]:
        with ExitStack() as stack:
            seen = []
            for space in spaces:
                calm = (
                    self._terms.seconds(condition.unchanged_for) if condition.unchanged_for else 0
                )
                one = Observation(self._system, space, condition, calm)
                stack.callback(one.close)
                seen.append(one)
            yield seen

    def _until(
        self, done: Callable[[], bool], deadline: float, seen: Sequence[Observation]
    ) -> bool:
        """Sleep until ``done()``, called after each event that concerns ``seen``, and return
        whether it came true before ``deadline``.
        """
        record = self._system.record

        def concerned(event: Event | None, feed: Feed) -> bool:
            return any(one.concerned(event, feed) for one in seen)

        with record.bell(concerned) as bell:
            while True:
                wakes = record.wakes
                if (problem := self._system.abort()) is not None:
                    raise problem
                with bell:
                    for one in seen:
                        if one.error is not None:
                            raise one.error
                    if done():
                        return True
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    if record.wakes == wakes:  # else a part has died since `abort` was asked
                        calm = [one.calm_in for one in seen if one.calm_in > 0]
                        bell.wait(min([left, LOOK_AGAIN_SECONDS, *calm]))

    def _first_look(self, seen: Sequence[Observation]) -> bool:
        """Wait for the first list of each feed: a short contract can be over before it, and a state
        that was never read cannot be judged.
        """
        if not any(one.unlisted for one in seen):
            return False
        deadline = time.monotonic() + FIRST_LISTING_SECONDS
        return self._until(lambda: not any(one.unlisted for one in seen), deadline, seen)

    def _begin_to_hold(self, wait: _Wait) -> None:
        seconds = self._terms.seconds(SETTLE_CONTRACT)
        self._until(lambda: all(one.ready for one in wait.seen), wait.began + seconds, wait.seen)
        self._catch_up(wait)
        for one in wait.seen:
            one.hold_from_now()
        bad = [one for one in wait.seen if not one.ok]
        if bad:
            wait.outcome = "failed"
            raise self._failed(wait, bad, "throughout; not so at +0.0 s")

    def _end_hold(self, wait: _Wait) -> None:
        """Changes during an API server's absence are known only when it is back: wait for that,
        then judge.
        """
        seconds = self._terms.seconds(SETTLE_CONTRACT)
        done = self._until(
            lambda: all(one.ready for one in wait.seen), time.monotonic() + seconds, wait.seen
        )
        self._catch_up(wait)
        self._raise_if_contradicted(wait, wait.seen)
        if not done:
            away = [one for one in wait.seen if not one.ready]
            wait.outcome = "broken"
            raise self._failed(
                wait,
                away,
                f"throughout, but for {seconds:g} s ({SETTLE_CONTRACT}) it cannot be seen",
            )

    def _catch_up(self, wait: _Wait) -> None:
        """Judge by what the API servers have now: each kind has a watch of its own, and one may lag
        behind what another has shown, or behind what has happened.
        """
        for one in wait.seen:
            if one.ready:
                one.refresh()

    def _raise_if_contradicted(self, wait: _Wait, seen: Sequence[Observation]) -> None:
        bad = [one for one in seen if one.contradiction]
        if bad:
            wait.outcome = "failed"
            at = min(one.contradiction.at for one in bad if one.contradiction) - wait.began
            raise self._failed(wait, bad, f"throughout; no longer so at {at:+.1f} s")

    def _send_marker(self, condition: Condition, seen: Sequence[Observation]) -> None:
        """Send a marker to the WECs concerned and wait until it has arrived.

        Where no space is a WEC, these are all of the WDS's ITS, or else all virtual ones there.
        """
        spaces, system = [one.space for one in seen], self._system
        wds = condition.wds(Scope(self._system, spaces[0]))
        its = system.hub_of(wds)
        wecs = [space for space in spaces if space.role == "wec"]
        for more in (system.wecs, system.virtual_wecs):
            wecs = wecs or [wec for wec in more if system.hub_of(wec) is its]
        if not wecs:
            raise HarnessError(f"no WEC of {its.name}, real or virtual, that a marker could go to")
        ref, data = self._markers.of(wds, wecs).send()
        arrived = _Arrived(contains(ref, {"data": data}), condition.subject)
        self.eventually(wecs, arrived, within=MARKER_CONTRACT)

    def _failed(self, wait: _Wait, bad: Sequence[Observation], ending: str) -> Exception:
        others = [f"also in {one.space.name}: {one.judgement.saw}" for one in bad[1:4]]
        told = failure(self._system, bad[0], f"{ending}: {_now(bad[0])}", wait.began, others)
        message = told.message
        if (why := self._system.hindered()) is not None:
            message = f"{why}: the product cannot be judged\n{message}"
        elif not told.unreachable:
            if not (unreported := self._system.record.relist()):
                return self._deviation(message, told.where, wait.began)
            message = unreliable(unreported, message)
        wait.outcome = "broken"
        return _stopped(Broken(message), told.where)

    def _deviation(self, message: str, where: str, began: float) -> Exception:
        if (deadlock := self._system.deadlocked(began)) is not None:
            headline, _, rest = message.partition("\n")
            message, where = f"{headline}\n{deadlock}\n{rest}", deadlock.partition(":")[0]
        return _stopped(Deviation(message), where)

    def _tell(self, wait: _Wait) -> None:
        with self._system.record.changed:
            told = wait.tell()
        self._told.append(told)
        self._terms.used(
            Use(
                told.contract, f"{told.verb} {told.subject}", told.allowed, told.taken, told.outcome
            )
        )
        for listener in self.listeners:
            listener(told)


class _Arrived(Condition):
    """The marker with its latest content. Its failure says that the marker is not an object of the
    test.
    """

    walk = Walk.DELIVERY
    subject = "a marker"
    expected = "to arrive"

    def __init__(self, inner: Condition, watched: str) -> None:
        self._inner, self.refs = inner, inner.refs
        self.remark = (
            f"the marker is {self.refs[0]}, which the harness sends after the change, with a "
            "BindingPolicy of its own: until it arrives, it is unknown whether "
            f"{watched} stays as it is"
        )

    def called(self, ref: Ref | None) -> str:
        del ref
        return self.subject

    def check(self, scope: Scope) -> Judgement:
        return self._inner.check(scope)


class _Wait:
    """One wait under way."""

    def __init__(
        self,
        verb: str,
        condition: Condition,
        contract: str,
        allowed: float,
        seen: Sequence[Observation],
    ) -> None:
        self.verb, self.condition, self.contract, self.allowed, self.seen = (
            verb,
            condition,
            contract,
            allowed,
            seen,
        )
        self.began = time.monotonic()
        self.outcome: Outcome = "broken"

    def taken(self) -> float:
        return time.monotonic() - self.began

    def tell(self) -> WaitRecord:
        where = ", ".join(one.space.name for one in self.seen)
        history = {
            one.space.name: [(seen.at - self.began, seen.text) for seen in one.history]
            for one in self.seen
        }
        return WaitRecord(
            self.verb,
            f"{self.condition.subject} in {where}",
            self.condition.expected,
            self.contract,
            self.allowed,
            self.taken(),
            self.outcome,
            self.began,
            history,
        )


def _lasting(condition: Condition) -> Condition:
    """A condition that may be held: it can be contradicted by a single event."""
    if condition.unchanged_for:
        raise UserError(
            f"a condition that has to last for the contract {condition.unchanged_for!r} goes with "
            "eventually(), not with stays() or hold(); same_uids() is for those"
        )
    return condition


def _stopped(error: Deviation | Broken, where: str) -> Exception:
    error.where = where
    return error


def _now(observation: Observation) -> str:
    if observation.contradiction is not None:
        return observation.contradiction.text
    return observation.judgement.saw if observation.ready else f"not known ({observation.problem})"
