"""Single fields and labels: what a path is, and what it finds."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions import labelled, lacks, not_labelled
from kubestellar_conformance.conditions.fields import at, steps
from kubestellar_conformance.errors import Deviation, UserError
from tests.support.three_spaces import ThreeSpaces, config_map

OBJ: dict[str, Any] = {
    "metadata": {"labels": {"example.com/owner": "me", "app": ""}, "creationTimestamp": None},
    "spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 81}], "suspend": False},
}


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("spec", ("spec",)),
        ("spec.replicas", ("spec", "replicas")),
        ("metadata.labels[example.com/owner]", ("metadata", "labels", "example.com/owner")),
        ('metadata.labels["a.b"].c', ("metadata", "labels", "a.b", "c")),
        ("spec.ports[0].nodePort", ("spec", "ports", "0", "nodePort")),
        ("[a.b]", ("a.b",)),
    ],
)
def test_a_path_has_keys(path: str, keys: tuple[str, ...]) -> None:
    assert steps(path) == keys


@pytest.mark.parametrize("path", ["", ".", ".spec", "spec.", "a..b", "a[", "a]", "a[]", "a[b]c"])
def test_what_is_not_a_path_is_refused(path: str) -> None:
    with pytest.raises(UserError, match="is not the path of a field"):
        steps(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("spec.suspend", [("spec.suspend", False)]),
        ("metadata.labels.app", [("metadata.labels.app", "")]),
        ("metadata.labels[example.com/owner]", [("metadata.labels[example.com/owner]", "me")]),
        ("metadata.creationTimestamp", []),
        ("spec.ports[1].nodePort", []),
        ("spec.ports[*].nodePort", [("spec.ports[0].nodePort", 30000)]),
        ("spec.ports[*].port", [("spec.ports[0].port", 80), ("spec.ports[1].port", 81)]),
        ("spec.suspend.more", []),
        ("nothing.here", []),
    ],
)
def test_a_path_finds_fields(path: str, found: list[tuple[str, Any]]) -> None:
    assert at(OBJ, path) == found


def test_lacks_wants_the_object_and_none_of_the_fields(three: ThreeSpaces) -> None:
    owner = "metadata.labels[example.com/owner]"
    one = config_map(size="3")
    one["metadata"]["labels"] = {"example.com/owner": "me"}
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(lacks(one, "data.size"))
    assert "expected to exist without data.size within" in str(caught.value)
    assert " s absent" in str(caught.value)
    three.wec.apply(one)
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(lacks(one, owner, "data.size", "data.other"))
    assert f"present with {owner}: me; data.size: 3" in str(caught.value)
    three.wec.patch(one, {"metadata": {"labels": {"example.com/owner": None}}})
    three.wec.eventually(lacks(one, owner, "data.other"))
    with pytest.raises(UserError, match="at least one field"):
        lacks(one)


def test_labels(three: ThreeSpaces) -> None:
    one = config_map()
    one["metadata"]["labels"] = {"example.com/owner": "me", "tier": "a"}
    three.wds.apply(one)
    three.wds.eventually(labelled(one, {"example.com/owner": "me"}, tier="a"))
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(labelled(one, {"example.com/owner": "you"}, zone="b"))
    message = str(caught.value)
    assert "expected to carry the label example.com/owner=you, zone=b within" in message
    assert "label example.com/owner is 'me'; zone is absent" in message
    three.wds.eventually(not_labelled(one, "zone", "example.com/other"))
    with pytest.raises(Deviation, match=r"labelled tier=a"):
        three.wds.eventually(not_labelled(one, "zone", "tier"))
    for empty in (labelled, not_labelled):
        with pytest.raises(UserError, match="at least one label"):
            empty(one)
