"""The BindingPolicy of a test: which objects go to which clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import BINDING, BINDING_POLICY, Obj, Ref
from kubestellar_conformance.spaces.space import Selector
from kubestellar_conformance.spaces.workload import Workload

CRITERIA = (
    "apiGroup",
    "resources",
    "namespaces",
    "namespaceSelectors",
    "objectSelectors",
    "objectNames",
)
"""The fields of a downsync clause that say which objects it selects (API: DownsyncObjectTest)."""
MODULATION = (
    "createOnly",
    "statusCollectors",
    "wantSingletonReportedState",
    "wantMultiWECReportedState",
)
"""The fields of a downsync clause that say how its objects travel (API: DownsyncModulation)."""
CLAUSE_FIELDS = (*CRITERIA, *MODULATION)


@runtime_checkable
class Destinations(Protocol):
    """Clusters that know what selects them and no others: a WEC, several, a fleet."""

    @property
    def selectors(self) -> Sequence[Selector]: ...


@dataclass(frozen=True)
class Policy:
    """A BindingPolicy that knows its name, its Binding and the objects that it is about.

    It is applied, patched and deleted like any object: ``wds.apply(policy)``. ``workload``: the
    objects that it was made for, in the order given.
    """

    name: str
    spec: Obj
    workload: tuple[Ref, ...] = ()
    labels: Mapping[str, str] | None = None

    @property
    def objects(self) -> tuple[Obj, ...]:
        """The BindingPolicy itself, as it is applied."""
        metadata: Obj = {"name": self.name}
        if self.labels:
            metadata["labels"] = dict(self.labels)
        kind = BINDING_POLICY
        return (
            {
                "apiVersion": kind.api_version,
                "kind": kind.name,
                "metadata": metadata,
                "spec": self.spec,
            },
        )

    @property
    def ref(self) -> Ref:
        return Ref(BINDING_POLICY, "", self.name)

    @property
    def binding(self) -> Ref:
        """Its Binding, which KubeStellar gives the same name."""
        return Ref(BINDING, "", self.name)


def label_selector(selector: Selector | Workload) -> Obj:
    """A LabelSelector of the API, from one, from labels, or from a workload's labels."""
    if isinstance(selector, Workload):
        selector = selector.labels
    if "matchLabels" in selector or "matchExpressions" in selector or not selector:
        return dict(selector)
    return {"matchLabels": dict(selector)}


def expression(key: str, operator: str, *values: str) -> Selector:
    """A selector of one expression: ``expression("tier", "In", "prod", "dev")``."""
    one: Obj = {"key": key, "operator": operator}
    return {"matchExpressions": [{**one, "values": list(values)} if values else one]}


def cluster_selectors(to: Destinations | Selector | Sequence[Selector]) -> list[Obj]:
    """The clusters of a policy as its ``spec.clusterSelectors``: a list of alternatives."""
    return _selectors(to.selectors if isinstance(to, Destinations) else to)


def _selectors(given: Selector | Workload | Sequence[Selector | Workload]) -> list[Obj]:
    return [
        label_selector(one) for one in ([given] if isinstance(given, Mapping | Workload) else given)
    ]


def clause_of(fields: Mapping[str, Any]) -> Obj:
    """A downsync clause of these fields, those that are None left out. `UserError` for a field that
    the API does not have.
    """
    if unknown := [name for name in fields if name not in CLAUSE_FIELDS]:
        raise UserError(
            f"unknown field {unknown[0]!r} of a downsync clause; the fields are: "
            f"{', '.join(CLAUSE_FIELDS)}"
        )
    return {name: value for name, value in fields.items() if value is not None}


def binding_policy(
    name: str,
    *,
    clusters: Selector | Sequence[Selector],
    objects: Selector | Workload | Sequence[Selector | Workload] | None = None,
    want_singleton_status: bool = False,
    clauses: Iterable[Obj] | None = None,
    **clause: Any,
) -> Obj:
    """A BindingPolicy as the documentation writes it, with label queries. Stories say
    ``make.policy``.

    ``clusters`` and ``objects`` are labels, or a list of alternatives. Further fields of the one
    downsync clause are named as in the API (``createOnly=True``, ``statusCollectors=[...]``,
    ``namespaces=[...]``); ``clauses`` gives whole clauses in place of it, unchecked.
    """
    if clauses is None:
        if objects is not None:
            clause["objectSelectors"] = _selectors(objects)
        if want_singleton_status:
            clause["wantSingletonReportedState"] = True
        clauses = [clause_of(clause)]
    spec = {"clusterSelectors": _selectors(clusters), "downsync": list(clauses)}
    return Policy(name, spec).objects[0]
