"""How ManifestWorks carry an object: its update strategy, and the fields that it travels without."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions import carried_without, create_only
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj
from kubestellar_conformance.spaces.refs import (
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
)
from tests.support.three_spaces import ThreeSpaces, config_map, unique


def carry(three: ThreeSpaces, policy: str, *manifests: Obj, **spec: Any) -> Obj:
    """A ManifestWork of the policy in the mailbox of the WEC."""
    labels = {ORIGIN_BINDING_LABEL: policy, ORIGIN_WDS_LABEL: "wds1"}
    metadata = {"name": policy, "namespace": three.wec.name, "labels": labels}
    work = {
        "apiVersion": MANIFEST_WORK.api_version,
        "kind": MANIFEST_WORK.name,
        "metadata": metadata,
        "spec": {"workload": {"manifests": list(manifests)}, **spec},
    }
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": three.wec.name}}
    three.its.apply(space, work)
    return work


def of(obj: Obj, strategy: str) -> Obj:
    """The configuration of a manifest with this update strategy."""
    metadata = obj["metadata"]
    identifier = {"group": "", "resource": "configmaps", "name": metadata["name"]}
    identifier["namespace"] = metadata["namespace"]
    return {"resourceIdentifier": identifier, "updateStrategy": {"type": strategy}}


def test_the_update_strategy_is_that_of_the_object(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    carry(three, policy, one, other, manifestConfigs=[of(one, "CreateOnly")])
    three.its.eventually(create_only(policy, [three.wec], one))
    with pytest.raises(Deviation, match="has the update strategy Update"):
        three.its.eventually(create_only(policy, [three.wec], one, other))


def test_what_is_not_carried_has_no_update_strategy(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    carry(three, policy, one, manifestConfigs=[of(one, "CreateOnly"), of(other, "CreateOnly")])
    with pytest.raises(Deviation, match=f"{three.wec.name}: 0 ManifestWorks carry ConfigMap"):
        three.its.eventually(create_only(policy, [three.wec], other))
    with pytest.raises(Deviation, match="0 ManifestWorks carry"):
        three.its.eventually(carried_without(f"{policy}x", [three.wec], one, "metadata.uid"))


def test_fields_that_an_object_travels_with(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    one["metadata"]["uid"] = "1234"
    carry(three, policy, one, other)
    without = carried_without(policy, [three.wec], other, "metadata.uid", "metadata.finalizers")
    three.its.eventually(without)
    with pytest.raises(Deviation, match=r"with metadata\.uid: 1234"):
        three.its.eventually(carried_without(policy, [three.wec], one, "metadata.uid"))
