"""Why something has not come through: walk the path hop by hop and say where it stopped, and whose
job that hop is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.diagnosis import hops, withdrawal
from kubestellar_conformance.diagnosis.hops import HopFunction
from kubestellar_conformance.diagnosis.view import CannotSee, Hop, PathView
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.client import Refused
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import ComponentView, System

LOG_LINES = 5
LINE_LENGTH = 160
LOG_LINE_LENGTH = 240
OWNERS_SIDE = {
    "kubestellar-controller-manager": "wds",
    "transport-controller": "wds",
    "klusterlet-agent": "wec",
    "status-agent": "wec",
}
"""Whether a part works between the WDS and the ITS, or between the ITS and its WEC."""


@dataclass(frozen=True)
class Trail:
    """The hops gone, the last of which may be the one that it stopped at."""

    hops: tuple[Hop, ...]
    unreachable: bool = False
    """Whether it stopped since an API server does not answer, so that the product cannot be judged.
    """

    @property
    def stopped(self) -> Hop | None:
        return next((hop for hop in self.hops if hop.mark == "STOP"), None)

    def lines(self, components: ComponentView) -> list[str]:
        if not self.hops:
            return []
        out = ["path:"]
        widths = [max(len(getattr(hop, part)) for hop in self.hops) for part in ("name", "space")]
        for hop in self.hops:
            line = f"  {hop.mark:<5} {hop.name:<{widths[0]}}  {hop.space:<{widths[1]}}  {hop.text}"
            out.append(cut(line))
        stopped = self.stopped
        if stopped is None:
            out.append(
                "every hop is in order now: it came late, or the condition asks for more "
                "than the path tells"
            )
        elif not stopped.owners:
            out.append(f"whose job: nobody's in the system; the {stopped.name} is the test's own")
        for number, owner in enumerate(stopped.owners if stopped else ()):
            out += _owner_lines(owner, components, LOG_LINES if number == 0 else 0)
        return out


def _owner_lines(owner: str, components: ComponentView, log_lines: int) -> list[str]:
    try:
        part = components.component(owner)
        state, last = part.state, part.log_tail(log_lines) if log_lines else []
    except (KeyError, HarnessError, OSError):
        return [f"whose job: {owner} (not a part that can be looked at here)"]
    lines = [f"whose job: {owner} ({state})"]
    if log_lines:
        lines.append("its last lines:" if last else "it has logged nothing")
        lines += [cut(f"  | {line}", LOG_LINE_LENGTH) for line in last]
    return lines


def cut(line: str, longest: int = LINE_LENGTH) -> str:
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def walk(system: System, way: Walk, ref: Ref, *, wds: Space, wec: Space | None) -> Trail:
    """Go the path of one object for what was hoped for. Takes a few seconds at most, whatever is
    paused or dead.
    """
    if way is Walk.NONE:
        return Trail(())
    view = PathView(system, ref, wds, wec)
    if wec is None and way in (Walk.STATUS, Walk.COMBINATION) and (wec := _a_destination(view)):
        view = PathView(system, ref, wds, wec)
    gone: list[Hop] = []
    for hop in _way(way, ref, wec):
        try:
            found = hop(view)
        except CannotSee as problem:
            owner = (f"{problem.space}/kube-apiserver",)
            gone.append(
                Hop(
                    "STOP",
                    hop.__name__.replace("_", " "),
                    problem.space,
                    f"cannot be seen: {problem}",
                    owner,
                )
            )
            return Trail(tuple(gone), unreachable=True)
        except (HarnessError, Refused) as problem:
            gone.append(Hop("?", hop.__name__.replace("_", " "), "", str(problem)))
            continue
        away = _away(view, found)
        gone.append(away or found)
        if found.mark == "STOP":
            return Trail(tuple(gone), unreachable=away is not None)
    return Trail(tuple(gone))


def _away(view: PathView, found: Hop) -> Hop | None:
    """The stopped hop as that of an API server which its owner needs and cannot reach, if there is
    such a one.
    """
    if found.mark != "STOP":
        return None
    wec = view.wec.name if view.wec else ""
    needs = {"wds": {view.wds.name, view.its.name}, "wec": {view.its.name, wec}, "": set()}
    for owner in found.owners:
        for space in sorted(
            needs[OWNERS_SIDE.get(owner.rpartition("/")[2], "")] & view.unreachable.keys()
        ):
            text = f"{found.text}; API server of {space}: {view.unreachable[space]}"
            return Hop("STOP", found.name, found.space, text, (f"{space}/kube-apiserver",))
    return None


def _a_destination(view: PathView) -> Space | None:
    """The WEC that a status has to come back from, where the condition does not say: a Binding
    does.
    """
    try:
        names = [
            name for one, _ in view.bindings for name in destinations(one) if name in view.system
        ]
    except CannotSee:
        return None
    return view.system[names[0]] if names else None


def _way(way: Walk, ref: Ref, wec: Space | None) -> Sequence[HopFunction]:
    withdrawn = way is Walk.WITHDRAWAL
    if ref.kind in withdrawal.CONTROL_KINDS and withdrawn:
        return withdrawal.CONTROL
    if ref.kind == MANIFEST_WORK:
        return withdrawal.LEFT_IN_MAILBOX if withdrawn else ()
    if wec is None:
        return withdrawal.WITHDRAWAL_IN_WDS if withdrawn else (hops.wds_object,)
    return [hop for hop in WAYS[way] if not (wec.virtual and hop in IN_A_REAL_WEC)]


WAYS: Mapping[Walk, Sequence[HopFunction]] = {
    Walk.NONE: (),
    Walk.DELIVERY: hops.DELIVERY,
    Walk.AVAILABILITY: hops.AVAILABILITY,
    Walk.STATUS: hops.RETURN,
    Walk.COMBINATION: hops.COMBINATION,
    Walk.WITHDRAWAL: withdrawal.WITHDRAWAL,
}
IN_A_REAL_WEC: tuple[HopFunction, ...] = (
    hops.applied_manifest_work,
    hops.wec_object,
    hops.wec_availability,
    withdrawal.applied_manifest_work,
    withdrawal.wec_object,
)
"""Hops that a virtual WEC does not have: its path ends at the ManifestWork."""
