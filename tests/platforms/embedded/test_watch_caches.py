"""Kinds without a watch cache: each is one that API servers have, and is watched all the same."""

from __future__ import annotations

from collections.abc import Iterator

from kubestellar_conformance.conditions import contains, gone
from kubestellar_conformance.platforms.embedded.watch_caches import uncached
from kubestellar_conformance.spaces import Obj, Space
from tests.support.three_spaces import ThreeSpaces, unique


def built_in(space: Space) -> Iterator[str]:
    groups = space.client.request("get", "/apis", doing="discovery")["groups"]
    versions = [one["groupVersion"] for group in groups for one in group["versions"]]
    for root in ("/api/v1", *(f"/apis/{version}" for version in versions)):
        group = root.split("/")[2] if root != "/api/v1" else ""
        for entry in space.client.request("get", root, doing="discovery")["resources"]:
            yield f"{entry['name']}.{group}".rstrip(".")


def test_each_is_a_kind_of_kubernetes(three: ThreeSpaces) -> None:
    assert set(uncached()) <= {*built_in(three.wds)}


def test_one_is_watched_all_the_same(three: ThreeSpaces) -> None:
    limits: Obj = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": f"limits-{unique()}", "namespace": "default"},
        "spec": {"limits": [{"type": "Pod", "max": {"cpu": "1"}}]},
    }
    assert three.wds.watch("v1/LimitRange").ready(60)
    three.wds.apply(limits)
    limits["spec"]["limits"][0]["max"]["cpu"] = "2"
    three.wds.apply(limits)
    three.wds.eventually(contains(limits, {"spec": limits["spec"]}))
    three.wds.delete(limits)
    three.wds.eventually(gone(limits))
