"""Objects that the controllers of a WDS derive from a workload object (the page "Binding",
"BindingPolicy"). The test makes them itself, as a Deployment controller would: few WDSes have one.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, on_fleet, promises, step
from kubestellar_conformance.story.conditions import bound_to, has, selects, without

pytestmark = on_fleet(edge={})
HASH = "pod-template-hash"


@pytest.fixture
def web(make: Make) -> Obj:
    """A Deployment whose pods have a label of the template's own."""
    return make.deployment(replicas=1)


@pytest.fixture
def derived(wds: Space, make: Make, web: Obj) -> list[Obj]:
    """The ReplicaSet of the Deployment, and its Pod, with their owners."""
    [owner] = wds.apply(web)
    template = web["spec"]["template"]
    labels = {**template["metadata"]["labels"], HASH: make.name("hash")}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {**template, "metadata": {"labels": labels}},
    }
    of_web = owned_by("apps/v1", "Deployment", owner)
    replica_set = make.object("apps/v1/ReplicaSet", labels=labels, metadata=of_web, spec=spec)
    [owner] = wds.apply(replica_set)
    of_set = owned_by("apps/v1", "ReplicaSet", owner)
    pod = make.object("v1/Pod", labels=labels, metadata=of_set, spec=template["spec"])
    wds.apply(pod)
    return [replica_set, pod]


def owned_by(version: str, kind: str, owner: Obj) -> Obj:
    """The metadata that makes an object its controller's."""
    who = {key: owner["metadata"][key] for key in ("name", "uid")}
    about = {"apiVersion": version, "kind": kind, **who, "controller": True}
    return {"ownerReferences": [about]}


@promises("BIND-66")
def test_derived_objects_are_bound_only_where_they_match_themselves(
    wds: Space, make: Make, fleet: Fleet, web: Obj, derived: list[Obj]
) -> None:
    """A policy selects the Deployment by its labels; another one the derived objects by theirs."""
    policy = make.policy(web, to=fleet)
    with step("A policy that selects the Deployment binds the Deployment alone"):
        wds.apply(policy)
        wds.eventually(bound_to(policy, fleet), within="binding")
        wds.eventually(selects(policy, web), within="binding")
        fleet.eventually(has(web), within="downsync")
    with step("The derived objects do not follow it"):
        fleet.stays(without(*derived))
        wds.eventually(selects(policy, web), within="binding")
    with step("A policy that selects by their own label binds both of them, and no Deployment"):
        labels = {HASH: make.name("hash")}
        theirs = make.policy(to=fleet, name="theirs", objectSelectors=[labels])
        wds.apply(theirs)
        wds.eventually(selects(theirs, *derived), within="binding")
        fleet.eventually(has(*derived), within="downsync")
