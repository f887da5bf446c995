"""What becomes of delivered objects when objects, policies and Namespaces change (user guide, "The
Full Story"; example scenario 1, "Teardown").
"""

from __future__ import annotations

from kubestellar_conformance.story import Make, Space, Spaces, promises, step
from kubestellar_conformance.story.conditions import (
    bound_to,
    carried_without,
    gone,
    has,
    lacks,
    no_binding,
    no_manifest_works,
    same_uids,
    selects,
)


@promises("BIND-22")
def test_a_change_of_an_object_reaches_every_wec(wds: Space, wecs: Spaces, make: Make) -> None:
    """One of two objects changes, twice."""
    changed, other = make.config_map("changed", size="1"), make.config_map("other")
    policy = make.policy(changed, other, to=wecs)
    with step("Two objects are in both WECs"):
        wds.apply(changed, other, policy)
        wecs.eventually(has(changed, other), within="downsync")
    with wecs.hold(same_uids(changed, other)), step("Change one: both WECs follow, each time"):
        wds.patch(changed, {"data": {"size": "2"}})
        wecs.eventually(has(changed), within="downsync")
        wds.patch(changed, {"data": {"size": "3", "more": "yes"}})
        wecs.eventually(has(changed), within="downsync")
    with step("The Binding lists the version of now"):
        wds.eventually(selects(policy, changed, other, at_live_version=True), within="binding")


@promises("BIND-23")
def test_labels_and_annotations_that_are_removed_are_removed_in_the_wecs(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """One of two labels, and one of two annotations."""
    labels, notes = {"a": "1", "b": "2"}, {"example.com/a": "1", "example.com/b": "2"}
    config = make.config_map(labels=labels, annotations=notes)
    policy = make.policy(config, to=wecs)
    with step("An object with labels and annotations is in both WECs"):
        wds.apply(config, policy)
        wecs.eventually(has(config), within="downsync")
    removed = ["metadata.labels.a", "metadata.annotations[example.com/a]"]
    with step("Remove one of each: the ManifestWorks carry the object without them"):
        metadata = {"labels": {"a": None}, "annotations": {"example.com/a": None}}
        wds.patch(config, {"metadata": metadata})
        its.eventually(carried_without(policy, wecs, config, *removed), within="downsync")
    with step("Both WECs have the object without them"):
        wecs.eventually(lacks(config, *removed), within="downsync")
        wecs.eventually(has(config), within="downsync")


@promises("BIND-23")
def test_fields_and_list_entries_that_are_removed_are_removed_in_the_wecs(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """An entry of a ConfigMap; a port and the selector of a Service; a container's variable."""
    config, web = make.config_map(one="1", two="2"), make.deployment()
    ports = [{"name": name, "port": port} for name, port in (("http", 80), ("https", 443))]
    service = make.object("v1/Service", spec={"ports": ports, "selector": {"app": "x"}})
    [container] = web["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": name, "value": "x"} for name in ("A", "B")]
    with step("Three objects are in both WECs"):
        wds.apply(config, service, web, make.policy(config, service, web, to=wecs))
        wecs.eventually(has(config, service, web), within="downsync")
    with step("Remove parts of them: both WECs have the objects without those"):
        wds.patch(config, {"data": {"one": None}})
        wds.patch(service, {"spec": {"ports": ports[:1], "selector": None}})
        fewer = {**container, "env": container["env"][:1]}
        wds.patch(web, {"spec": {"template": {"spec": {"containers": [fewer]}}}})
        wecs.eventually(lacks(config, "data.one"), within="downsync")
        wecs.eventually(lacks(service, "spec.ports[1]", "spec.selector"), within="downsync")
        env = "spec.template.spec.containers[0].env[1]"
        wecs.eventually(lacks(web, env), within="downsync")
    with step("All else is as it is in the WDS"):
        wecs.eventually(has(config, service, web), within="downsync")


@promises("BIND-25")
def test_new_object_criteria_withdraw_and_deliver(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """From A and B to B and C, and to none of them."""
    a, b, c = (make.config_map(stem) for stem in "abc")
    with step("A policy brings A and B to both WECs"):
        wds.apply(a, b, c, make.policy(a, b, to=wecs, name="policy"))
        wecs.eventually(has(a, b), within="downsync")
    with wecs.hold(same_uids(b)), step("Ask for B and C: A goes, C arrives, B stays"):
        wds.apply(make.policy(b, c, to=wecs, name="policy"))
        wecs.eventually(has(b, c), within="downsync")
        wecs.eventually(gone(a), within="downsync")
    with step("Ask for what does not exist: all objects go"):
        nothing = make.policy(make.config_map("nothing"), to=wecs, name="policy")
        wds.apply(nothing)
        wecs.eventually(gone(b, c), within="downsync")
        its.eventually(no_manifest_works(nothing), within="downsync")


@promises("BIND-26")
def test_new_cluster_selectors_move_the_workload(
    wds: Space, wec1: Space, wec2: Space, wecs: Spaces, make: Make
) -> None:
    """From the first WEC to both, and to the second alone."""
    one, two = make.config_map("one"), make.config_map("two")
    with step("A policy brings two objects to the first WEC"):
        wds.apply(one, two, make.policy(one, two, to=wec1, name="policy"))
        wec1.eventually(has(one, two), within="downsync")
    with wec1.hold(same_uids(one, two)), step("Ask for both WECs: the second gets them too"):
        wds.apply(make.policy(one, two, to=wecs, name="policy"))
        wec2.eventually(has(one, two), within="downsync")
    with wec2.hold(same_uids(one, two)), step("Ask for the second: the first loses them"):
        policy = make.policy(one, two, to=wec2, name="policy")
        wds.apply(policy)
        wec1.eventually(gone(one, two), within="downsync")
        wds.eventually(bound_to(policy, [wec2]), within="binding")
    with step("The second still has them"):
        wec2.eventually(has(one, two), within="downsync")


@promises("BIND-28")
def test_a_policy_s_deletion_withdraws_its_objects_and_no_others(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Two policies of two objects each; one of them is deleted."""
    gone_a, gone_b = make.config_map("gone-a"), make.config_map("gone-b")
    kept_a, kept_b = make.config_map("kept-a"), make.config_map("kept-b")
    policy = make.policy(gone_a, gone_b, to=wecs, name="policy")
    other = make.policy(kept_a, kept_b, to=wecs, name="other")
    with step("The objects of two policies are in both WECs"):
        wds.apply(gone_a, gone_b, kept_a, kept_b, policy, other)
        wecs.eventually(has(gone_a, gone_b, kept_a, kept_b), within="downsync")
    with wecs.hold(same_uids(kept_a, kept_b)), wds.hold(same_uids(gone_a, gone_b, kept_a, kept_b)):
        with step("Delete one policy: its Binding, its ManifestWorks and its objects go"):
            wds.delete(policy)
            wecs.eventually(gone(gone_a, gone_b), within="withdrawal")
            wds.eventually(no_binding(policy), within="withdrawal")
            its.eventually(no_manifest_works(policy), within="withdrawal")
        with step("The objects of the other policy stay, and so do all objects in the WDS"):
            wecs.eventually(has(kept_a, kept_b), within="downsync")
            wds.eventually(selects(other, kept_a, kept_b), within="binding")


@promises("BIND-29")
def test_a_deleted_namespace_goes_with_its_content(wds: Space, wecs: Spaces, make: Make) -> None:
    """The Namespace of a workload is deleted in the WDS, as in the teardown of scenario 1."""
    place = make.namespace()
    inside = [make.config_map(stem, namespace=place) for stem in ("one", "two")]
    outside = make.config_map("outside")
    with step("A Namespace with two objects is in both WECs, and an object elsewhere"):
        wds.apply(place, *inside, outside, make.policy(place, *inside, outside, to=wecs))
        wecs.eventually(has(place, *inside, outside), within="downsync")
    with wecs.hold(same_uids(outside)), step("Delete the Namespace: it goes with its content"):
        wds.delete(place)
        wds.eventually(gone(place, *inside), within="withdrawal")
        wecs.eventually(gone(place, *inside), within="withdrawal")
