"""Strict creates that must fail, or must not, on a real API server."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj, Refused
from kubestellar_conformance.story import refuses_or_reports
from tests.support.three_spaces import ThreeSpaces, unique


def _config_map(**fields: object) -> Obj:
    metadata = {"name": f"c-{unique()}", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


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
    with pytest.raises(Refused, match="400"):
        three.wds.accepts(_config_map(junk=1))


def test_a_refusal_satisfies_refuses_or_reports(three: ThreeSpaces) -> None:
    refuses_or_reports(three.wds, _config_map(junk=1), saying="junk")
