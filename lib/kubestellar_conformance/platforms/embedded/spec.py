"""A process to start: its command line, the criteria of its readiness, and whose code it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ready:
    """The criteria by which a process is ready. All that are given must hold; without any it is
    ready at once.

    ``https`` and ``http`` are URLs that must answer 200; ``log`` are regular expressions that must
    each match a line of the log since the start; ``file`` must exist. ``timeout`` is in seconds.

    ``probe``, a component of `probe.SIGNS`, stands in for ``log`` where the lines stay out: the
    words of a log are no promise of the product.
    """

    https: str = ""
    http: str = ""
    log: tuple[str, ...] = ()
    file: str = ""
    probe: str = ""
    timeout: float = 60.0


@dataclass(frozen=True)
class ProcessSpec:
    """One process. ``product``: whether it runs KubeStellar's code. ``grace`` is in seconds.

    With a grace of 0 the process is stopped by SIGKILL: an API server that gets SIGTERM first waits
    for its watches, and its data is in etcd. ``wrapped`` is the program that the command line
    starts through another one; empty if the command line begins with the program itself.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Ready = field(default_factory=Ready)
    product: bool = False
    grace: float = 2.0
    wrapped: str = ""

    @property
    def program(self) -> str:
        """The program that is responsible when the process fails."""
        return self.wrapped or self.argv[0]

    @property
    def slug(self) -> str:
        """The name as a file name."""
        return self.name.replace("/", "-")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ProcessSpec:
        ready = {**data["ready"], "log": tuple(data["ready"]["log"])}
        return cls(**{**data, "argv": tuple(data["argv"]), "ready": Ready(**ready)})
