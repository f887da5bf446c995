"""The WorkStatus of an object, compared with the object in its WEC."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import no_work_statuses, work_statuses
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj
from kubestellar_conformance.spaces.refs import WORK_STATUS
from tests.support.three_spaces import ThreeSpaces, unique


def pod(name: str) -> Obj:
    """An object with a status of its own."""
    spec = {"containers": [{"name": "a", "image": "a"}]}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def report(three: ThreeSpaces, name: str, of: Obj, status: Obj) -> None:
    """A WorkStatus of the object in the mailbox of the WEC."""
    place = {field: of["metadata"][field] for field in ("namespace", "name")}
    source = {"group": "", "version": "v1", "resource": "pods", "kind": of["kind"], **place}
    one = {
        "apiVersion": WORK_STATUS.api_version,
        "kind": WORK_STATUS.name,
        "metadata": {"name": name, "namespace": three.wec.name},
        "spec": {"sourceRef": source},
        "statusDetails": {"lastCurrencyUpdateTime": "0001-01-01T00:00:00Z"},
    }
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": three.wec.name}}
    three.its.apply(space, one)
    three.its.update_status(one, status, whole=True)


def test_each_object_has_one_work_status_with_its_status(three: ThreeSpaces) -> None:
    thing = pod(f"pod-{unique()}")
    expected = work_statuses([three.wec], thing)
    with pytest.raises(Deviation, match="is absent in cluster1"):
        three.its.eventually(expected)
    [live] = three.wec.apply(thing)
    with pytest.raises(Deviation, match="cluster1: 0 of Pod"):
        three.its.eventually(expected)
    three.its.eventually(no_work_statuses(thing))
    report(three, f"one-{unique()}", thing, live["status"])
    three.its.eventually(expected)
    three.wec.update_status(thing, {"phase": "Running"})
    with pytest.raises(Deviation, match="has another status than the object"):
        three.its.eventually(expected)
    report(three, f"two-{unique()}", thing, live["status"])
    with pytest.raises(Deviation, match="cluster1: 2 of Pod"):
        three.its.eventually(expected)
