"""The types of the documents: later versions' keys are kept, earlier versions' records are read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kubestellar_conformance.reporting.model.base import unknown_keys
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.record import SCHEMA

CHECK = {"nodeid": "suite/test_it.py::test_it", "verdict": "conforms"}
EARLIEST: dict[str, Any] = {
    "schema": SCHEMA,
    "harness": {"version": "0.1.0", "python": "3.11.7"},
    "complete": True,
    "platform": {"name": "embedded", "started": True, "start_seconds": 7.1},
    "promises": [{"id": "T-1", "state": "holds", "requirement": "r", "known": False}],
    "tests": [CHECK],
}


def test_an_earlier_record_is_read_with_defaults() -> None:
    document = RunDocument.model_validate(EARLIEST)
    assert (document.suite, document.machine, document.run) == (None, None, None)
    assert document.tests[0].hops == []
    dumped = document.model_dump(mode="json")
    assert dumped["schema"] == SCHEMA
    assert dumped["coverage"]["all"]["no check yet"] == 0
    assert dumped["platform"]["start_seconds"] == 7.1


def test_the_keys_of_a_later_version_are_kept_and_named() -> None:
    later = {**EARLIEST, "weather": "fine", "tests": [{**CHECK, "colour": {"of": ["it"]}}]}
    document = RunDocument.model_validate(later)
    dumped = document.model_dump(mode="json")
    assert dumped["weather"] == "fine"
    assert dumped["tests"][0]["colour"] == {"of": ["it"]}
    assert list(unknown_keys(document)) == ["weather", "tests[0].colour"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": "kubestellar-conformance/run/v2"},
        {"tests": [{**CHECK, "verdict": "fine"}]},
        {"tests": [{"verdict": "conforms"}]},
        {"promises": {"T-1": "holds"}},
    ],
)
def test_what_is_not_a_record_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunDocument.model_validate({**EARLIEST, **wrong})
