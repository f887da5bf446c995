"""Which AppliedManifestWorks own an object in a WEC, on real API servers."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import owned_once
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj
from kubestellar_conformance.spaces.refs import APPLIED_MANIFEST_WORK
from tests.support.three_spaces import ThreeSpaces, config_map, unique


def owner(kind: str = APPLIED_MANIFEST_WORK.name) -> Obj:
    version = APPLIED_MANIFEST_WORK.api_version if kind == APPLIED_MANIFEST_WORK.name else "v1"
    return {"apiVersion": version, "kind": kind, "name": unique(), "uid": unique()}


def owned(three: ThreeSpaces, *owners: Obj) -> Obj:
    made = config_map()
    made["metadata"]["ownerReferences"] = list(owners)
    three.wec.apply(made)
    return made


def test_an_object_that_one_manifest_work_carries_may_have_other_owners(three: ThreeSpaces) -> None:
    three.wec.eventually(owned_once(owned(three, owner(), owner("Secret"))), within="restart")


@pytest.mark.parametrize("count", [0, 2])
def test_none_or_two_are_not_one(three: ThreeSpaces, count: int) -> None:
    owners = [owner() for _ in range(count)]
    made = owned(three, *owners)
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(owned_once(made))
    message = str(caught.value)
    assert "expected to be owned by one AppliedManifestWork within" in message
    assert f"owned by {', '.join(one['name'] for one in owners) or 'none'}" in message
