"""What waiting gives to the spaces: `Space` and `Spaces` hand these verbs on, and so need not know
how they work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kubestellar_conformance.spaces.refs import Obj, Target

if TYPE_CHECKING:
    from kubestellar_conformance.spaces.space import Space


ContractName = Literal[
    "binding",
    "downsync",
    "available",
    "status_return",
    "combined_status",
    "withdrawal",
    "serving",
    "registration",
    "restart",
    "steady",
    "recovery",
    "repair",
    "reverted",
    "quiet",
    "idle",
    "looked_again",
]
"""The time contracts; `waiting.contracts` says what each is about, and its seconds."""


class Expectation(Protocol):
    """A condition, as far as a space knows it (`conditions.base.Condition`)."""

    @property
    def expected(self) -> str: ...
    @property
    def subject(self) -> str: ...


class StatusOf(Protocol):
    """The status that an object has in another space (`conditions.that_of`)."""

    @property
    def space(self) -> Space: ...


Subject = Expectation | Target
"""What is waited for: a condition, or an object, which then is expected to be there."""
Status = Mapping[str, Any] | StatusOf
"""The status that is expected of an object: fields of it, or all that it has elsewhere."""


class Waits(Protocol):
    """Waiting in one or several spaces, side by side, against one common time contract."""

    def eventually(
        self,
        spaces: Sequence[Space],
        subject: Subject,
        *,
        within: ContractName,
        status: Status | None = None,
    ) -> dict[str, list[Obj]]: ...

    def stays(
        self,
        spaces: Sequence[Space],
        subject: Subject,
        *,
        quiet: ContractName,
        status: Status | None = None,
    ) -> None: ...

    def hold(
        self, spaces: Sequence[Space], subject: Subject, *, status: Status | None = None
    ) -> AbstractContextManager[None]: ...

    def forget(self, space: str) -> None:
        """A space goes: remove what waiting keeps there, as far as its WDS answers."""
        ...

    def close(self) -> None: ...
