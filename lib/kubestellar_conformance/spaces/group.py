"""Several spaces spoken of at once, so that a story has no loop over clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import overload

from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Applicable, Selector, Snapshot, Space, Target
from kubestellar_conformance.spaces.verbs import ContractName, Status, Subject, Waits


class Spaces(Sequence[Space]):
    """The verbs of `Space`, for each member. Waits run side by side against one common deadline."""

    def __init__(self, members: Sequence[Space]) -> None:
        self._members = tuple(members)

    @property
    def names(self) -> list[str]:
        return [space.name for space in self._members]

    @property
    def selectors(self) -> list[Selector]:
        """What selects these WECs and no others: a BindingPolicy's list of alternatives."""
        return [selector for space in self._members for selector in space.selectors]

    def __repr__(self) -> str:
        return f"<Spaces {', '.join(self.names)}>"

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Space]:
        return iter(self._members)

    @overload
    def __getitem__(self, index: int) -> Space: ...
    @overload
    def __getitem__(self, index: slice) -> Spaces: ...
    def __getitem__(self, index: int | slice) -> Space | Spaces:
        return Spaces(self._members[index]) if isinstance(index, slice) else self._members[index]

    def apply(self, *what: Applicable) -> dict[str, list[Obj]]:
        return {space.name: space.apply(*what) for space in self._members}

    def delete(self, *targets: Target) -> None:
        for space in self._members:
            space.delete(*targets)

    def get(self, target: Target) -> dict[str, Obj | None]:
        return {space.name: space.get(target) for space in self._members}

    def snapshot(self, *what: Target) -> Snapshot:
        """The present objects of each member, by UID, to compare with later."""
        return Snapshot(
            {
                name: held
                for space in self._members
                for name, held in space.snapshot(*what).uids.items()
            }
        )

    def eventually(
        self, subject: Subject, *, within: ContractName = "downsync", status: Status | None = None
    ) -> dict[str, list[Obj]]:
        """As `Space.eventually`, in every member; the live objects by the member's name."""
        return self._waiting.eventually(self._members, subject, within=within, status=status)

    def stays(
        self, subject: Subject, *, quiet: ContractName = "quiet", status: Status | None = None
    ) -> None:
        self._waiting.stays(self._members, subject, quiet=quiet, status=status)

    def hold(
        self, subject: Subject, *, status: Status | None = None
    ) -> AbstractContextManager[None]:
        return self._waiting.hold(self._members, subject, status=status)

    @property
    def _waiting(self) -> Waits:
        if not self._members:
            raise HarnessError("a group without members cannot be waited for")
        return self._members[0]._waiting
