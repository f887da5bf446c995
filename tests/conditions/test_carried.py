"""How ManifestWorks carry an object: its update strategy, and the fields that it travels without."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions import (
    applied,
    carried,
    carried_without,
    create_only,
    manifest_works,
    not_applied,
)
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


def test_a_work_that_is_being_deleted_carries_nothing(three: ThreeSpaces) -> None:
    policy, one = f"policy-{unique()}", config_map()
    work = carry(three, policy, one)
    three.its.patch(work, {"metadata": {"finalizers": ["conformance.test/kept"]}})
    three.its.delete(work)
    with pytest.raises(Deviation, match="0 ManifestWorks carry"):
        three.its.eventually(carried(policy, [three.wec], one))
    three.its.patch(work, {"metadata": {"finalizers": None}})


def test_what_is_not_carried_has_no_update_strategy(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    carry(three, policy, one, manifestConfigs=[of(one, "CreateOnly"), of(other, "CreateOnly")])
    with pytest.raises(Deviation, match=f"{three.wec.name}: 0 ManifestWorks carry ConfigMap"):
        three.its.eventually(create_only(policy, [three.wec], other))
    with pytest.raises(Deviation, match="0 ManifestWorks carry"):
        three.its.eventually(carried_without(f"{policy}x", [three.wec], one, "metadata.uid"))


def test_each_object_is_carried_once(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    carry(three, policy, one)
    three.its.eventually(carried(policy, [three.wec], one))
    with pytest.raises(
        Deviation, match=r"to be carried in the mailboxes .*: 0 ManifestWorks carry"
    ):
        three.its.eventually(carried(policy, [three.wec], one, other))
    carry(three, policy, one, other, one)
    with pytest.raises(Deviation, match="2 ManifestWorks carry ConfigMap"):
        three.its.eventually(carried(policy, [three.wec], other, one))


def test_fields_that_an_object_travels_with(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    one["metadata"]["uid"] = "1234"
    carry(three, policy, one, other)
    without = carried_without(policy, [three.wec], other, "metadata.uid", "metadata.finalizers")
    three.its.eventually(without)
    with pytest.raises(Deviation, match=r"with metadata\.uid: 1234"):
        three.its.eventually(carried_without(policy, [three.wec], one, "metadata.uid"))


def test_every_manifest_work_has_to_pass(three: ThreeSpaces) -> None:
    policy, one = f"policy-{unique()}", config_map()
    none = manifest_works(policy, [three.wec], "be there", lambda _: True)
    with pytest.raises(Deviation, match=f"{three.wec.name}: none"):
        three.its.eventually(none)
    work = carry(three, policy, one)
    [live] = three.its.eventually(none)
    assert live["metadata"]["name"] == work["metadata"]["name"]
    with pytest.raises(Deviation, match=f"expected to be paid, in .*: {policy} does not"):
        three.its.eventually(manifest_works(policy, [three.wec], "be paid", lambda _: False))
    three.its.eventually(manifest_works(policy, [three.wec], "be", lambda _: True, carrying=[one]))
    other = manifest_works(policy, [three.wec], "be", lambda _: True, carrying=[config_map()])
    with pytest.raises(Deviation, match="none"):
        three.its.eventually(other)


def test_a_manifest_work_says_whether_an_object_is_applied(three: ThreeSpaces) -> None:
    policy, one, other = f"policy-{unique()}", config_map(), config_map()
    work = carry(three, policy, one, other)
    with pytest.raises(Deviation, match="is reported with Applied=absent"):
        three.its.eventually(applied(policy, [three.wec], one))
    three.its.update_status(work, _status((one, "True", "fine"), (other, "False", "no such place")))
    three.its.eventually(applied(policy, [three.wec], one))
    three.its.eventually(not_applied(policy, [three.wec], other, matching="such place"))
    with pytest.raises(Deviation, match="is reported with Applied=False no such place"):
        three.its.eventually(applied(policy, [three.wec], one, other))
    with pytest.raises(Deviation, match="is reported with Applied=True fine"):
        three.its.eventually(not_applied(policy, [three.wec], one))
    with pytest.raises(Deviation, match="is reported with Applied=False no such place"):
        three.its.eventually(not_applied(policy, [three.wec], other, matching="time"))


def _status(*reports: tuple[Obj, str, str]) -> Obj:
    def told(obj: Obj, truth: str, message: str) -> Obj:
        since = {"lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "Test"}
        both = [
            {"type": type, "status": truth, "message": message, **since}
            for type in ("Applied", "Available")
        ]
        place = {field: obj["metadata"][field] for field in ("namespace", "name")}
        meta = {"ordinal": 0, "group": "", "version": "v1", "kind": "ConfigMap", **place}
        return {"resourceMeta": {**meta, "resource": "configmaps"}, "conditions": both}

    return {"resourceStatus": {"manifests": [told(*one) for one in reports]}}
