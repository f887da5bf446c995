"""The results of a wait: a record of it for the evidence, and the message of a failed wait (at most
30 lines).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.diagnosis.walk import Trail, cut, walk
from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.spaces import pods
from kubestellar_conformance.spaces.record import wall_time
from kubestellar_conformance.spaces.refs import Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting.contracts import Outcome
from kubestellar_conformance.waiting.observation import Observation, Seen

LONGEST = 30
SEEN_FIRST, SEEN_LAST = 2, 3
DETAILS = 4
PODS, POD_LINES = 3, 3


@dataclass(frozen=True)
class WaitRecord:
    """One wait: the expectation, its place and contract, the outcome, and the states seen over
    time.

    ``seen`` has, by space, pairs of the seconds since the wait began and the state seen from then
    on.
    """

    verb: str
    subject: str
    expected: str
    contract: str
    allowed: float
    taken: float
    outcome: Outcome
    began: float
    """Seconds of the monotonic clock, to look the events up in the record's timeline."""
    seen: dict[str, list[tuple[float, str]]]


@dataclass(frozen=True)
class FailedWait:
    """A failed wait in words. ``unreachable``: an API server did not answer, so the product cannot
    be judged. ``where``: the hop and the part at which it stopped, in a few words.
    """

    message: str
    unreachable: bool
    where: str = ""


def seen_lines(history: Sequence[Seen], began: float) -> list[str]:
    """The first and the last states seen, with the seconds since the wait began."""
    lines = [cut(f"seen: {max(0.0, seen.at - began):+.1f} s {seen.text}") for seen in history]
    lines[1:] = [line.replace("seen:", "     ", 1) for line in lines[1:]]
    if len(lines) <= SEEN_FIRST + SEEN_LAST + 1:
        return lines
    left_out = len(lines) - SEEN_FIRST - SEEN_LAST
    return [*lines[:SEEN_FIRST], f"      ... {left_out} more changes", *lines[-SEEN_LAST:]]


def failure(
    system: System, observation: Observation, headline_end: str, began: float, others: Sequence[str]
) -> FailedWait:
    """Explain why ``observation`` does not hold, walking the path of the first object at fault.

    ``others`` are one line each on further spaces that failed with it.
    """
    condition, scope, judgement = observation.condition, observation.scope, observation.judgement
    with system.record.changed:
        history, problem = list(observation.history), observation.problem
        ref = judgement.ref or (condition.refs[0] if condition.refs else None)
        now = judgement if problem is not None else condition.check(scope)
    subject = condition.called(judgement.ref)
    lines = [f"{subject} in {observation.space.name}: expected {condition.expected} {headline_end}"]
    lines += [condition.remark] if condition.remark else []
    lines += others
    lines += seen_lines(history, began)
    lines += [cut(f"differs: {detail}") for detail in judgement.details[:DETAILS]]
    if len(judgement.details) > DETAILS:
        lines.append(f"         and {len(judgement.details) - DETAILS} more fields")
    gone = Trail(())
    if problem is not None:
        where = observation.space.hub if observation.space.virtual else observation.space.name
        lines.append(cut(f"the API server of {where} cannot be reached: {problem}"))
    elif ref is not None:
        try:
            gone, told = _path(system, observation, ref, "" if now.ok else now.saw, began)
            lines += told
        except Exception as fault:  # the wait has failed all the same: its own words must not go
            lines.append(cut(f"its path cannot be shown: {type(fault).__name__}: {fault}"))
    unreachable = gone.unreachable or problem is not None
    return FailedWait("\n".join(lines[:LONGEST]), unreachable, gone.where)


def _path(
    system: System, observation: Observation, ref: Ref, unmet: str, began: float
) -> tuple[Trail, list[str]]:
    """The walk of the object's path, and its lines."""
    condition, scope = observation.condition, observation.scope
    gone = walk(
        system,
        condition.walk,
        ref,
        wds=condition.wds(scope),
        wec=condition.wec(scope),
        policy=condition.policy,
        unmet=unmet,
        unwanted=condition.unwanted,
        since=began,
    )
    lines = gone.lines(system.components, wall_time(began))
    if condition.walk is Walk.AVAILABILITY and not gone.unreachable:
        lines += _pods(observation.space, scope.get(ref))
    return gone, lines


def _pods(space: Space, workload: Obj | None) -> list[str]:
    """Why the pods of a workload object are not ready, and the last log lines of a container that
    exits.
    """
    if not workload or not ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels"):
        return []
    try:
        waiting = [pod for pod in pods.of(space, workload) if not pods.ready(pod)]
    except (HarnessError, Deviation):
        return []
    lines = [f"pod {pod['metadata']['name']}: {pods.why(pod)}" for pod in waiting[:PODS]]
    if waiting and (container := pods.failing(waiting[0])):
        lines += [
            f"  | {line}" for line in pods.last_lines(space, waiting[0], container, POD_LINES)
        ]
    return [cut(line) for line in lines]


def unreliable(unreported: Sequence[str], message: str) -> str:
    """The message of a wait that cannot be judged, since an API server has kept events from a
    watch.

    Seen with kine before 0.17 (its issues 602 and 731) under an API server that answers lists from
    its watch cache.
    """
    lines = [
        "an API server keeps events from its watches, so these objects cannot be judged: "
        f"{message.splitlines()[0]}"
    ]
    lines += [cut(f"kept back: {line}") for line in unreported[:DETAILS]]
    if len(unreported) > DETAILS:
        lines.append(f"           and {len(unreported) - DETAILS} more objects")
    return "\n".join(lines)
