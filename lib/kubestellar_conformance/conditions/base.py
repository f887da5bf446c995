"""What a condition is: a statement about objects in a space, judged on the feeds at each event that
concerns it.

Most conditions need no class. `conditions.writing` has the two ways to write one:

- ``each(refs, expected, judge)``: every one of these objects exists and passes ``judge``;
- ``none(kind, where, called)``: no object of a kind passes ``where``.

Subclass `Condition` where a judgement reads more than one object. A condition names the `Walk` that
explains its failure, so adding one changes nothing in the diagnosis; it needs a line in the exports
of ``conditions/__init__.py`` and a test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.memory import Paths
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import Bundle, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System


class Walk(Enum):
    """The part of the path that explains why a condition does not hold; the diagnosis walks it hop
    by hop and names the first hop that is missing or stale.
    """

    NONE = auto()
    """The path explains nothing: the condition is about the test's own objects."""
    DELIVERY = auto()
    """From the object in the WDS to the object in a WEC."""
    AVAILABILITY = auto()
    """Delivery, and then the workload's availability in the WEC."""
    STATUS = auto()
    """Delivery, and then the status on its way back into the object in the WDS."""
    COMBINATION = auto()
    """Delivery, and then the status on its way back into a CombinedStatus."""
    WITHDRAWAL = auto()
    """Each hop has to let go of the object: from the Binding to the object in the WEC. Of a policy,
    a ManifestWork or a WorkStatus: who still holds it.
    """
    IDENTITY = auto()
    """An object in a WEC was replaced: which hop was replaced before it."""
    REWRITING = auto()
    """ManifestWorks that have to stay as they are: who made one again, or wrote it."""
    STATUS_GONE = auto()
    """No status may be left in the WDS: whether a Binding asks for one, and what is left."""
    COMBINATION_GONE = auto()
    """No CombinedStatus may be left: whether a Binding asks for one, and what is left."""
    SELECTION = auto()
    """What a BindingPolicy selects, and whether its Binding says the same."""
    REPORT = auto()
    """What a controller reports in the status of a BindingPolicy, Binding, StatusCollector or
    CustomTransform, and which controller that is.
    """


class Named(Protocol):
    """Anything that knows its name, as a policy of the story's own does."""

    @property
    def name(self) -> str: ...


NameLike = str | Named | Bundle | Mapping[str, Any]
"""How a condition gets a policy or a collector: by its name, or as a value that has one."""


def name_of(what: NameLike) -> str:
    """The name of a thing that has one, of an object, or the name itself."""
    if isinstance(what, str):
        return what
    if isinstance(what, Mapping | Bundle):
        return Ref.of(what).name
    return what.name


@dataclass(frozen=True)
class Judgement:
    """Whether it holds, what was seen in a few words, and the live objects looked at.

    ``ref`` is the first object at fault, ``details`` its differing fields.
    """

    ok: bool
    saw: str
    objects: tuple[Obj, ...] = ()
    ref: Ref | None = None
    details: tuple[str, ...] = ()
    state: object = None
    """What must not change, for a condition that says so by `Condition.unchanged_for`."""


@dataclass(frozen=True)
class Scope:
    """What a condition sees: the feeds of a system, and the space that it speaks of."""

    system: System
    space: Space

    def feed(self, kind: Kind, space: Space | None = None) -> Feed:
        return (space or self.space).watch(kind)

    def get(self, ref: Ref, space: Space | None = None) -> Obj | None:
        return self.feed(ref.kind, space).get(*ref.key)

    def held(self, ref: Ref, found: Obj, space: Space) -> Paths:
        """The paths at which ``found`` may have something that its original in ``space`` has ever
        held.
        """
        return self.system.record.held(space.name, ref, found)


class Condition(ABC):
    """Conditions are stateless: one may be waited for in several spaces at once. They only read
    feeds.
    """

    walk: Walk = Walk.NONE
    policy: str = ""
    """The BindingPolicy that it speaks of, if it names one: the walk leaves the others out."""
    unwanted: tuple[str, ...] = ()
    """The paths of fields that its objects must not have: the walk names the first hop that still
    has one, where the WDS may have it.
    """
    remark: str = ""
    """A line for the message of its failure, below the headline."""
    unchanged_for: str = ""
    """The time contract for which `Judgement.state` has to stay the same until the condition holds;
    empty for one that holds at once. Such a condition is for `eventually` alone.
    """
    refs: tuple[Ref, ...] = ()

    @property
    @abstractmethod
    def expected(self) -> str:
        """Completes "<object> in <space>: expected ..."."""

    @abstractmethod
    def check(self, scope: Scope) -> Judgement:
        """Look at the feeds and judge. Called with the record's lock held, so it must be quick."""

    def settled(self, scope: Scope) -> Condition:
        """The condition that counts from now on in this space, for one that speaks of a change
        since the wait began.
        """
        del scope
        return self

    def kinds(self) -> Iterable[Kind]:
        """The kinds whose feeds it reads in the space that it speaks of."""
        return {ref.kind for ref in self.refs}

    def others(self, scope: Scope) -> Iterable[tuple[Space, Kind]]:
        """Feeds that it reads in other spaces, to compare with. These need not be live (an API
        server may be down).
        """
        del scope
        return ()

    def concerns(self, event: Event) -> bool:
        return event.ref in self.refs

    def wec(self, scope: Scope) -> Space | None:
        """The WEC whose path explains a failure: the space itself, unless the condition compares
        with a WEC.
        """
        return scope.space if scope.space.role == "wec" else None

    def wds(self, scope: Scope) -> Space:
        """The WDS that the objects come from: of those on the same ITS the first that has them, or
        else the first.
        """
        if scope.space.role == "wds":
            return scope.space
        system, space = scope.system, scope.space
        its = system.hub_of(space) if space.role == "wec" else space
        near = [one for one in system.wdses if its.role != "its" or system.hub_of(one) is its]
        having = (one for one in near if any(scope.get(ref, one) for ref in self.refs))
        return next(having, near[0] if near else system.wds)

    def called(self, ref: Ref | None) -> str:
        """The object at fault for a person, or all that the condition speaks of."""
        return str(ref) if ref in self.refs else self.subject

    @property
    def subject(self) -> str:
        """The objects it speaks of, for a person."""
        first = str(self.refs[0]) if self.refs else "objects"
        return first if len(self.refs) < 2 else f"{first} and {len(self.refs) - 1} more"
