"""What every object loses on the way to a WEC (user guide, "Transformations for all workload
objects").
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Space,
    note,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    carried_without,
    contains,
    has,
    lacks,
    manifest_works,
)

pytestmark = on_fleet(near={}, far={})
KEPT_BACK = (
    "managedFields",
    "finalizers",
    "generation",
    "ownerReferences",
    "selfLink",
    "resourceVersion",
    "uid",
    "generateName",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@promises("XFORM-01")
def test_eight_fields_of_the_metadata_stay_in_the_wds(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """An object that has an owner, a finalizer and a generated name, and all that the API server
    keeps of it.
    """
    with step("Create an object with an owner, a finalizer and a generated name"):
        [owner] = wds.apply(make.config_map("owner"))
        reference = {"apiVersion": "v1", "kind": "ConfigMap", **_name_and_uid(owner)}
        metadata = {
            "finalizers": ["example.com/hold"],
            "generateName": "owned-",
            "ownerReferences": [reference],
        }
        notes = {"example.com/note": "kept"}
        thing = make.object(
            "v1/ConfigMap", labels={"tier": "gold"}, annotations=notes, metadata=metadata
        )
        policy = make.policy(thing, to=fleet)
        wds.apply(thing, policy)
    with step("It travels without the fields that are the WDS's own"):
        kept_back = [f"metadata.{field}" for field in KEPT_BACK]
        its.eventually(carried_without(policy, fleet, thing, *kept_back), within="downsync")
    with step("It arrives with all else"):
        fleet.eventually(has(thing), within="downsync")
        kept = {"metadata": {"labels": {"tier": "gold"}, "annotations": notes}}
        fleet.eventually(contains(thing, kept), within="downsync")


def _name_and_uid(obj: dict[str, dict[str, str]]) -> dict[str, str]:
    return {field: obj["metadata"][field] for field in ("name", "uid")}


@promises("XFORM-02")
def test_the_last_applied_configuration_stays_in_the_wds(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """``kubectl apply`` keeps an object's configuration in an annotation."""
    notes = {LAST_APPLIED: "{}", "kubectl.kubernetes.io/restartedAt": "today"}
    thing = make.config_map(annotations=notes)
    with step("Create an object with that annotation and another of kubectl's"):
        wds.apply(thing, make.policy(thing, to=fleet))
    with step("It arrives without the annotation, and with the other"):
        fleet.eventually(lacks(thing, f"metadata.annotations[{LAST_APPLIED}]"), within="downsync")
        del notes[LAST_APPLIED]
        fleet.eventually(contains(thing, {"metadata": {"annotations": notes}}), within="downsync")


@promises("XFORM-03")
def test_status_stays_in_the_wds(wds: Space, fleet: Fleet, make: Make, widget: Kind) -> None:
    """Of a built-in kind and of a custom one."""
    web, thing = make.deployment(), make.object(widget, spec={"size": 1})
    with step("Create a Deployment and a custom object, each with a status"):
        wds.apply(web, thing)
        wds.update_status(web, {"replicas": 3})
        wds.update_status(thing, {"phase": "ready"})
    with step("Ask for both: they arrive without the status"):
        wds.apply(make.policy(web, thing, to=fleet))
        fleet.eventually(lacks(web, "status"), within="downsync")
        fleet.eventually(lacks(thing, "status"), within="downsync")
    with step("The status changes, then the spec: still none arrives"):
        wds.update_status(thing, {"phase": "busy"})
        wds.patch(thing, {"spec": {"size": 2}})
        fleet.eventually(contains(thing, {"spec": {"size": 2}}), within="downsync")
        fleet.stays(lacks(thing, "status"))


@promises("XFORM-04")
def test_what_becomes_of_the_creation_timestamp(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """It is not on the list of what is removed, and a WEC sets its own."""
    thing = make.config_map()
    policy = make.policy(thing, to=fleet)
    with step("Create an object: it arrives"):
        [live] = wds.apply(thing)
        wds.apply(policy)
        fleet.eventually(has(thing), within="downsync")
    with step("Its manifest has the WDS's timestamp, or another, or none"):
        carried = manifest_works(
            policy, fleet, "carry the object alone", _is_alone, carrying=[thing]
        )
        [work, *_] = its.eventually(carried, within="downsync")
        [manifest] = work["spec"]["workload"]["manifests"]
        stamp = manifest["metadata"].get("creationTimestamp")
        same = stamp == live["metadata"]["creationTimestamp"]
        note("creationTimestamp of the manifest", "that of the WDS" if same else stamp)


def _is_alone(work: Obj) -> bool:
    return len(work["spec"]["workload"]["manifests"]) == 1
