"""A KubeStellar system as a test sees it: its spaces by role, and a view of the parts that do the
work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.group import Spaces
from kubestellar_conformance.spaces.journal import Journal
from kubestellar_conformance.spaces.record import EventLog
from kubestellar_conformance.spaces.space import Role, Space
from kubestellar_conformance.spaces.verbs import Waits


class ComponentSight(Protocol):
    """What a diagnosis wants to know of a part of the system."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str:
        """``running``, ``stopped``, ``paused``, ``halted`` or ``exited``."""
        ...

    @property
    def log(self) -> Path:
        """Where a person finds the log."""
        ...

    def log_tail(self, lines: int = 10) -> list[str]: ...


class ComponentView(Protocol):
    """Where a diagnosis finds a part by its name, ``wds1/transport-controller`` for example."""

    def component(self, name: str) -> ComponentSight:
        """Raises `KeyError` or a `HarnessError` when this platform has no such part."""
        ...


class NoComponents:
    """For spaces whose parts cannot be seen."""

    def component(self, name: str) -> ComponentSight:
        raise KeyError(name)


class System:
    """The spaces, by role and by name. ``waits`` makes the waiting verbs work;
    `waiting.open_system` gives it.

    ``abort`` is looked at by every wait each time it wakes, and what it returns is raised: a
    platform sets it to report that a part has crashed, and calls ``record.wake()`` when one has.
    ``hindered`` is called when a wait has failed: why the product cannot be judged, or None.
    ``deadlocked`` is called then too, with the time at which the wait began (monotonic clock):
    which controller's deadlock the wait has met, in words, or None.
    ``labels`` mark every object that the spaces create; with them, what others have created is not
    changed. ``left_out`` says which parts the platform has not started, if so.
    """

    def __init__(
        self,
        spaces: Iterable[Space],
        *,
        components: ComponentView | None = None,
        waits: Callable[[System], Waits] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self._spaces = {space.name: space for space in spaces}
        self.components: ComponentView = components or NoComponents()
        self.record = EventLog()
        self.abort: Callable[[], Exception | None] = lambda: None
        self.hindered: Callable[[], str | None] = lambda: None
        self.deadlocked: Callable[[float], str | None] = lambda _began: None
        self.waits = waits(self) if waits else None
        self.labels = dict(labels or {})
        self.left_out = ""
        self._journal: Journal | None = None
        for space in self._spaces.values():
            space.join(self.record, self.waits, self.labels)

    @property
    def journal(self) -> Journal | None:
        """Who hears of each write to a space of this system, those added later included."""
        return self._journal

    @journal.setter
    def journal(self, journal: Journal | None) -> None:
        self._journal = journal
        for space in self._spaces.values():
            space.journal = journal

    def __getitem__(self, name: str) -> Space:
        if name not in self._spaces:
            raise UserError(f"unknown space {name!r}: use one of {', '.join(self._spaces)}")
        return self._spaces[name]

    def __contains__(self, name: str) -> bool:
        return name in self._spaces

    def add(self, space: Space) -> None:
        """A space that came while the system runs. A virtual WEC is known by its name alone:
        `wecs` and `spaces` leave it out.
        """
        with self.record.changed:
            if space.name in self._spaces:
                raise UserError(f"a space named {space.name!r} already exists")
            # A new one each time: another thread may be going through the old one.
            self._spaces = {**self._spaces, space.name: space}
        space.join(self.record, self.waits, self.labels)
        space.journal = self._journal

    def put_first(self, name: str) -> None:
        """Let this space be the first of its role: ``system.wds`` is it, until it is removed."""
        with self.record.changed:
            self._spaces = {name: self[name], **self._spaces}

    def remove(self, name: str) -> None:
        """A space that goes: its watches and connections end, and no marker goes there any more."""
        with self.record.changed:
            space = self[name]
            self._spaces = {key: one for key, one in self._spaces.items() if key != name}
        if self.waits is not None:
            self.waits.forget(name)
        self.record.drop(name)
        space.close()

    @property
    def spaces(self) -> Spaces:
        return Spaces([space for space in self._spaces.values() if not space.virtual])

    @property
    def host(self) -> Space:
        return self._first("host")

    @property
    def its(self) -> Space:
        return self._first("its")

    @property
    def itses(self) -> Spaces:
        return Spaces(self._all("its"))

    def hub_of(self, space: Space) -> Space:
        """The ITS that a WDS uses or that a WEC is registered in; the first where the space does
        not say.
        """
        return self._spaces.get(space.hub or "", self.its)

    @property
    def wds(self) -> Space:
        """The first WDS."""
        return self._first("wds")

    @property
    def wdses(self) -> Spaces:
        return Spaces(self._all("wds"))

    @property
    def wecs(self) -> Spaces:
        return Spaces(self._all("wec"))

    @property
    def virtual_wecs(self) -> Spaces:
        """Those that this process has made and still uses."""
        return Spaces([one for one in self._spaces.values() if one.virtual and not one.leaving])

    @property
    def wec1(self) -> Space:
        return self._first("wec")

    @property
    def wec2(self) -> Space:
        return self._first("wec", 1)

    def close(self) -> None:
        """Remove what waiting has left in the spaces, and end all watches and connections of this
        process.
        """
        if self.waits is not None:
            self.waits.close()
        self.record.close()
        for space in self._spaces.values():
            space.close()

    def _all(self, role: Role) -> list[Space]:
        return [space for space in self.spaces if space.role == role]

    def _first(self, role: Role, index: int = 0) -> Space:
        found = self._all(role)
        if len(found) <= index:
            why = f" (left out: {self.left_out})" if self.left_out else ""
            raise UserError(
                f"this system has {len(found)} spaces in the role {role!r}, so no number "
                f"{index + 1}{why}"
            )
        return found[index]
