"""`has` remembers what the WDS once had, on real API servers: what it has removed must go, what a
WEC fills in itself may stay.
"""

from __future__ import annotations

import re
import time
from queue import SimpleQueue

import pytest

from kubestellar_conformance.conditions import has, meets
from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj, Ref, Space
from kubestellar_conformance.spaces.feed import WatchedFeed
from kubestellar_conformance.spaces.refs import CONFIG_MAP
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map, unique

SECONDS = 60.0


def labelled(**labels: str | None) -> Obj:
    made = config_map()
    made["metadata"]["labels"] = labels
    return made


def carried(three: ThreeSpaces, obj: Obj) -> None:
    """Deliver the object as it is in the WDS now. What it no longer has goes from the WEC too."""
    live = three.wds.get(obj)
    assert live is not None
    three.wec.apply(cleaned(live))


def differing(three: ThreeSpaces, obj: Obj) -> str:
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(has(obj))
    found = re.search(r"differs: (.*)", str(caught.value))
    assert found, str(caught.value)
    return found[1]


@pytest.fixture
def elsewhere(wds_server: ApiServer) -> Space:
    """The WDS as another process has it: what it writes comes to the record by events alone."""
    return Space("wds1", "wds", wds_server.kubeconfig)


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_a_key_that_this_process_removed_before_anything_was_watched(
    three: ThreeSpaces, part: str
) -> None:
    made = config_map()
    made["metadata"][part] = {"a": "1", "b": "2"}
    three.wds.apply(made)
    carried(three, made)
    three.wds.patch(made, {"metadata": {part: {"b": None}}})
    assert differing(three, made) == f"metadata.{part}[b]: 2, no longer in the WDS"
    carried(three, made)
    three.wec.eventually(has(made), within="restart")


def test_a_label_that_somebody_else_removed(three: ThreeSpaces, elsewhere: Space) -> None:
    made = labelled(a="1", b="2")
    elsewhere.apply(made)
    three.wec.apply(made)
    three.wec.eventually(has(made), within="restart")
    elsewhere.patch(made, {"metadata": {"labels": {"b": None}}})
    three.wds.eventually(
        meets(made, "to have lost b", lambda obj: "b" not in obj["metadata"]["labels"]),
        within="restart",
    )
    assert differing(three, made) == "metadata.labels[b]: 2, no longer in the WDS"


def test_a_state_counts_that_comes_after_a_later_one(
    three: ThreeSpaces, elsewhere: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to this process's write is known before the event of the write before it."""
    made = labelled(a="1")
    three.wds.apply(made)
    feed = three.wds.watch(CONFIG_MAP)
    assert feed.ready(SECONDS)
    assert isinstance(feed, WatchedFeed)
    take, late = feed._take, SimpleQueue[tuple[str, Obj]]()

    def keep(verb: str, obj: Obj) -> None:
        late.put((verb, obj))

    monkeypatch.setattr(feed, "_take", keep)
    elsewhere.patch(made, {"metadata": {"labels": {"b": "2"}}})
    three.wds.patch(made, {"metadata": {"labels": {"b": None}}})
    events = [late.get(timeout=SECONDS), late.get(timeout=SECONDS)]
    assert [obj["metadata"]["labels"].get("b") for _, obj in events] == ["2", None]
    for verb, obj in events:
        take(verb, obj)
    three.wec.apply({**made, "metadata": {**made["metadata"], "labels": {"a": "1", "b": "2"}}})
    assert differing(three, made) == "metadata.labels[b]: 2, no longer in the WDS"


def test_a_label_of_an_earlier_object_of_the_name(three: ThreeSpaces) -> None:
    made = labelled(a="1", b="2")
    three.wds.apply(made)
    carried(three, made)
    three.wds.delete(made)
    made["metadata"]["labels"] = {"a": "1"}
    three.wds.apply(made)
    assert differing(three, made) == "metadata.labels[b]: 2, no longer in the WDS"


def test_a_younger_object_has_nothing_of_the_earlier_one(three: ThreeSpaces) -> None:
    made = labelled(a="1", own="early")
    three.wds.apply(made)
    three.wds.delete(made)
    made["metadata"]["labels"] = {"a": "1"}
    three.wds.apply(made)
    time.sleep(1.1)  # times of creation are whole seconds
    three.wec.apply({**made, "metadata": {**made["metadata"], "labels": {"a": "1", "own": "2"}}})
    three.wec.eventually(has(made), within="restart")


def test_the_class_that_a_wec_gives_to_a_claim(three: ThreeSpaces) -> None:
    name = f"class-{unique()}"
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    storage_class: Obj = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": default},
        "provisioner": "example.com/none",
    }
    claim: Obj = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"claim-{unique()}", "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    three.wec.apply(storage_class)
    try:
        three.wds.apply(claim)
        deadline = time.monotonic() + SECONDS
        while True:  # admission learns of the class a moment after it was made
            carried(three, claim)
            if (three.wec.get(claim) or {})["spec"].get("storageClassName") == name:
                break
            assert time.monotonic() < deadline, "no class was filled in"
            three.wec.patch(claim, {"metadata": {"finalizers": None}})
            three.wec.delete(claim)
        assert "storageClassName" not in (three.wds.get(claim) or {})["spec"]
        three.wec.eventually(has(claim), within="restart")
        three.wds.patch(claim, {"metadata": {"labels": {"later": "1"}}})
        assert differing(three, claim) == "metadata.labels[later]: (absent), the WDS has 1"
    finally:
        three.wec.delete(storage_class)


@pytest.mark.parametrize("field", ["secrets", "imagePullSecrets"])
def test_the_secrets_of_a_service_account(three: ThreeSpaces, field: str) -> None:
    def account(*secrets: str) -> Obj:
        return {**base, field: [{"name": secret} for secret in secrets]}

    base: Obj = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": f"account-{unique()}", "namespace": "default"},
    }
    three.wds.apply(account("a"))
    three.wec.apply(account("a", "own"))
    three.wec.eventually(has(base), within="restart")
    three.wds.apply(account("a", "b"))
    assert differing(three, base) == f"{field}: [a, own], the WDS has [a, b]"
    three.wec.apply(account("b", "a", "own"))
    three.wec.eventually(has(base), within="restart")
    three.wds.apply(base)
    assert differing(three, base) == f"{field}[b]: {{'name': 'b'}}, no longer in the WDS"
    three.wec.apply(account("own"))
    three.wec.eventually(has(base), within="restart")


def test_the_walk_names_the_hop_that_kept_a_removed_label(three: ThreeSpaces) -> None:
    made = labelled(a="1", b="2")
    three.wds.apply(made)
    hand = ByHand(three, Ref.of(made), "configmaps")
    hand.wrap()
    hand.note_applied()
    hand.deliver()
    three.wds.patch(made, {"metadata": {"labels": {"b": None}}})
    hand.bind("cluster1")

    def stopped() -> str:
        with pytest.raises(Deviation) as caught:
            three.wec.eventually(has(made))
        [line] = [line for line in str(caught.value).splitlines() if "STOP" in line]
        return " ".join(line.split())

    assert stopped().startswith(
        f"STOP ManifestWork its1 cluster1/{hand.work} is stale: metadata.labels[b]: 2, no longer "
        "in the WDS, last written "
    )
    hand.wrap()
    assert stopped() == (
        "STOP WEC object cluster1 stale: metadata.labels[b]: 2, no longer in the WDS"
    )
    hand.deliver()
    three.wec.eventually(has(made), within="restart")
