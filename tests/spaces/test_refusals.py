"""Strict creates that must fail, or must not, on a real API server."""

from __future__ import annotations

from threading import Timer

import pytest

from kubestellar_conformance.conditions import errors
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Event, Feed, Kind, Obj, Ref, Refused
from kubestellar_conformance.story import is_served_as, refuses_or_reports, shows, would_accept
from tests.support.three_spaces import ThreeSpaces, unique

CONTROL = "control.kubestellar.io/v1alpha1"
OWNER = "responsible: wds1/kubestellar-controller-manager, which installs the kind's Custom"


def _config_map(**fields: object) -> Obj:
    metadata = {"name": f"c-{unique()}", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


POLICY = {"apiVersion": CONTROL, "kind": "BindingPolicy", "metadata": {"name": "printed"}}


def test_a_dry_run_leaves_nothing(three: ThreeSpaces) -> None:
    obj = _config_map()
    obj["metadata"]["namespace"] = "not-there"
    would_accept(three.wds, obj, POLICY)
    assert three.wds.get(POLICY) is None
    three.wds.accepts(POLICY)
    would_accept(three.wds, POLICY)
    three.wds.delete(POLICY)


def test_what_a_dry_run_refuses_is_a_deviation(three: ThreeSpaces) -> None:
    with pytest.raises(
        Deviation, match=r'dry run of a create .* unknown field "spec.junk"'
    ) as said:
        would_accept(three.wds, {**POLICY, "spec": {"junk": 1}})
    assert OWNER in str(said.value)
    with pytest.raises(Deviation, match=r"does not serve the kind BindingPolicy of other.io/v1"):
        would_accept(three.wds, {**POLICY, "apiVersion": "other.io/v1"})


def test_the_names_of_a_kind_are_those_of_discovery(three: ThreeSpaces) -> None:
    transform, policy = (
        Kind.of(f"{CONTROL}/{name}") for name in ("CustomTransform", "BindingPolicy")
    )
    is_served_as(three.wds, transform, namespaced=False, short_names=["ct"], categories=["all"])
    with pytest.raises(Deviation) as caught:
        is_served_as(three.wds, policy, namespaced=True, short_names=["pb"])
    assert str(caught.value).splitlines()[0] == (
        "BindingPolicy in wds1 is not served as expected; namespaced: expected True, discovery says "
        "False; short names: expected ['pb'], discovery says ['bp']"
    )
    assert OWNER in str(caught.value)


def test_the_columns_of_a_listing(three: ThreeSpaces) -> None:
    spec = {"apiGroup": "example.com", "resource": "nothings", "remove": ["$.spec.a"]}
    made = {**POLICY, "kind": "CustomTransform", "spec": spec}
    three.wds.accepts(made)
    shows(three.wds, made, {"SUBJECT_GROUP": "example.com"})
    with pytest.raises(Deviation) as caught:
        shows(three.wds, made, {"SUBJECT_GROUP": "x", "NONE": "y"})
    assert "SUBJECT_GROUP: expected 'x', it shows 'example.com'" in str(caught.value)
    assert "NONE: no such column; the columns are " in str(caught.value)
    three.wds.delete(made)


def test_an_object_with_an_unknown_field_is_refused(three: ThreeSpaces) -> None:
    three.wds.refuses(_config_map(junk=1), saying='unknown field "junk"')
    three.wds.refuses(_config_map(junk=1))


def test_another_message_than_expected_is_a_deviation(three: ThreeSpaces) -> None:
    with pytest.raises(Deviation, match=r'saying /no such words/; it said 400 .*field "junk"'):
        three.wds.refuses(_config_map(junk=1), saying="no such words")


def test_an_object_that_is_accepted_is_a_deviation_and_deleted(three: ThreeSpaces) -> None:
    obj = _config_map(data={"a": "b"})
    with pytest.raises(Deviation, match="the API server accepted it"):
        three.wds.refuses(obj)
    assert three.wds.get(obj) is None


def test_a_conflict_is_not_the_refusal_that_is_meant(three: ThreeSpaces) -> None:
    obj = _config_map()
    [live] = three.wds.accepts(obj)
    assert live["metadata"]["uid"]
    with pytest.raises(Refused, match="409"):
        three.wds.refuses(obj)


def test_what_is_not_accepted_is_a_deviation(three: ThreeSpaces) -> None:
    with pytest.raises(Deviation, match="was refused with 400") as caught:
        three.wds.accepts(_config_map(junk=1))
    assert "responsible" not in str(caught.value)
    with pytest.raises(Deviation, match="junk") as caught:
        three.wds.accepts({**POLICY, "spec": {"junk": 1}})
    assert OWNER in str(caught.value)


def test_a_refusal_satisfies_refuses_or_reports(three: ThreeSpaces) -> None:
    refuses_or_reports(three.wds, _config_map(junk=1), saying="junk")


def test_a_report_is_due_once_the_generation_is_observed(three: ThreeSpaces) -> None:
    three.terms.change("binding", 0.3)
    policy = {**POLICY, "metadata": {"name": f"p-{unique()}"}}
    with pytest.raises(Deviation, match=r"expected to report errors \(any\), or .* no errors"):
        refuses_or_reports(three.wds, policy)
    three.terms.change("binding", 60)
    second = {**POLICY, "metadata": {"name": f"p-{unique()}"}}

    def observe(*said: str) -> None:
        status = {"observedGeneration": 1, "errors": list(said)}
        three.wds.update_status(second, status)

    watch = three.wds.watch(Kind.of(second))
    assert watch.ready(10)

    def seen(event: Event | None, _: Feed) -> None:
        if event and event.verb == "ADDED" and event.ref == Ref.of(second):
            Timer(0.1, observe).start()

    three.system.record.observe(seen)
    with pytest.raises(Deviation, match=r"\(quiet\)"):
        refuses_or_reports(three.wds, second)
    observe("x is bad")
    three.wds.eventually(errors(second, matching="bad"))
    three.wds.delete(policy, second)
