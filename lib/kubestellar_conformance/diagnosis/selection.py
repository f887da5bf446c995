"""Which objects and clusters a BindingPolicy selects, evaluated here to tell a policy that does not
ask for an object from a controller that does not do what a policy asks.

The rules are those of the API's comments (DownsyncObjectTest, BindingPolicySpec); a label selector
is Kubernetes's own (LabelSelector).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubestellar_conformance.spaces.refs import Obj, Ref

Labels = Mapping[str, str]
ANY = "*"


class MalformedSelector(Exception):
    """A label selector that the API does not allow, so that it can select nothing."""


@dataclass(frozen=True)
class Subject:
    """An object as a policy's criteria see it. ``namespace_labels`` are None where its Namespace is
    not known.
    """

    ref: Ref
    resource: str
    labels: Labels
    namespace_labels: Labels | None


def matches(selector: Obj, labels: Labels) -> bool:
    """Whether a LabelSelector matches: every label and every expression.

    Raises `MalformedSelector`.
    """
    wanted = (selector.get("matchLabels") or {}).items()
    found = [_expression(one, labels) for one in selector.get("matchExpressions") or []]
    return all(found) and all(labels.get(key) == value for key, value in wanted)


def _expression(one: Obj, labels: Labels) -> bool:
    key, operator = str(one.get("key")), one.get("operator")
    values: list[str] = one.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            raise MalformedSelector(f"{operator} without values for {key}")
        inside: bool = labels.get(key) in values
        return inside if operator == "In" else not inside
    if operator in ("Exists", "DoesNotExist"):
        if values:
            raise MalformedSelector(f"{operator} with values for {key}")
        exists = key in labels
        return exists if operator == "Exists" else not exists
    raise MalformedSelector(f"operator {operator!r}")


def any_matches(selectors: Sequence[Obj], labels: Labels) -> bool:
    """Whether one of the selectors matches; one that is malformed does not."""
    for selector in selectors:
        try:
            if matches(selector, labels):
                return True
        except MalformedSelector:
            continue
    return False


def selects_cluster(policy: Obj, labels: Labels) -> bool:
    """Whether a policy's ``clusterSelectors`` match a ManagedCluster with these labels."""
    return any_matches(_spec(policy).get("clusterSelectors") or [], labels)


def why_not_cluster(policy: Obj, cluster: str, labels: Labels | None) -> str:
    """Why a policy does not select a cluster; empty when it does.

    ``labels`` are those of its ManagedCluster, None when there is no such ManagedCluster.
    """
    if labels is None:
        return f"the inventory has no ManagedCluster {cluster}"
    if selects_cluster(policy, labels):
        return ""
    selectors = shown_selectors(_spec(policy).get("clusterSelectors") or [])
    return f"its clusterSelectors ({selectors}) do not match {cluster} ({shown_labels(labels)})"


def why_not_object(policy: Obj, subject: Subject) -> str:
    """Why no clause of a policy selects an object; empty when one does. Of several clauses the one
    that comes nearest speaks.
    """
    clauses = _spec(policy).get("downsync") or []
    reasons = [why_not_clause(clause, subject) for clause in clauses]
    if not reasons:
        return "it has no downsync clause"
    nearest = min(reasons, key=len)
    return "; ".join(nearest)


def distance(policy: Obj, subject: Subject) -> int:
    """How many criteria of the nearest clause the object fails: 0 for a policy that selects it."""
    clauses = _spec(policy).get("downsync") or []
    return min((len(why_not_clause(clause, subject)) for clause in clauses), default=len(CRITERIA))


def why_not_clause(clause: Obj, subject: Subject) -> list[str]:
    """The criteria of a downsync clause that the object does not meet, a text each."""
    return [why for criterion in CRITERIA if (why := criterion(clause, subject))]


def _api_group(clause: Obj, subject: Subject) -> str:
    wanted = clause.get("apiGroup")
    if wanted is None or wanted == subject.ref.kind.group:
        return ""
    return f"its apiGroup {wanted!r} is not {subject.ref.kind.group!r}"


def _resources(clause: Obj, subject: Subject) -> str:
    return _listed(clause, "resources", subject.resource)


def _object_names(clause: Obj, subject: Subject) -> str:
    return _listed(clause, "objectNames", subject.ref.name)


def _namespaces(clause: Obj, subject: Subject) -> str:
    if subject.ref.namespace:
        return _listed(clause, "namespaces", subject.ref.namespace)
    wanted = clause.get("namespaces") or []
    if not wanted or ANY in wanted:
        return ""
    return f"its namespaces [{', '.join(wanted)}] leave out cluster-scoped objects"


def _listed(clause: Obj, field: str, name: str) -> str:
    wanted = clause.get(field) or []
    if not wanted or ANY in wanted or name in wanted:
        return ""
    return f"its {field} [{', '.join(wanted)}] do not have {name}"


def _namespace_selectors(clause: Obj, subject: Subject) -> str:
    selectors = clause.get("namespaceSelectors") or []
    if not selectors:
        return ""
    if not subject.ref.namespace:
        if any(not selector for selector in selectors):
            return ""
        return "its namespaceSelectors leave out cluster-scoped objects, as none is {}"
    labels = subject.namespace_labels
    if labels is None:
        return f"its namespaceSelectors have no Namespace {subject.ref.namespace} to match"
    if any_matches(selectors, labels):
        return ""
    return (
        f"its namespaceSelectors ({shown_selectors(selectors)}) do not match the Namespace "
        f"{subject.ref.namespace} ({shown_labels(labels)})"
    )


def _object_selectors(clause: Obj, subject: Subject) -> str:
    selectors = clause.get("objectSelectors") or []
    if not selectors or any_matches(selectors, subject.labels):
        return ""
    return (
        f"its objectSelectors ({shown_selectors(selectors)}) do not match the object's labels "
        f"({shown_labels(subject.labels)})"
    )


CRITERIA: tuple[Callable[[Obj, Subject], str], ...] = (
    _api_group,
    _resources,
    _namespaces,
    _namespace_selectors,
    _object_names,
    _object_selectors,
)
"""In the order of the API: each says why an object does not meet it, or nothing."""


def shown_selectors(selectors: Sequence[Obj]) -> str:
    """Label selectors as a person writes them: ``tier=prod, zone in [a, b] | app``."""
    return " | ".join(map(_shown_selector, selectors)) or "none"


def _shown_selector(selector: Obj) -> str:
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or []:
        values = ", ".join(map(str, one.get("values") or []))
        parts.append(f"{one.get('key')} {one.get('operator')}{f' [{values}]' if values else ''}")
    try:
        matches(selector, {})
    except MalformedSelector as problem:
        parts.append(f"malformed: {problem}")
    return ", ".join(parts) or "{}"


def shown_labels(labels: Labels) -> str:
    """Labels for a person, the first few."""
    most = 6
    parts = [f"{key}={value}" for key, value in sorted(labels.items())]
    more = [f"and {len(parts) - most} more"] if len(parts) > most else []
    return ", ".join(parts[:most] + more) or "no labels"


def _spec(policy: Obj) -> dict[str, Any]:
    return policy.get("spec") or {}
