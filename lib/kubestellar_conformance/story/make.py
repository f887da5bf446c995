"""``make``: builds everything that a story needs, under names of the test's own.

It creates only custom kinds and virtual WECs; everything else is a value to apply. Each object
carries a label that no other object has, and a policy selects by it. So policies of tests side by
side, and of one test, select exactly the objects that they were made for.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet import Fleet, Members
from kubestellar_conformance.platforms.common.names import AGENT, WORK_ACCOUNT
from kubestellar_conformance.spaces import Kind, Obj, Policy, Ref, Selector, Space, Workload
from kubestellar_conformance.spaces.objects import (
    CLUSTER_SCOPED,
    camel,
    deployment_spec,
    new,
    plural,
)
from kubestellar_conformance.spaces.policy import (
    Destinations,
    clause_of,
    cluster_selectors,
    label_selector,
)
from kubestellar_conformance.spaces.refs import (
    BINDING_POLICY,
    CONFIG_MAP,
    CUSTOM_TRANSFORM,
    DEPLOYMENT,
    NAMESPACE,
    STATUS_COLLECTOR,
)
from kubestellar_conformance.spaces.space import Applicable, objects_of
from kubestellar_conformance.story.kinds import KINDS_GROUP, SpaceScope, serve
from kubestellar_conformance.story.names import Names
from kubestellar_conformance.story.selecting import SET_LABEL, criteria, own_label

_RBAC = "rbac.authorization.k8s.io"
Aggregate = str | tuple[str, str]
"""``"COUNT"``, or the type of an aggregate with its expression."""


class Make:
    """The builder of one test. A stem is completed to a name of the test's own, always the same."""

    def __init__(
        self, names: Names, wds: Space, fleets: Callable[[Members], Fleet] | None = None
    ) -> None:
        self._names, self._wds, self._fleets = names, wds, fleets
        self._by_default: set[tuple[str, str]] = set()
        self._cluster_scoped: set[Kind] = set()

    def name(self, stem: str) -> str:
        """The name of this test's own that the stem stands for: ``web`` is ``web-x1f3qa5``."""
        return self._names(stem)

    # Objects of a workload.

    def object(
        self,
        kind: Kind | str,
        stem: str | None = None,
        *,
        namespace: str | Obj | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Obj:
        """An object of any kind: ``make.object("v1/Service", spec={"ports": [{"port": 80}]})``.

        ``namespace``: its name or the Namespace itself; ``default`` unless told, and none for a
        kind whose objects live in none. For other cluster-scoped kinds say ``namespace=""``.
        ``metadata``: further fields of its metadata, finalizers for example; ``fields``: further
        fields of the object. Without a stem it is named after its kind, which
        one object of the kind can be.
        """
        kind = Kind.of(kind)
        stem = self._stem(kind, stem, kind.name.lower())
        if namespace is None:
            nowhere = kind.name in CLUSTER_SCOPED or kind in self._cluster_scoped
            namespace = "" if nowhere else "default"
        where = namespace if isinstance(namespace, str) else str(namespace["metadata"]["name"])
        name = self.name(stem)
        labels = {**(labels or {}), **own_label(kind, where, name)}
        metadata = {
            **({"annotations": dict(annotations)} if annotations else {}),
            **(metadata or {}),
        }
        return new(kind, name, where, labels, metadata, **fields)

    def config_map(
        self,
        stem: str | None = None,
        *,
        namespace: str | Obj = "default",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        **data: str,
    ) -> Obj:
        """A ConfigMap with these data: ``make.config_map("settings", size="1")``."""
        stem = self._stem(CONFIG_MAP, stem, "config")
        data = data or {"made-for": self.name(stem)}
        return self.object(
            CONFIG_MAP, stem, namespace=namespace, labels=labels, annotations=annotations, data=data
        )

    def config_maps(self, count: int, stem: str = "config") -> Workload:
        """So many small ConfigMaps ``<stem>-0``, ``<stem>-1``, ..., as one workload."""
        objects = [self.config_map(f"{stem}-{number}") for number in range(count)]
        return _together(self.name(stem), objects)

    def deployment(
        self,
        stem: str | None = None,
        replicas: int = 1,
        *,
        namespace: str | Obj = "default",
        labels: Mapping[str, str] | None = None,
    ) -> Obj:
        """A Deployment of a small web server that runs on every platform."""
        stem = self._stem(DEPLOYMENT, stem, "web")
        spec = deployment_spec(self.name(stem), replicas)
        return self.object(DEPLOYMENT, stem, namespace=namespace, labels=labels, spec=spec)

    def namespace(self, stem: str = "space", labels: Mapping[str, str] | None = None) -> Obj:
        """A Namespace; other builders take it as ``namespace=``."""
        return self.object(NAMESPACE, stem, labels=labels)

    def workload(self, text: str, *, name: str = "") -> Workload:
        """The objects of a documented YAML text, under names and label values of this test's own
        (see `Workload.from_yaml`).
        """
        found = Workload.from_yaml(text, name=name, suffix=self._names.suffix)
        return _together(self.name(name) if name else found.name, found.objects)

    def kind(
        self,
        stem: str = "widget",
        scope: SpaceScope = "Namespaced",
        *,
        schema: Obj | None = None,
        status_subresource: bool = True,
        also_in: Sequence[Space] = (),
    ) -> Kind:
        """A custom kind of the test's own, served in the WDS, and in these WECs, when this returns.

        ``schema``: its openAPIV3Schema; without one every field is accepted.
        ``status_subresource``: whether its status is written apart. The kind goes after the test.
        One that a whole module needs is the fixture ``widget``.
        """
        kind = Kind(f"{self._names.suffix}.{KINDS_GROUP}", "v1", camel(stem))
        if scope == "Cluster":
            self._cluster_scoped.add(kind)
        serve(
            kind,
            [self._wds, *also_in],
            scope=scope,
            schema=schema,
            status_subresource=status_subresource,
        )
        return kind

    def agent_rights(
        self, kind: Kind, *verbs: str, stem: str = "rights", aggregated: bool = False
    ) -> Workload:
        """RBAC objects that grant OCM's agent in a WEC these verbs on a kind: a ClusterRole and its
        binding to ``klusterlet-work-sa``, or (aggregated) a ClusterRole with OCM's label alone.
        """
        rules = [{"apiGroups": [kind.group], "resources": [plural(kind)], "verbs": list(verbs)}]
        labels = {"open-cluster-management.io/aggregate-to-work": "true"} if aggregated else {}
        role = self.object(
            f"{_RBAC}/v1/ClusterRole", stem, namespace="", labels=labels, rules=rules
        )
        name = role["metadata"]["name"]
        if aggregated:
            return _together(name, [role])
        bound = self.object(
            f"{_RBAC}/v1/ClusterRoleBinding",
            stem,
            namespace="",
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            subjects=[{"kind": "ServiceAccount", "name": WORK_ACCOUNT, "namespace": AGENT}],
        )
        return _together(name, [role, bound])

    def wecs(self, **members: Mapping[str, str]) -> Fleet:
        """Virtual WECs of the test's own, which it may change: ``make.wecs(first={"zone": "a"},
        second={})``.

        Each comes with the labels of its ManagedCluster. They go after the test. Where tests leave
        them as they are, `on_fleet` gives a whole module the same.
        """
        if self._fleets is None:
            raise UserError("this make cannot create virtual WECs")
        return self._fleets(members)

    def properties(
        self,
        wec: Space,
        data: Mapping[str, str] | None = None,
        /,
        *,
        binary: Mapping[str, bytes] | None = None,
        **more: str,
    ) -> Obj:
        """The ConfigMap, to apply in the ITS, that gives a WEC these properties
        (API: PropertyConfigMapNamespace).

        The WEC has to be the test's own, as `wecs` makes them. Keys that are not Python names come
        in ``data``. ``binary``: the content of its ``binaryData``.
        """
        encoded = {key: b64encode(value).decode() for key, value in (binary or {}).items()}
        return new(
            CONFIG_MAP,
            wec.name,
            "customization-properties",
            data={**(data or {}), **more} or None,
            binaryData=encoded or None,
        )

    # What directs KubeStellar.

    def policy(
        self,
        *objects: Applicable,
        to: Destinations | Selector | Sequence[Selector] | None = None,
        name: str | None = None,
        clauses: Iterable[Obj] | None = None,
        spec: Obj | None = None,
        labels: Mapping[str, str] | None = None,
        **clause: Any,
    ) -> Policy:
        """A BindingPolicy that sends the objects to WECs: ``make.policy(web, to=wecs)``.

        ``to``: a WEC, several, a fleet, labels, or a list of alternatives. Further arguments are
        those of `clause`. ``clauses``: whole clauses in place of the one; ``spec``: a whole spec,
        in which nothing is checked. A policy made again under the same ``name`` replaces the
        first one when it is applied.
        """
        name = self.name(self._stem(BINDING_POLICY, name, "policy"))
        about = tuple(Ref.of(obj) for one in objects for obj in objects_of(one))
        if spec is None:
            clauses = [self.clause(*objects, **clause)] if clauses is None else list(clauses)
            spec = {} if to is None else {"clusterSelectors": cluster_selectors(to)}
            spec["downsync"] = clauses
        elif objects or clause or clauses or to is not None:
            raise UserError("spec= is the whole of a policy: give nothing else with it")
        return Policy(name, spec, about, labels)

    def clause(
        self,
        *objects: Applicable,
        collect: Obj | str | Sequence[Obj | str] = (),
        create_only: bool | None = None,
        want_singleton_status: bool | None = None,
        want_multi_wec_status: bool | None = None,
        **fields: Any,
    ) -> Obj:
        """One downsync clause, for a policy of several: ``clauses=[make.clause(a, ...), ...]``.

        ``collect``: the status collectors to apply. ``fields`` are named as in the API
        (``namespaces=[...]``) and replace what the objects stand for; None leaves a field out.
        Labels in ``objectSelectors`` and ``namespaceSelectors`` stand for selectors of them.
        """
        for field in ("objectSelectors", "namespaceSelectors"):
            if fields.get(field):
                fields[field] = [label_selector(one) for one in fields[field]]
        given = [collect] if isinstance(collect, dict | str) else collect
        collectors = [one if isinstance(one, str) else one["metadata"]["name"] for one in given]
        selected = criteria(objects) if objects else {}
        modulation = {
            "createOnly": create_only,
            "statusCollectors": collectors or None,
            "wantSingletonReportedState": want_singleton_status,
            "wantMultiWECReportedState": want_multi_wec_status,
        }
        return clause_of({**selected, **modulation, **fields})

    def status_collector(
        self,
        stem: str | None = None,
        *,
        filter: str | None = None,
        select: Mapping[str, str] | None = None,
        group_by: Mapping[str, str] | None = None,
        combine: Mapping[str, Aggregate] | None = None,
        limit: int | None = 20,
        spec: Obj | None = None,
    ) -> Obj:
        """A StatusCollector of these expressions (CEL), each under the name of its column.

        ``combine``: the aggregates, as in ``{"n": "COUNT", "sum": ("SUM", "returned.status.x")}``.
        ``limit``: the most rows. ``spec``: a whole spec in place of all that.
        """
        spec = spec or {
            "filter": filter,
            "select": _named(select),
            "groupBy": _named(group_by),
            "combinedFields": [_aggregate(*one) for one in (combine or {}).items()] or None,
            "limit": limit,
        }
        spec = {field: value for field, value in spec.items() if value is not None}
        stem = self._stem(STATUS_COLLECTOR, stem, "collector")
        return new(STATUS_COLLECTOR, self.name(stem), spec=spec)

    def custom_transform(
        self,
        what: Kind | str,
        *,
        remove: Sequence[str] = (),
        stem: str | None = None,
        spec: Obj | None = None,
    ) -> Obj:
        """A CustomTransform that removes the fields at these JSONPaths from the objects of a kind.

        It works for all objects of the kind in the WDS, so the kind has to be the test's own:
        ``widget``, or ``make.kind(...)``. ``spec``: a whole spec in place of all that.
        """
        kind = Kind.of(what)
        spec = spec or {"apiGroup": kind.group, "resource": plural(kind), "remove": list(remove)}
        stem = self._stem(CUSTOM_TRANSFORM, stem, "transform")
        return new(CUSTOM_TRANSFORM, self.name(stem), spec=spec)

    def _stem(self, kind: Kind, stem: str | None, default: str) -> str:
        """``stem``, or the default once: a second object would have the name of the first."""
        if stem is not None:
            return stem
        if (kind.name, default) in self._by_default:
            raise UserError(
                f"this test has made a {kind.name} without a name already: name this one"
            )
        self._by_default.add((kind.name, default))
        return default


def _together(name: str, objects: Iterable[Obj]) -> Workload:
    labelled = []
    for obj in objects:
        ref, metadata = Ref.of(obj), obj["metadata"]
        labels = {**(metadata.get("labels") or {}), SET_LABEL: name}
        labels.update(own_label(ref.kind, ref.namespace, ref.name))
        labelled.append({**obj, "metadata": {**metadata, "labels": labels}})
    return Workload(name, tuple(labelled))


def _named(expressions: Mapping[str, str] | None) -> list[Obj] | None:
    return [{"name": name, "def": text} for name, text in (expressions or {}).items()] or None


def _aggregate(name: str, aggregate: Aggregate) -> Obj:
    if isinstance(aggregate, str):
        return {"name": name, "type": aggregate}
    return {"name": name, "type": aggregate[0], "subject": aggregate[1]}
