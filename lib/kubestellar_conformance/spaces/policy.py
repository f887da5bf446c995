"""The BindingPolicy of a test: which objects go to which clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubestellar_conformance.spaces.refs import BINDING_POLICY, Obj
from kubestellar_conformance.spaces.workload import Workload

Selector = Mapping[str, Any]
"""Labels that must match, or a whole LabelSelector (then it has ``matchLabels`` or
``matchExpressions``).
"""


def label_selector(selector: Selector | Workload) -> Obj:
    if isinstance(selector, Workload):
        selector = selector.labels
    if "matchLabels" in selector or "matchExpressions" in selector or not selector:
        return dict(selector)
    return {"matchLabels": dict(selector)}


def _selectors(given: Selector | Workload | Sequence[Selector | Workload]) -> list[Obj]:
    return [
        label_selector(one) for one in ([given] if isinstance(given, Mapping | Workload) else given)
    ]


def binding_policy(
    name: str,
    *,
    clusters: Selector | Sequence[Selector],
    objects: Selector | Workload | Sequence[Selector | Workload] | None = None,
    want_singleton_status: bool = False,
    clauses: Iterable[Obj] | None = None,
    **clause: Any,
) -> Obj:
    """A BindingPolicy: which objects go to which clusters.

    ``clusters`` and ``objects`` are labels, or a list of alternatives. Further fields of the one
    downsync clause are named as in the API (``createOnly=True``, ``statusCollectors=[...]``,
    ``namespaces=[...]``); ``clauses`` gives whole clauses in place of it.
    """
    if clauses is None:
        if objects is not None:
            clause["objectSelectors"] = _selectors(objects)
        if want_singleton_status:
            clause["wantSingletonReportedState"] = True
        clauses = [clause]
    return {
        "apiVersion": BINDING_POLICY.api_version,
        "kind": BINDING_POLICY.name,
        "metadata": {"name": name},
        "spec": {"clusterSelectors": _selectors(clusters), "downsync": list(clauses)},
    }
