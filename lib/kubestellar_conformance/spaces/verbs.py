"""What waiting gives to the spaces: `Space` and `Spaces` hand these verbs on, and so need not know
how they work.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from kubestellar_conformance.spaces.refs import Obj

if TYPE_CHECKING:
    from kubestellar_conformance.spaces.space import Space


class Waits(Protocol):
    """Waiting in one or several spaces, side by side, against one common time contract."""

    def eventually(
        self, spaces: Sequence[Space], subject: object, *, within: str, status: object = None
    ) -> dict[str, list[Obj]]: ...

    def stays(
        self, spaces: Sequence[Space], subject: object, *, quiet: str, status: object = None
    ) -> None: ...

    def hold(
        self, spaces: Sequence[Space], subject: object, *, status: object = None
    ) -> AbstractContextManager[None]: ...

    def forget(self, space: str) -> None:
        """A space goes: remove what waiting keeps there, as far as its WDS answers."""
        ...

    def close(self) -> None: ...
