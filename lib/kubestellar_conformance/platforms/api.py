"""The data that platforms exchange with their users: the settings given to a platform, and the
handles of its components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

ComponentState = Literal["running", "starting", "paused", "halted", "stopped", "exited"]
"""``starting``: started without waiting, and not known to be ready yet. ``halted``: something other
than the run has stopped its process: a debugger, SIGSTOP, or a frozen cgroup.
"""
HALTED = "was stopped by something other than this run (a debugger, SIGSTOP, a frozen cgroup)"
"""What a message says of a component that is ``halted``, after its name."""


class ComponentHandle(Protocol):
    """One part of a platform: a process on embedded, a workload object elsewhere.

    ``name`` is ``<space>/<what a documented install calls it>``, for example
    ``wds1/transport-controller``. The verbs return when the change is done (`start` and `restart`:
    when the part is ready again) and raise `Broken` when that takes longer than the time contract
    ``restart`` (seconds). With ``wait=False``, `stop` and `start` return at once, as ``kubectl
    scale`` does, and `settle` waits.
    """

    @property
    def name(self) -> str: ...
    @property
    def product(self) -> bool:
        """Whether KubeStellar's own code runs in it, so that its crash is a deviation and not
        ``broken``.
        """
        ...

    @property
    def state(self) -> ComponentState: ...
    @property
    def mishap(self) -> str:
        """What else than its own code made it exit, in words, as far as that is known: SIGKILL from
        outside the run, say. Its exit is ``broken`` then, whoever's code it is.
        """
        ...

    @property
    def arguments(self) -> Sequence[str]: ...
    @property
    def changed(self) -> bool:
        """Whether it was restarted with flags other than its own."""
        ...

    @property
    def log(self) -> Path: ...
    def log_tail(self, lines: int = 10) -> list[str]: ...
    def stop(self, *, wait: bool = True) -> None: ...
    def start(self, *, wait: bool = True) -> None:
        """Start it. A part started without waiting may exit while others that it needs are not up
        yet: it is started again until it is ready, as a kubelet would do.
        """
        ...

    def settle(self) -> None:
        """Wait until the last `start` or `stop` is complete.

        Returns at once if none is under way.
        """
        ...

    def restart(self, **flags: str) -> None:
        """Stop and start it, with these flags instead of its own values for them.

        ``restart(v="5")`` makes a controller log more, ``restart(max_num_wrapped="2")`` sets
        ``--max-num-wrapped``: this is the way to flags other than the platform's. They hold until
        the part is restarted without flags, at the latest after the test: then it is as it was when
        the platform came up.
        """
        ...

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stopped(self) -> AbstractContextManager[None]: ...
    def paused(self) -> AbstractContextManager[None]: ...
    def restarted(self, **flags: str) -> AbstractContextManager[None]:
        """See `Outages`, which provides these three on top of the verbs."""
        ...


@dataclass(frozen=True)
class ArgoAddress:
    """How a running Argo CD is used: its CLI (``program``), the CLI's settings with an
    administrator's token, which is a credential (``settings``), and the URL by which it knows the
    WDS (``destination``).
    """

    program: Path
    settings: Path
    destination: str


class Extent(Enum):
    """How much of a platform a run needs. A platform may start more, never less."""

    ALL = "all"
    NO_WECS = "no WECs"
    """All but the WECs: API servers, KubeStellar's controllers, OCM's hub."""
    WDS_ALONE = "WDS alone"
    """The API server of the WDS, with KubeStellar's APIs."""


@dataclass(frozen=True)
class PlatformSettings:
    """The user's settings for a platform. ``components`` are ``NAME=SOURCE`` overrides as typed.
    ``extent`` is the need of the selected tests.
    """

    run_dir: Path
    components: Sequence[str] = ()
    cache_dir: Path | None = None
    keep: bool = False
    snapshot: bool = True
    extent: Extent = Extent.ALL
    options: Mapping[str, str] = field(default_factory=dict)
