"""A fleet: virtual WECs that are addressed together, by the names that a test gave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, overload

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet.inventory import AT_ONCE
from kubestellar_conformance.fleet.virtual import VirtualWec, delivered
from kubestellar_conformance.spaces.group import Spaces
from kubestellar_conformance.spaces.policy import label_selector
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Selector, Target

FLEET_LABEL = "kubestellar-conformance/fleet"
"""Label of a ManagedCluster that is a virtual WEC; its value is its fleet's own."""


class Fleet(Spaces):
    """Virtual WECs with the verbs of `Spaces`.

    ``fleet["eu us"]`` is the Fleet of these members, in that order, and ``others`` that of the
    rest. Every selector that it makes asks for the fleet's own label too, so that tests side by
    side do not select each other's WECs.
    """

    def __init__(self, members: Sequence[VirtualWec], label: str) -> None:
        super().__init__(members)
        self._wecs, self._label = tuple(members), label

    def __repr__(self) -> str:
        return f"<Fleet {' '.join(self.members)}>"

    @property
    def members(self) -> list[str]:
        """The test's names of its WECs; `names` are the names of their ManagedClusters."""
        return [wec.member for wec in self._wecs]

    def __iter__(self) -> Iterator[VirtualWec]:
        return iter(self._wecs)

    @overload
    def __getitem__(self, index: int) -> VirtualWec: ...
    @overload
    def __getitem__(self, index: slice | str) -> Fleet: ...
    def __getitem__(self, index: int | slice | str) -> VirtualWec | Fleet:
        if isinstance(index, str):
            return Fleet([self.wec(name) for name in index.split()], self._label)
        if isinstance(index, slice):
            return Fleet(self._wecs[index], self._label)
        return self._wecs[index]

    def others(self, names: str) -> Fleet:
        """All members but these, in the fleet's order."""
        left_out = set(self[names].members)
        return Fleet([wec for wec in self._wecs if wec.member not in left_out], self._label)

    def wec(self, name: str) -> VirtualWec:
        """The member with this name. Raises `UserError` if the fleet has none."""
        found = next((wec for wec in self._wecs if wec.member == name), None)
        if found is None:
            raise UserError(f"this fleet has no member {name!r}; it has: {', '.join(self.members)}")
        return found

    def where(self, *selectors: Selector) -> list[Obj]:
        """Cluster selectors for a policy: each of these, within this fleet; none is all of it.

        A selector is labels, or a whole LabelSelector with ``matchLabels`` or
        ``matchExpressions``.
        """
        return [self._fenced(one) for one in selectors] or [{"matchLabels": self._fence}]

    def _fenced(self, selector: Selector) -> Obj:
        whole = label_selector(selector)
        if not whole:
            raise UserError(
                "the selector {} stands for every WEC of the ITS, so it cannot be kept within a "
                "fleet: where() without a selector is the whole fleet"
            )
        return {**whole, "matchLabels": {**(whole.get("matchLabels") or {}), **self._fence}}

    @property
    def _fence(self) -> dict[str, str]:
        return {FLEET_LABEL: self._label}

    def report(
        self,
        what: Target,
        status: str | Mapping[str, Any] | None = None,
        /,
        **by_member: Any,
    ) -> None:
        """Write WorkStatuses, as the agents of such WECs would: each the whole status of the
        object, in place of the one before.

        ``report(web, {"availableReplicas": 3})``: the same for every member.
        ``report(web, "availableReplicas", eu=3, us=2)``: that field for these members; dots lead
        into nested fields. ``report(web, eu={...}, us={...})``: a whole status each. Waits for the
        object under the contract ``downsync``.
        """
        statuses = self._statuses(status, by_member)
        wecs = self[" ".join(statuses)]
        wecs.eventually(delivered(what), within="downsync")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda wec: wec.write_status(what, statuses[wec.member]), wecs))

    def _statuses(
        self, status: str | Mapping[str, Any] | None, by_member: Mapping[str, Any]
    ) -> dict[str, Mapping[str, Any]]:
        if isinstance(status, Mapping) and not by_member:
            return dict.fromkeys(self.members, status)
        if not by_member or isinstance(status, Mapping):
            raise UserError(
                "report() takes one status for all members, or a value for each by its name"
            )
        if isinstance(status, str):
            return {name: _nested(status, value) for name, value in by_member.items()}
        for name, value in by_member.items():
            if not isinstance(value, Mapping):
                raise UserError(
                    f"report({name}={value!r}): give a whole status, or say which field it is"
                )
        return dict(by_member)

    def relabel(
        self, labels: Mapping[str, str | None] | None = None, /, **more: str | None
    ) -> None:
        """Change labels of the members' ManagedClusters; None removes one."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda wec: wec.relabel(labels, **more), self._wecs))


def _nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}
