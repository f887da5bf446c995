"""The ConformanceReport: what it says of a run, and what `verify` says of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance import cli
from kubestellar_conformance.reporting.conformance.build import conformance_report, report_text
from kubestellar_conformance.reporting.conformance.digest import digest_of
from kubestellar_conformance.reporting.conformance.model import ConformanceReport
from kubestellar_conformance.reporting.model.base import unknown_keys
from kubestellar_conformance.reporting.model.run import RunDocument
from tests.support.run_records import FAILED, GREEN, KNOWN, STOPPED, promise, result
from tests.support.whole_records import whole, written

Content = dict[str, Any]


def _report(**fields: Any) -> Content:
    record = RunDocument.model_validate({**whole(), **fields}).model_dump(mode="json")
    content: Content = yaml.safe_load(report_text(conformance_report(record)))
    return content


def test_it_says_what_was_tried_and_what_came_of_it() -> None:
    report = _report()
    assert list(unknown_keys(ConformanceReport.model_validate(report))) == []
    assert report["kubestellar"]["components"] == [
        {"name": "etcd", "version": "v3.6.16", "source": "release"}
    ]
    assert report["complete"] is True
    assert {state: ids for state, ids in report["requirements"].items() if ids} == {
        "holds": ["BIND-01", "SCEN-4-01"],
        "known deviation": ["BIND-02"],
        "new deviation": ["BIND-03"],
        "no check yet": ["AUTHZ-01"],
    }
    (known,) = report["knownDeviations"]
    (entry,) = whole()["known_deviations"]
    assert (known["id"], known["seen"], known["cause"]) == ("KD-1", 1, entry["cause"])
    assert (known["expected"], known["observed"]) == (entry["expected"], entry["observed"])
    (new,) = report["newDeviations"]
    assert (new["test"], new["promises"]) == (FAILED, ["BIND-03"])
    assert new["where"] == STOPPED.partition("\n")[0]
    assert len(report["tests"]["executed"]) == 4
    binding = next(one for one in report["profiles"] if one["name"] == "binding")
    assert (binding["core"]["promises"], binding["core"]["holds"]) == (3, 1)
    assert binding["extended"]["promises"] == 0


@pytest.mark.parametrize(
    ("rig", "level"), [("A", "core"), ("S", "core"), ("H", "extended"), ("C/H", "core")]
)
def test_a_promise_is_core_or_extended_by_its_rig(rig: str, level: str) -> None:
    (profile,) = _report(promises=[{**promise("X-1", "x", "holds", GREEN), "rig": rig}])["profiles"]
    assert profile[level]["holds"] == 1


def test_promises_of_one_profile_are_counted_together() -> None:
    rows = [
        {**promise(name, area, "holds", GREEN), "profile": profile}
        for name, area, profile in (("X-1", "x", "core"), ("Y-1", "y", "core"), ("Z-1", "z", ""))
    ]
    profiles = _report(promises=rows)["profiles"]
    assert [(one["name"], one["core"]["holds"]) for one in profiles] == [("core", 2), ("z", 1)]


def test_what_is_not_supported_has_its_reason() -> None:
    message = "not supported: platform existing lacks the capability topologies"
    tests = [
        result(f"scenarios/a/test_it.py::{name}", "not supported", *ids, message=message)
        for name, ids in (("test_a", ["X-2", "X-1"]), ("test_b", ["X-1"]))
    ]
    (row,) = _report(tests=tests)["notSupported"]
    assert row["reason"] == "platform existing lacks the capability topologies"
    assert (row["promises"], len(row["tests"])) == (["X-1", "X-2"], 2)


def test_a_promise_without_a_test_has_its_reason_too() -> None:
    why = "platform embedded lacks the capability vcluster: It needs pods."
    report = _report(promises=[{**promise("X-1", "x", "not supported"), "why": why}])
    assert report["notSupported"] == [{"reason": why, "promises": ["X-1"], "tests": []}]
    assert report["requirements"]["not supported"] == ["X-1"]


def test_a_run_that_left_tests_out_is_not_complete() -> None:
    kept = [test for test in whole()["tests"] if test["nodeid"] != KNOWN]
    report = _report(tests=kept)
    assert report["complete"] is False
    assert report["whyPartial"] == [f"not executed of the suite: {KNOWN} (1)"]
    assert _report(suite=None)["complete"] is False
    late = [*kept, result(KNOWN, "not run", "BIND-02")]
    assert _report(tests=late)["tests"]["notRun"] == [KNOWN]
    assert _report(tests=late)["complete"] is False


def _broken() -> list[Content]:
    return [
        test if test["nodeid"] != KNOWN else test | {"verdict": "broken"}
        for test in whole()["tests"]
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"tests": _broken(), "exit_status": 10}, f"1 broken: {KNOWN}"),
        ({"problems": ["no stop"], "exit_status": 10}, "broken outside the tests: no stop"),
        ({"exit_status": 3}, "it ended with exit status 3"),
        ({"exit_status": None}, "it ended with exit status None"),
    ],
    ids=["test", "outside", "status", "no-status"],
)
def test_a_run_that_broke_judges_less_than_the_whole_suite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: Content, why: str
) -> None:
    report = _report(**fields)
    assert (report["complete"], report["whyPartial"]) == (False, [why])
    status, said = _verify(tmp_path, capsys, report_text(report))
    assert (status, said) == (13, f"is unaltered, but of a partial run: {why}")


def _no_reason(report: Content) -> None:
    report["complete"] = False


def _failed(report: Content) -> None:
    report["run"]["exitStatus"] = 10


def _open(report: Content) -> None:
    report["requirements"]["broken"] = report["requirements"].pop("known deviation")
    for profile in report["profiles"]:
        core = profile["core"]
        core["broken"], core["known deviation"] = core["known deviation"], 0


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (_no_reason, "it does not say why"),
        (_failed, "the run ended with exit status 10"),
        (_open, "a test broke that judges BIND-02"),
    ],
)
def test_one_of_an_earlier_version_that_calls_such_a_run_complete_does_not_pass(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Content], None],
    why: str,
) -> None:
    said = f"is unaltered, but of a partial run: {why}"
    assert _verify(tmp_path, capsys, _edited(edit)) == (13, said)


def _edited(edit: Callable[[Content], None]) -> str:
    """A report with this edit, and a digest that fits."""
    report = _report()
    edit(report)
    return report_text(report | {"digest": digest_of(report)})


def _verify(folder: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, str]:
    path = folder / "conformance.yaml"
    path.write_text(text)
    status = cli.main(["verify", str(path)])
    said = capsys.readouterr()
    lines = (said.err or said.out).splitlines()
    assert not said.err or len(lines) == 1
    return status, lines[0].partition(f"{path}: ")[2]


def test_a_whole_one_is_verified_in_any_layout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = _report()
    shuffled = dict(reversed(report.items()))
    for text in (report_text(report), yaml.safe_dump(shuffled, width=40), report_text(shuffled)):
        status, said = _verify(tmp_path, capsys, text)
        assert (status, said) == (
            0,
            "whole and unaltered: KubeStellar 0.30.0 on embedded, 4 tests",
        )


def _release(report: Content) -> None:
    report["kubestellar"]["release"] = "0.31.0"


def _one_less(report: Content) -> None:
    report["requirements"]["new deviation"].clear()


def _more(report: Content) -> None:
    report["weather"] = "fine"


@pytest.mark.parametrize("edit", [_release, _one_less, _more])
def test_an_edit_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[Content], None]
) -> None:
    report = _report()
    edit(report)
    status, said = _verify(tmp_path, capsys, report_text(report))
    assert status == 11
    assert said.startswith("was altered: ")


def _twice(report: Content) -> None:
    report["requirements"]["holds"].append("BIND-03")


def _complete(report: Content) -> None:
    report["tests"]["executed"].remove(KNOWN)


def _reason(report: Content) -> None:
    report["whyPartial"] = ["-k story"]


def _both(report: Content) -> None:
    report["complete"], report["whyPartial"] = False, ["-x"]
    report["tests"]["notRun"] = [GREEN]


def _digest(report: Content) -> None:
    report["suite"]["scenarios"] = "sha256:00"


def _no_deviation(report: Content) -> None:
    report["newDeviations"].clear()


def _green(report: Content) -> None:
    report["run"]["exitStatus"] = 0


def _no_promises(report: Content) -> None:
    report["requirements"], report["profiles"] = {}, []


def _unknown(report: Content) -> None:
    report["requirements"]["bogus"] = ["BIND-09"]


def _inflated(report: Content) -> None:
    report["profiles"][0]["core"]["promises"] = 9999


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (
            _no_deviation,
            "BIND-03 is a new deviation, and newDeviations has no test that deviates",
        ),
        (_green, f"exitStatus is 0, and newDeviations has {FAILED}"),
        (_no_promises, "complete, and requirements lists no promise"),
        (_unknown, "requirements has the unknown state 'bogus'"),
        (_inflated, "profile binding.core has 9999 promises, and 3 by state"),
        (_one_less, "the profiles count 1 promises as 'new deviation', and 0 are listed"),
        (_twice, "BIND-03 has two states in requirements"),
        (_complete, f"complete, and {KNOWN} was not executed"),
        (_reason, "complete, and whyPartial has '-k story'"),
        (_both, f"{GREEN} was executed and was not run"),
        (_digest, "suite.digest is not that of its parts"),
    ],
)
def test_a_contradiction_is_seen_even_with_a_fitting_digest(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Content], None],
    why: str,
) -> None:
    assert _verify(tmp_path, capsys, _edited(edit)) == (12, f"contradicts itself: {why}")


def test_a_partial_run_does_not_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report_text(_report(selection={"why_partial": ["-k story"]}))
    status, said = _verify(tmp_path, capsys, text)
    assert (status, said) == (13, "is unaltered, but of a partial run: -k story")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a ConformanceReport: it is not a mapping"),
        ("a: [", "is not YAML: "),
        ("a: !!python/name:os.system x", "is not YAML: "),
        ("kind: ConformanceReport", "is not a ConformanceReport: apiVersion: Field required"),
        ("a: 1\nb: {c: 1, 'c': 2}", "is not a ConformanceReport: line 2 has the key 'c' "),
        ("a: &a [1]\nb: *a", "is not a ConformanceReport: line 2 has the alias *a"),
        ("a: &a [*a]", "is not a ConformanceReport: line 1 has the alias *a"),
        ("a: 2026-99-99", "is not a ConformanceReport: month must be in 1..12"),
        ("apiVersion: v1\nkind: Secret", "is not a ConformanceReport: apiVersion: "),
    ],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    status, line = _verify(tmp_path, capsys, text)
    assert status == 4
    assert line.startswith(said)


@pytest.mark.parametrize("key", ["newDeviations: []\n", "run: {exitStatus: 0}\n"])
def test_a_second_value_of_a_key_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    """The digest is over one of the two, and another reader may take the other one."""
    status, said = _verify(tmp_path, capsys, key + report_text(_report()))
    name = key.partition(":")[0]
    assert status == 4
    assert said.endswith(f" has the key '{name}' of its mapping again")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_one_nested_deeply_is_refused_too(tmp_path: Path, opening: str) -> None:
    path = tmp_path / "conformance.yaml"
    path.write_text(opening * 100_000)
    # In a process of its own, since the fault that this is about ends the process.
    command = [sys.executable, "-m", "kubestellar_conformance", "verify", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert "line 1 is nested deeper than 100 levels" in done.stderr


def test_one_cut_off_anywhere_is_refused_or_altered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = report_text(_report())
    for place in range(0, len(text) - 2, 211):
        status, said = _verify(tmp_path, capsys, text[:place])
        assert status in (4, 11), said


def test_the_command_makes_it_from_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "run.json", whole())
    assert cli.main(["conformance", str(path)]) == 0
    assert cli.main(["verify", str(tmp_path / "conformance.yaml")]) == 0
    path.write_text(path.read_text()[:-400])
    out = tmp_path / "deep" / "cut.yaml"
    assert cli.main(["conformance", str(path), "--out", str(out)]) == 0
    assert cli.main(["verify", str(out)]) == 13
    assert "the record is cut off" in capsys.readouterr().err
