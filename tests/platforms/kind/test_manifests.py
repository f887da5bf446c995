"""The manifests: each can be filled in, and says what the rest of the platform counts on."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.platforms.common.names import ADD_ONS, AGENT
from kubestellar_conformance.platforms.kind.manifests import objects

VALUES: dict[str, dict[str, Any]] = {
    "control_plane": {
        "namespace": "wds1-system",
        "address": "172.18.0.2",
        "etcd_image": "e",
        "apiserver_image": "a",
    },
    "controllers": {
        "namespace": "wds1-system",
        "image": "c",
        "controllers": "namespace-controller",
    },
    "ocm_hub": {"namespace": "its1-system", "image": "i", "secret": "s", "key": "k"},
    "klusterlet": {"image": "i", "cluster": "cluster1"},
    "status_agent": {"image": "i", "cluster": "cluster1"},
    "hub_access": {"cluster": "cluster1"},
    "no_pull": {},
}


@pytest.mark.parametrize("name", VALUES)
def test_a_manifest_is_made_of_objects_and_pulls_nothing(name: str) -> None:
    found = objects(name, **VALUES[name])
    assert all(thing["kind"] and thing["metadata"]["name"] for thing in found)
    pods = [thing["spec"]["template"]["spec"] for thing in found if thing["kind"] == "Deployment"]
    assert all(one["imagePullPolicy"] == "Never" for pod in pods for one in pod["containers"])


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError, match="cluster"):
        objects("hub_access")


def test_deployments_have_the_names_of_a_documented_install() -> None:
    found = [
        *objects("klusterlet", **VALUES["klusterlet"]),
        *objects("status_agent", **VALUES["status_agent"]),
    ]
    names = {
        (one["metadata"]["namespace"], one["metadata"]["name"])
        for one in found
        if one["kind"] == "Deployment"
    }
    assert names == {(AGENT, "klusterlet-agent"), (ADD_ONS, "status-agent")}
