"""What a platform is: where the spaces of a run come from, and the verbs to stop and start its
parts.

The scenarios never see this module; they get spaces. Fixtures and reports do, through `Platform`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

ComponentState = Literal["running", "paused", "stopped", "exited"]


class ComponentHandle(Protocol):
    """One part of a platform: a process on embedded, a workload object elsewhere.

    ``name`` is ``<space>/<what a documented install calls it>``, for example
    ``wds1/transport-controller``. The verbs return when the change is done (`start` and `restart`:
    when the part is ready again) and raise `Broken` when that takes longer than the time contract
    ``restart`` (seconds).
    """

    @property
    def name(self) -> str: ...
    @property
    def product(self) -> bool:
        """Whether KubeStellar's own code runs in it, so that its death is a deviation and not
        ``broken``.
        """
        ...

    @property
    def state(self) -> ComponentState: ...
    @property
    def arguments(self) -> Sequence[str]: ...
    @property
    def changed(self) -> bool:
        """Whether it was restarted with flags that are not its own."""
        ...

    @property
    def log(self) -> Path: ...
    def log_tail(self, lines: int = 10) -> list[str]: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def restart(self, **flags: str) -> None:
        """Stop and start it, with these flags (``max_num_wrapped="2"``) instead of what it has for
        them.

        They hold until it is restarted again, without flags: as it was when the platform came up.
        """
        ...

    def pause(self) -> None: ...
    def resume(self) -> None: ...


@dataclass(frozen=True)
class PlatformSettings:
    """What the user asked of a platform. ``components`` are ``NAME=SOURCE`` overrides as typed."""

    run_dir: Path
    components: Sequence[str] = ()
    cache_dir: Path | None = None
    keep: bool = False
    snapshot: bool = True
    options: Mapping[str, str] = field(default_factory=dict)


class Platform(Protocol):
    """Brings the spaces up and takes them down. ``up`` and ``attach`` raise `UserError` or
    `Broken`.
    """

    name: str
    capabilities: frozenset[str]
    run_dir: Path
    why_not: Mapping[str, str]
    """Why the platform lacks a capability, by its name; a check that needs it is ``not supported``
    for that reason.
    """

    def up(self) -> None:
        """Start everything and return when all is ready."""
        ...

    def attach(self) -> None:
        """Use the platform that another process of this run has brought up in the same run
        folder.
        """
        ...

    def detach(self) -> None:
        """End watching and connections of this process; the platform stays up."""
        ...

    def keep(self) -> None:
        """Leave the platform up when this process ends: it is the user's now, until it is
        stopped.
        """
        ...

    def down(self) -> None:
        """End everything that `up` started, within 10 s, whatever state it is in. May be called
        twice.
        """
        ...

    @property
    def system(self) -> System: ...
    def component(self, name: str) -> ComponentHandle: ...
    def components(self) -> Sequence[ComponentHandle]: ...
    def dead(self) -> Sequence[ComponentHandle]:
        """Parts that ended without being told to, in the order noticed."""
        ...

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        """Add an ITS while the platform runs: a control plane of its own, or (hosted) the hosting
        cluster itself.

        Capability ``topologies``, as for the three verbs that follow; `NotSupported` where a
        platform lacks it.
        """
        ...

    def add_wds(self, name: str, *, its: str, hosted: bool = False, charted: bool = False) -> Space:
        """Add a WDS on that ITS.

        ``charted`` (capability ``core-chart``): as the core chart makes one that names its ITS,
        whatever comes of it; returns at once, while its controllers are still to come.
        """
        ...

    def add_wec(self, name: str, *, its: str) -> Space:
        """Add a WEC registered in that ITS, with the label ``name`` alone."""
        ...

    def remove(self, name: str) -> None:
        """Take an added space away. `UserError` when another one needs it."""
        ...

    def record(self) -> dict[str, Any]:
        """Versions, sources, how the platform differs from the documented install: for the run's
        record.
        """
        ...

    def variables(self) -> dict[str, str]:
        """The documentation's shell variables (example scenarios, "Assumptions and Variables") for
        this platform.
        """
        ...

    def usage(self) -> str:
        """How a person goes on with this platform: kubectl contexts and the docs' shell
        variables.
        """
        ...
