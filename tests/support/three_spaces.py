"""A small system for the tests of spaces and waiting: its1, wds1 and cluster1 on real API servers,
and nobody else.

What KubeStellar and OCM would do along the path is done by hand, hop by hop, with `ByHand`.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.spaces import Event, Obj, Ref, Space, System
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    COMBINED_STATUS,
    CONFIG_MAP,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
)
from kubestellar_conformance.waiting import Contracts, Waiting
from tests.support.servers import NAMED, ApiServer
from tests.support.working import Worker

numbers = itertools.count(1)
NGINX = """
apiVersion: v1
kind: Namespace
metadata: {name: nginx, labels: {app.kubernetes.io/name: nginx}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx-deployment, namespace: nginx, labels: {app.kubernetes.io/name: nginx}}
spec:
  replicas: 1
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers: [{name: nginx, image: "public.ecr.aws/nginx/nginx:latest", ports: [{containerPort: 80}]}]
"""


def unique() -> str:
    return f"{os.getpid()}-{next(numbers)}"


def config_map(name: str = "", **data: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": data,
        "metadata": {"name": name or f"cm-{unique()}", "namespace": "default"},
    }


class Part:
    """A part of the system as a diagnosis sees it."""

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        self.log = Path(f"/logs/{name.replace('/', '-')}.log")
        self.lines = [f"{self.name} line {n}" for n in range(20)]

    def log_tail(self, lines: int = 10) -> list[str]:
        return self.lines[-lines:]


class Parts:
    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.logs: dict[str, list[str]] = {}

    def component(self, name: str) -> Part:
        part = Part(name, self.states.get(name, "running"))
        part.lines = self.logs.get(name, part.lines)
        return part


class ThreeSpaces:
    """The system, with time contracts of its own that are short."""

    def __init__(self, servers: dict[str, ApiServer]) -> None:
        self.servers, self.parts, self.terms = servers, Parts(), Contracts()
        for contract in list(self.terms):
            self.terms.change(contract.name, 15)
        self.terms.change("downsync", 0.5)
        self.terms.change("quiet", 0.3)
        self.system = System(
            [Space(name, NAMED[name][0], server.kubeconfig) for name, server in servers.items()],
            components=self.parts,
            waits=lambda system: Waiting(system, self.terms),
        )
        self.its, self.wds, self.wec = self.system.its, self.system.wds, self.system.wec1

    @property
    def waits(self) -> Waiting:
        assert isinstance(self.system.waits, Waiting)
        return self.system.waits


class ByHand:
    """The steps of the path for one object, each to be made or left out."""

    def __init__(self, three: ThreeSpaces, ref: Ref, plural: str) -> None:
        self.three, self.ref, self.plural = three, ref, plural
        self.policy = f"policy-{unique()}"
        self.work = f"work-{unique()}"
        three.its.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": three.wec.name}}
        )

    @property
    def work_ref(self) -> Ref:
        return Ref(MANIFEST_WORK, self.three.wec.name, self.work)

    def entry(self, **more: Any) -> Obj:
        kind = self.ref.kind
        named = {
            "group": kind.group,
            "version": kind.version,
            "resource": self.plural,
            "name": self.ref.name,
            **more,
        }
        return {**named, "namespace": self.ref.namespace} if self.ref.namespace else named

    def bind(self, *clusters: str, resource_version: str = "", **clause: Any) -> None:
        live = self.three.wds.get(self.ref)
        assert live is not None
        entry = self.entry(
            resourceVersion=resource_version or live["metadata"]["resourceVersion"], **clause
        )
        scope = "namespaceScope" if self.ref.namespace else "clusterScope"
        self.three.wds.apply(
            {
                "apiVersion": BINDING.api_version,
                "kind": "Binding",
                "metadata": {"name": self.policy},
                "spec": {
                    "workload": {scope: [entry]},
                    "destinations": [{"clusterId": name} for name in clusters],
                },
            }
        )

    def wrap(
        self,
        manifest: Obj | None = None,
        finalizers: list[str] | None = None,
        create_only: bool = False,
    ) -> None:
        config: Obj = {
            "resourceIdentifier": {
                "group": self.ref.kind.group,
                "resource": self.plural,
                "name": self.ref.name,
                "namespace": self.ref.namespace,
            },
            "updateStrategy": {"type": "CreateOnly"},
        }
        self.three.its.apply(
            {
                "apiVersion": MANIFEST_WORK.api_version,
                "kind": "ManifestWork",
                "metadata": {
                    "name": self.work,
                    "namespace": self.three.wec.name,
                    "finalizers": finalizers or [],
                    "labels": {
                        ORIGIN_BINDING_LABEL: self.policy,
                        ORIGIN_WDS_LABEL: self.three.wds.name,
                    },
                },
                "spec": {
                    "workload": {"manifests": [manifest or self.cleaned()]},
                    "manifestConfigs": [config] if create_only else [],
                },
            }
        )

    def cleaned(self) -> Obj:
        live = self.three.wds.get(self.ref)
        assert live is not None
        return cleaned(live)

    def note_applied(self, *entries: Obj) -> None:
        """As the agent does in the WEC: an AppliedManifestWork that lists the object, or other
        entries.
        """
        [applied] = self.three.wec.apply(
            {
                "apiVersion": APPLIED_MANIFEST_WORK.api_version,
                "kind": "AppliedManifestWork",
                "metadata": {"name": f"hash-{self.work}"},
                "spec": {"hubHash": "hash", "agentID": "agent", "manifestWorkName": self.work},
            }
        )
        self.three.wec.update_status(applied, {"appliedResources": list(entries) or [self.entry()]})

    def deliver(self) -> Obj:
        if self.ref.namespace:
            self.three.wec.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.ref.namespace}}
            )
        return self.three.wec.apply(self.cleaned())[0]

    def combine(self, *results: Obj) -> None:
        """As the controller manager does in the WDS: a CombinedStatus of the object."""
        prefix = "status.kubestellar.io"
        self.three.wds.apply(
            {
                "apiVersion": COMBINED_STATUS.api_version,
                "kind": "CombinedStatus",
                "metadata": {
                    "name": f"{self.work}.x",
                    "namespace": self.ref.namespace,
                    "labels": {
                        f"{prefix}/api-group": self.ref.kind.group,
                        f"{prefix}/resource": self.plural,
                        f"{prefix}/name": self.ref.name,
                        f"{prefix}/namespace": self.ref.namespace,
                        f"{prefix}/binding-policy": self.policy,
                    },
                },
                "results": list(results),
            }
        )

    def report(self, status: Obj, *, of_wds: str = "") -> None:
        """As the status add-on does in the ITS; for an object of another WDS, if told."""
        source = {
            "group": self.ref.kind.group,
            "version": self.ref.kind.version,
            "resource": self.plural,
            "kind": self.ref.kind.name,
            "namespace": self.ref.namespace,
            "name": self.ref.name,
        }
        [made] = self.three.its.apply(
            {
                "apiVersion": WORK_STATUS.api_version,
                "kind": "WorkStatus",
                "metadata": {
                    "name": f"ws-{self.work}",
                    "namespace": self.three.wec.name,
                    "labels": {ORIGIN_WDS_LABEL: of_wds or self.three.wds.name},
                },
                "spec": {"sourceRef": source},
            }
        )
        self.three.its.update_status(made, status)


class Carrier:
    """Carries ConfigMaps of the namespace ``default`` from the WDS to the WEC, as the whole of
    KubeStellar would.
    """

    def __init__(self, three: ThreeSpaces) -> None:
        self._trio = three
        assert three.wds.watch(CONFIG_MAP).ready(10)
        self._worker = Worker(three.system.record, self._concerns, self._carry)

    def _concerns(self, event: Event) -> bool:
        of_wds = event.space == self._trio.wds.name
        return of_wds and event.ref.kind == CONFIG_MAP and event.ref.namespace == "default"

    def _carry(self, ref: Ref) -> None:
        if (live := self._trio.wds.get(ref)) is not None:
            self._trio.wec.apply(cleaned(live))

    def close(self) -> None:
        self._worker.close()
