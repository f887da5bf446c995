"""The time of each hop, from a test's timeline."""

from __future__ import annotations

from typing import Any

from kubestellar_conformance.reporting.hops import hops


def _event(seconds: float, verb: str, obj: str) -> dict[str, Any]:
    return {"seconds": seconds, "verb": verb, "object": obj}


def test_each_hop_is_from_the_first_object_to_the_first_of_the_next_kind() -> None:
    timeline = [
        _event(0.1, "ADDED", "BindingPolicy p"),
        _event(0.3, "MODIFIED", "BindingPolicy p"),
        _event(2.1, "ADDED", "Binding p"),
        _event(2.4, "ADDED", "ManifestWork cluster1/w"),
        _event(2.35, "ADDED", "ManifestWork cluster2/w"),
        _event(2.6, "ADDED", "WorkStatus cluster1/s"),
        _event(9.0, "ADDED", "WorkStatus cluster2/s"),
    ]
    assert hops(timeline) == [
        {"from": "BindingPolicy", "to": "Binding", "seconds": 2.0},
        {"from": "Binding", "to": "ManifestWork", "seconds": 0.25},
        {"from": "ManifestWork", "to": "WorkStatus", "seconds": 0.25},
    ]


def test_a_hop_without_both_ends_in_order_is_left_out() -> None:
    assert (
        hops([_event(1.0, "ADDED", "Binding p"), _event(2.0, "MODIFIED", "ManifestWork w")]) == []
    )
    backwards = [_event(1.0, "ADDED", "Binding p"), _event(2.0, "ADDED", "BindingPolicy p")]
    assert hops(backwards) == []
