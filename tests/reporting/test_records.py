"""Records as they are read: cut off, of another kind, damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.records import read
from kubestellar_conformance.reporting.salvage import CUT
from tests.support.run_records import EXAMPLE, FAILED, GREEN, KNOWN
from tests.support.whole_records import whole, written


def _cut(tmp_path: Path, before: str) -> dict[str, Any]:
    text = written(tmp_path / "whole.json", whole()).read_text()
    assert before in text
    path = tmp_path / "cut.json"
    path.write_text(text[: text.index(before)])
    return read(path)


def test_one_cut_off_among_the_tests_keeps_the_whole_ones(tmp_path: Path) -> None:
    found = _cut(tmp_path, f'{json.dumps(FAILED)},\n      "verdict"')
    assert [test["nodeid"] for test in found["tests"]] == [GREEN, KNOWN]
    assert found["complete"] is False
    assert found["selection"]["why_partial"] == [CUT]
    assert (found["counts"]["conforms"], found["counts"]["known deviation"]) == (1, 1)
    states = {row["id"]: (row["state"], row["why"]) for row in found["promises"]}
    assert states["BIND-01"][0] == "holds"
    assert states["BIND-02"][0] == "does not hold"
    assert states["BIND-03"] == ("not run", f"{CUT}, and has no result of {FAILED}")
    assert states["SCEN-4-01"] == ("not run", f"{CUT}, and has no result of {EXAMPLE}")
    assert states["AUTHZ-01"][0] == "no check yet"
    assert found["coverage"]["all"]["not run"] == 2


def test_a_test_of_which_the_end_is_missing_is_left_out(tmp_path: Path) -> None:
    found = _cut(tmp_path, '"judged": {\n        "BIND-02"')
    assert [test["nodeid"] for test in found["tests"]] == [GREEN]


def test_one_cut_off_before_its_tests_has_none(tmp_path: Path) -> None:
    found = _cut(tmp_path, '"overrides"')
    assert found["platform"]["name"] == "embedded"
    assert (found["tests"], found["promises"], found["complete"]) == ([], [], False)


@pytest.mark.parametrize("place", range(40, 4000, 97))
def test_wherever_it_is_cut_it_is_read_as_partial(tmp_path: Path, place: int) -> None:
    path = written(tmp_path / "cut.json", whole())
    path.write_text(path.read_text()[: place + len('{"schema": "kubestellar-conformance/run/v1"')])
    assert read(path)["complete"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("not JSON at all", "is not JSON"),
        ('{"schema": "kubestellar-conformance/run/v1",, "tests": []}', "is not JSON"),
        ('{"schema": "kubestellar-confor', "is not a record of this harness"),
        ("[1, 2", "is not a record of this harness"),
        ('{"schema": "other/v1", "tests": []}', "is not a record of this harness"),
        (json.dumps(whole(tests=[{"verdict": "conforms"}])), "tests.0.nodeid: Field required"),
        (json.dumps(whole(promises=7)), "promises: Input should be a valid list"),
        ("\x00\x01\x02", "is not JSON"),
    ],
)
def test_what_is_no_record_is_refused_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
