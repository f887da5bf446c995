"""The verbs of a space, on real API servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from kubestellar_conformance.conditions import meets
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.spaces import (
    Kind,
    Ref,
    Refused,
    Space,
    Spaces,
    UnknownKind,
    Unreachable,
    Workload,
    client,
)
from kubestellar_conformance.spaces.refs import uid
from tests.support.servers import ApiServer, free_port
from tests.support.three_spaces import ThreeSpaces, config_map, unique


def crd(group: str) -> dict[str, object]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "kind": "Widget",
                "plural": "widgets",
                "singular": "widget",
                "listKind": "WidgetList",
            },
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }


def test_a_workload_is_applied_read_scaled_and_deleted(three: ThreeSpaces, nginx: Workload) -> None:
    namespace, deployment = three.wds.apply(nginx)
    assert uid(namespace)
    assert deployment["spec"]["strategy"], "the live object has the API server's defaults"
    assert three.wds.scale(nginx.deployment, 2)["spec"]["replicas"] == 2
    live = three.wds.update_status(nginx.deployment, {"replicas": 2, "observedGeneration": 2})
    assert live["status"]["replicas"] == 2
    assert three.wds.patch(nginx.deployment, {"metadata": {"labels": {"tier": "web"}}})["metadata"][
        "labels"
    ]["tier"]
    [found] = three.wds.list("apps/v1/Deployment", labels=nginx.labels)
    assert Ref.of(found) == nginx.deployment
    three.wds.delete(nginx.deployment)
    assert three.wds.get(nginx.deployment) is None
    three.wds.delete(nginx.deployment)


def test_a_second_apply_changes_what_the_first_made(three: ThreeSpaces) -> None:
    name = f"cm-{unique()}"
    [first] = three.wds.apply(config_map(name, a="1", b="1"))
    [second] = three.wds.apply(config_map(name, a="2"))
    assert second["data"] == {"a": "2"}
    assert uid(first) == uid(second)


def test_what_the_api_server_refuses_is_a_deviation_with_its_words(three: ThreeSpaces) -> None:
    with pytest.raises(Refused) as caught:
        three.wds.apply({**config_map(), "data": {"not/a/key": "x"}})
    assert isinstance(caught.value, Deviation)
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")
    assert "wds1: apply of ConfigMap default/" in str(caught.value)
    assert "not/a/key" in caught.value.detail


def test_an_object_for_a_missing_namespace_is_refused(three: ThreeSpaces) -> None:
    with pytest.raises(Refused, match="404 NotFound"):
        three.wds.apply(
            {**config_map(), "metadata": {"name": "x", "namespace": "no-such-namespace"}}
        )


def test_an_unknown_kind_names_kind_and_space(three: ThreeSpaces) -> None:
    with pytest.raises(
        UnknownKind, match=r"space wds1 does not serve the kind Gadget of nothing\.test/v1"
    ):
        three.wds.apply(
            {"apiVersion": "nothing.test/v1", "kind": "Gadget", "metadata": {"name": "g"}}
        )


def test_a_kind_whose_crd_came_later_is_found(three: ThreeSpaces) -> None:
    group = f"g{unique()}.test"
    kind = Kind(group, "v1", "Widget")
    with pytest.raises(UnknownKind):
        three.wds.list(kind)
    feed = three.wds.watch(kind)
    assert feed.ready(10), "a kind that is not served has no objects, and that is known"
    three.wds.apply(crd(group))
    three.wds.eventually(_established(group), within="restart")
    with three.system.record.changed:  # the group is served a moment after its CRD says Established
        assert three.system.record.changed.wait_for(lambda: feed.problem is None, 15)
    widget = Ref(kind, "default", "w")
    three.its.apply(config_map("unrelated"))
    made = three.wds.apply(
        {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}}
    )
    assert [uid(obj) for obj in three.wds.eventually(widget, within="restart")] == [uid(made[0])]
    three.wds.delete(Ref.of(crd(group)))


def _established(group: str) -> Condition:
    def served(obj: dict[str, dict[str, list[dict[str, str]]]]) -> bool:
        conditions = (obj.get("status") or {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

    return meets(Ref.of(crd(group)), "to be established", served)


def test_an_api_server_that_is_away_is_broken_and_named(
    wds_server: ApiServer, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "kubeconfig"
    port = free_port()
    elsewhere.write_text(
        wds_server.kubeconfig.read_text().replace(wds_server.server, f"https://127.0.0.1:{port}")
    )
    space = Space("wds1", "wds", elsewhere)
    with pytest.raises(Unreachable) as caught:
        space.apply(config_map())
    assert isinstance(caught.value, Broken)
    assert "space wds1" in str(caught.value)
    assert f"https://127.0.0.1:{port}" in str(caught.value)
    assert "refused" in str(caught.value)


@pytest.mark.parametrize("times", [2, 99])
def test_an_api_server_that_asks_to_come_back_later_is_asked_again(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """As it does while it fills its cache of a kind; for long, it is too busy for anything to be
    said.
    """
    asked: list[object] = []
    send = DynamicClient.request
    assert three.wds.list("v1/Namespace")
    monkeypatch.setattr(client, "_PAUSES", (0.01, 0.01, 0.01))

    def busy(*args: object, **kwargs: object) -> object:
        asked.append(args)
        if len(asked) <= times:
            raise ApiException(429, "Too Many Requests")
        return send(*args, **kwargs)

    monkeypatch.setattr(DynamicClient, "request", busy)
    if times == 99:
        with pytest.raises(Unreachable, match="429 Too Many Requests"):
            three.wds.list("v1/Namespace")
    else:
        assert three.wds.list("v1/Namespace")


def test_a_proxy_of_the_environment_is_not_used_for_loopback(
    wds_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert Space("wds1", "wds", wds_server.kubeconfig).list("v1/Namespace")


def test_a_kubeconfig_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be used for space wds1"):
        Space("wds1", "wds", tmp_path / "absent")
    (tmp_path / "empty").write_text("{}")
    with pytest.raises(UserError, match="cannot be used for space wds1"):
        Space("wds1", "wds", tmp_path / "empty")


def test_a_group_does_it_in_each(three: ThreeSpaces) -> None:
    both = Spaces([three.wds, three.wec])
    made = config_map()
    applied = both.apply(made)
    assert set(applied) == {"wds1", "cluster1"}
    before = both.snapshot(made)
    assert {space for space, _, _ in before} == {"wds1", "cluster1"}
    both.delete(made)
    assert both.get(made) == {"wds1": None, "cluster1": None}


def test_a_system_names_what_it_lacks(three: ThreeSpaces) -> None:
    with pytest.raises(UserError, match="unknown space 'wds9': use one of its1, wds1, cluster1"):
        _ = three.system["wds9"]
    with pytest.raises(UserError, match="1 spaces in the role 'wec', so no number 2"):
        _ = three.system.wec2
