"""Why something has not come through: walk the path hop by hop and say where it stopped, and which
component is responsible for that hop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.diagnosis.responsible import LOG_LINES, lines_on
from kubestellar_conformance.diagnosis.view import CannotSee, Hop, PathView
from kubestellar_conformance.diagnosis.ways import IN_THE_ITS, way
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.client import Refused
from kubestellar_conformance.spaces.refs import Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import ComponentView, System

LINE_LENGTH = 300
FROM_WECS = (Walk.STATUS, Walk.COMBINATION)
"""Walks to the WDS and back from each WEC."""
OWNERS_SIDE = {
    "kubestellar-controller-manager": "wds",
    "transport-controller": "wds",
    "klusterlet-agent": "wec",
    "status-agent": "wec",
}
"""Whether a component works between the WDS and the ITS, or between the ITS and its WEC."""


@dataclass(frozen=True)
class Trail:
    """The hops walked, the last of which may be the one that it stopped at.

    ``names`` are those of the object and of what carries it, as log lines have them.
    """

    hops: tuple[Hop, ...]
    unreachable: bool = False
    """Whether it stopped since an API server does not answer, so that the product cannot be judged.
    """
    names: tuple[str, ...] = ()

    @property
    def stopped(self) -> Hop | None:
        return next((hop for hop in self.hops if hop.mark == "STOP"), None)

    @property
    def where(self) -> str:
        """The hop at which it stopped and the part responsible, in a few words; empty without."""
        hop = self.stopped
        if hop is None:
            return ""
        text = f"stopped at {hop.name}" + (f" in {hop.space}" if hop.space else "")
        return f"{text}: {hop.owners[0]}" if hop.owners else text

    def lines(self, components: ComponentView, since: float | None = None) -> list[str]:
        """The hops, who is responsible and what its log says. ``since``: when the wait began, in
        seconds since the epoch.
        """
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
                "every hop is in order now: it came late, or the condition asks for more than the "
                "path shows"
            )
        elif not stopped.owners:
            out.append(f"responsible: no component; {stopped.because or 'nobody is known'}")
        for number, owner in enumerate(stopped.owners if stopped else ()):
            log_lines = LOG_LINES if number == 0 else 0
            out += lines_on(owner, components, self.names, since, log_lines)
        return out


def cut(line: str, longest: int = LINE_LENGTH) -> str:
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def walk(
    system: System,
    walk: Walk,
    ref: Ref,
    *,
    wds: Space,
    wec: Space | None,
    policy: str = "",
    unmet: str = "",
    unwanted: Sequence[str] = (),
    since: float = 0.0,
) -> Trail:
    """Walk the path of one object. Takes a few seconds at most, whatever is paused or dead.

    ``policy``: the BindingPolicy that the failed condition names; others are left out. ``unmet``:
    what the condition still sees, empty when it holds by now. ``unwanted``: the paths of fields
    that the object must not have. ``since``: when the wait began (monotonic clock). If a status has
    to come back from WECs that the condition does not name, a WEC whose path is broken is walked,
    if any.
    """
    if wec is None and ref.kind in IN_THE_ITS and ref.namespace in system:
        wec = system[ref.namespace]
    if not way(walk, ref.kind, wec):
        return Trail(())

    def path_to(one: Space | None) -> PathView:
        return PathView(system, ref, wds, one, policy, unmet, unwanted, since)

    view = path_to(wec)
    trail = Trail(())
    for one in _destinations(view) if wec is None and walk in FROM_WECS else ():
        trail = _walked(walk, path_to(one))
        if trail.stopped and len(trail.hops) < len(way(walk, ref.kind, one)):
            return trail
    return trail if trail.hops else _walked(walk, view)


def _walked(walk: Walk, view: PathView) -> Trail:
    """The hops as far as they are in order."""
    gone: list[Hop] = []
    for hop in way(walk, view.ref.kind, view.wec):
        called = hop.__name__.replace("_", " ")
        try:
            found = hop(view)
        except CannotSee as problem:
            owner = (f"{problem.space}/kube-apiserver",)
            text = f"cannot be seen: {problem}"
            gone.append(Hop("STOP", called, problem.space, text, owner))
            return Trail(tuple(gone), unreachable=True)
        except (HarnessError, Refused) as problem:
            gone.append(Hop("?", called, "", str(problem)))
            continue
        away = _away(view, found)
        gone.append(away or found)
        if found.mark == "STOP":
            return Trail(tuple(gone), away is not None, view.names)
    return Trail(tuple(gone))


def _away(view: PathView, found: Hop) -> Hop | None:
    """The stopped hop as that of an API server which its owner needs and cannot reach, if any."""
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


def _destinations(view: PathView) -> list[Space]:
    """The WECs that a status has to come back from, where the condition does not say: a Binding
    does.
    """
    try:
        names = [
            name for one, _ in view.bindings for name in destinations(one) if name in view.system
        ]
    except CannotSee:
        return []
    return [view.system[name] for name in dict.fromkeys(names)]
