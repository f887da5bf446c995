"""The summary of a run, made from its record."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.reporting.coverage import by_rig, coverage
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.summary import (
    _declared,
    _seconds_by_area,
    lines,
    shortened,
)
from tests.support import run_records


def of_areas(**seconds: float) -> list[dict[str, Any]]:
    return [
        {"nodeid": f"suite/{area}/test_it.py::test[a/b]", "seconds": spent}
        for area, spent in seconds.items()
    ]


def test_seconds_are_added_up_by_area_and_the_longest_come_first() -> None:
    found = [*of_areas(binding=1.4, status=90.6, setup=0.2), *of_areas(binding=3.2)]
    record = {"suite": {"name": "suite"}, "tests": found}
    assert list(_seconds_by_area(record)) == ["status 91", "binding 5"]


def test_outside_a_suite_the_file_or_its_folder_is_the_area() -> None:
    found = [*of_areas(a=2.0), {"nodeid": "test_it.py::test", "seconds": 3.0}]
    assert list(_seconds_by_area({"suite": None, "tests": found})) == ["test_it.py 3", "suite 2"]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("fits", 4, "fits"), ("0123456789", 9, "012...789"), ("0123456789", 8, "012...89")],
)
def test_a_long_text_loses_its_middle(text: str, width: int, expected: str) -> None:
    assert shortened(text, width) == expected


def test_promises_without_a_check_are_told_by_what_the_platform_lacks() -> None:
    lacks = "platform embedded lacks the capability"
    rows = [
        ("X-1", "not supported", [], f"{lacks} vcluster: It needs pods."),
        ("X-2", "not supported", [], f"{lacks} vcluster: It is one."),
        ("X-3", "not supported", ["test"], f"{lacks} topologies"),
        ("X-4", "no check yet", [], "no test of the suite names it"),
    ]
    promises = [
        {"id": name, "rig": "H", "state": state, "tests": tests, "why": why}
        for name, state, tests, why in rows
    ]
    assert _declared({"promises": promises}) == {f"{lacks} vcluster": ["X-1", "X-2"]}
    assert by_rig(promises) == "H 1 of 4"


def test_a_run_that_could_not_continue_says_why() -> None:
    made = run_records.record(failure={"kind": "broken", "message": "etcd does not start"})
    document = RunDocument.model_validate(made).model_dump(mode="json")
    found = [*lines({**document, "coverage": coverage(made["promises"])})]
    assert "did not continue   etcd does not start" in found
