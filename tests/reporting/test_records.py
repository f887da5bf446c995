"""Records as they are read: cut off, of another kind, damaged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.records import find, read
from kubestellar_conformance.reporting.salvage import CUT, KILLED
from kubestellar_conformance.reporting.session_folder import UNFINISHED
from tests.support.run_records import EXAMPLE, FAILED, GREEN, KNOWN
from tests.support.whole_records import whole, written

DEEP = json.dumps(whole())[:-1] + ', "more": %s%s}'


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


def test_a_list_of_the_suites_tests_that_is_cut_is_no_suite(tmp_path: Path) -> None:
    """Whoever took it for whole would take a part of the suite for all of it."""
    found = _cut(tmp_path, f"{json.dumps(FAILED.partition('[')[0])},")
    assert (found["suite"], found["run"]) == (None, whole()["run"])


def test_a_value_that_is_there_to_its_end_is_kept(tmp_path: Path) -> None:
    text = json.dumps(whole(exit_status=10, overrides=["a=b", "c=d"]))
    path = tmp_path / "cut.json"
    path.write_text(text.partition(', "release"')[0])
    assert read(path)["overrides"] == ["a=b", "c=d"]
    path.write_text(text.partition('"exit_status": 1')[0] + '"exit_status": 1')
    assert read(path)["exit_status"] is None


def test_of_no_function_all_rows_are_left(tmp_path: Path) -> None:
    selection = {"why_partial": ["-k it"], "functions": [KNOWN]}
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(whole(selection=selection))[:-400])
    found = read(path)["selection"]
    assert (found["functions"], found["why_partial"]) == ([], ["-k it", CUT])


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"tests": None}, "tests: Input should be a valid list"),
        ({"selection": "x"}, "selection: Input should be"),
        ({"selection": {"why_partial": None}}, "selection.why_partial: Input should be a valid"),
        ({"promises": 7}, "promises: Input should be a valid list"),
        ({"platform": None}, "platform: Input should be"),
        ({"known_deviations": [3]}, "known_deviations.0: Input should be"),
    ],
)
def test_one_cut_off_with_a_value_of_another_type_is_refused_in_a_line(
    tmp_path: Path, field: dict[str, Any], said: str
) -> None:
    content = {"schema": whole()["schema"], **field}
    cut, lines = tmp_path / "cut.json", tmp_path / UNFINISHED
    cut.write_text(json.dumps(content)[:-1] + ', "more": [1')
    lines.write_text(json.dumps({"record": content}) + '\n{"platform": {"name": "embedded"}}\n')
    for path in (cut, lines):
        with pytest.raises(UserError, match=re.escape(f"is not a record of this harness: {said}")):
            read(path)


def test_of_one_cut_off_rows_of_another_type_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    content = whole(tests=[3, *whole()["tests"]], promises=[1, [], *whole()["promises"]])
    path.write_text(json.dumps(content)[:-1] + ', "more": [1')
    found = read(path)
    assert [len(found[key]) for key in ("tests", "promises")] == [
        len(whole()[key]) for key in ("tests", "promises")
    ]


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
        (
            json.dumps(whole(tests=[*whole()["tests"], whole()["tests"][0]])),
            f"tests: expected the test {GREEN} once, found it 2 times",
        ),
        (
            json.dumps(whole(promises=[*whole()["promises"], whole()["promises"][0]])),
            "promises: expected the promise BIND-01 once, found it 2 times",
        ),
        ("\x00\x01\x02", "is not JSON"),
        (DEEP % ("[" * 9000, "]" * 9000), "is not JSON: maximum recursion depth"),
        (DEEP % ("[" * 9000, ""), "is not JSON: maximum recursion depth"),
        (DEEP % ("[" * 150, "]" * 150), "it is nested deeper than 100 levels"),
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


def _lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _begun() -> dict[str, Any]:
    content = whole(exit_status=None, ended="")
    content["tests"] = [{**test, "verdict": "not run"} for test in content["tests"]]
    return content


def test_a_killed_run_is_read_from_what_it_kept(tmp_path: Path) -> None:
    path = tmp_path / UNFINISHED
    done = [{"test": test} for test in whole()["tests"][:2]]
    text = _lines({"record": _begun()}, {"platform": {"started": True}}, *done)
    path.write_text(text + '{"test": {"nodeid": "' + FAILED)
    found = read(path)
    assert found["platform"]["started"] is True
    assert found["platform"]["name"] == "embedded"
    assert found["counts"]["not run"] == 2
    assert found["selection"]["why_partial"] == [f"{KILLED}: 2 of 4 tests have no result"]
    assert [row["seen"] for row in found["known_deviations"]] == [1]
    assert find(str(tmp_path), tmp_path) == path


def test_an_unfinished_record_without_its_begin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / UNFINISHED
    path.write_text('{"record": {"schema": "kubestellar-conf')
    with pytest.raises(UserError, match="is not JSON: no line of it is the begin of a record"):
        read(path)
