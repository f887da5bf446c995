"""One record of several parts: what fits together, when it is whole, and what a gate reads of it."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.reporting.model.base import unknown_keys
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.salvage import CUT
from tests.support.run_records import EXAMPLE, FAILED, GREEN, KNOWN, at, evidence
from tests.support.whole_records import MACHINE, suite, whole

Content = dict[str, Any]
Change = Callable[[Content], object]
BINDING = (FAILED, GREEN, KNOWN)


def part(number: int, *tests: str, red: bool = False, **fields: Any) -> Content:
    """The record of a run of these tests alone, all rows of which it has found."""
    content = copy.deepcopy(whole(**fields))
    content["tests"] = [test for test in content["tests"] if test["nodeid"] in tests]
    for test in content["tests"]:
        if test["nodeid"] == FAILED and not red:
            test |= {"verdict": "conforms", "judged": {"BIND-03": "conforms"}, "message": ""}
    for row in content["promises"]:
        row["tests"] = [test for test in row["tests"] if test in tests]
        if not row["tests"] and row["state"] != "no check yet":
            row |= {"state": "not run", "known": False}
    functions = [test.partition("[")[0] for test in tests]
    return content | {
        "run": f"part-{number}",
        "begun": at(number),
        "exit_status": 1 if red and FAILED in tests else 0,
        "complete": False,
        "counts": {},
        "selection": {"why_partial": ["only a part"], "paths": ["x"], "functions": functions},
        "options": {"arguments": [f"--group={number}"], "values": {}},
        "harness": {"version": "0.1.0", "commit": "a" * 40},
        "platform": content["platform"] | {"capabilities": ["stop-components"]},
    }


def written(folder: Path, content: Content) -> Path:
    """The record with the evidence of its tests, in a folder of its own."""
    folder = folder / content["run"]
    for test in content["tests"]:
        path = folder / test["evidence"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"nodeid": test["nodeid"], **evidence()}))
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(content))
    return folder


def merge(folder: Path, *parts: Content) -> int:
    """The exit status of merging the parts into the folder ``out``."""
    paths = [str(written(folder, content)) for content in parts]
    return cli.main(["merge", *paths, "--out", str(folder / "out")])


def merged(folder: Path) -> Content:
    content: Content = json.loads((folder / "out" / "run.json").read_text())
    return content


def verified(folder: Path) -> int:
    """The exit status of `verify` for the merged report."""
    return cli.main(["verify", str(folder / "out" / "conformance.yaml")])


def test_all_parts_are_a_whole_run(tmp_path: Path) -> None:
    assert merge(tmp_path, part(2, EXAMPLE), part(1, *BINDING)) == 0
    content = merged(tmp_path)
    assert list(unknown_keys(RunDocument.model_validate(content))) == []
    assert content["complete"] is True
    assert [test["nodeid"] for test in content["tests"]] == sorted([*BINDING, EXAMPLE])
    assert content["counts"]["conforms"] == 3
    assert content["counts"]["known deviation"] == 1
    states = {row["id"]: row["state"] for row in content["promises"]}
    assert states == {
        "BIND-01": "holds",
        "BIND-02": "does not hold",
        "BIND-03": "holds",
        "SCEN-4-01": "holds",
        "AUTHZ-01": "no check yet",
    }
    assert content["coverage"]["all"]["holds"] == 3
    assert [entry["seen"] for entry in content["known_deviations"]] == [1]
    assert (content["begun"], content["exit_status"]) == (at(1), 0)
    assert [(one["run"], one["arguments"], one["tests"]) for one in content["parts"]] == [
        ("part-1", ["--group=1"], 3),
        ("part-2", ["--group=2"], 1),
    ]
    assert verified(tmp_path) == 0


def test_the_merged_record_keeps_the_evidence(tmp_path: Path) -> None:
    merge(tmp_path, part(1, *BINDING), part(2, EXAMPLE))
    for test in merged(tmp_path)["tests"]:
        kept = json.loads((tmp_path / "out" / test["evidence"]).read_text())
        assert kept["nodeid"] == test["nodeid"]


def test_a_deviation_of_a_part_is_one_of_the_whole(tmp_path: Path) -> None:
    assert merge(tmp_path, part(1, *BINDING, red=True), part(2, EXAMPLE)) == 1
    assert merged(tmp_path)["complete"] is True
    assert verified(tmp_path) == 0


def test_a_broken_part_is_worse_than_a_deviation(tmp_path: Path) -> None:
    broken = part(2, EXAMPLE, problems=["the platform did not stop"])
    assert merge(tmp_path, part(1, *BINDING, red=True), broken | {"exit_status": 10}) == 10
    assert merged(tmp_path)["problems"] == ["part-2: the platform did not stop"]


def test_the_exit_status_of_a_part_is_not_lost(tmp_path: Path) -> None:
    assert merge(tmp_path, part(1, *BINDING), part(2, EXAMPLE) | {"exit_status": 3}) == 3


def _lose_functions(content: Content) -> None:
    content["selection"]["functions"] = []


def _deselect(content: Content) -> None:
    content["selection"]["deselected_tests"] = [f"{GREEN}[another]"]


def _stop(content: Content) -> None:
    content["tests"][0]["verdict"] = "not run"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_lose_functions, "rows may be missing of: "),
        (_deselect, f"did not run in any part: {GREEN}[another]"),
        (_stop, "did not run in any part: "),
        (lambda content: content["tests"].pop(), "not in any part: "),
    ],
    ids=["rows", "deselected", "stopped", "lost"],
)
def test_parts_that_lack_something_are_no_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, why: str
) -> None:
    lacking = part(1, *BINDING)
    change(lacking)
    assert merge(tmp_path, lacking, part(2, EXAMPLE)) == 13
    assert why in capsys.readouterr().err
    assert merged(tmp_path)["complete"] is False
    assert verified(tmp_path) == 13


def in_order(content: Content) -> Content:
    """The record with its keys in the order in which a run writes them."""
    return RunDocument.model_validate(content).model_dump(mode="json")


def cut(folder: Path, content: Content, before: str) -> str:
    """The folder of a part whose record is cut off there."""
    part = written(folder, in_order(content))
    text = (part / "run.json").read_text()
    assert before in text
    (part / "run.json").write_text(text[: text.index(before)])
    return str(part)


def test_a_row_that_a_cut_has_lost_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = part(1, *BINDING)
    another = content["tests"][0] | {"nodeid": FAILED.replace("<row>", "another")}
    content["tests"] = [*content["tests"], another]
    lacking = cut(tmp_path, content, json.dumps(another["nodeid"]))
    rest = str(written(tmp_path, part(2, EXAMPLE)))
    assert cli.main(["merge", lacking, rest, "--out", str(tmp_path / "out")]) == 13
    told = capsys.readouterr().err
    assert f"rows may be missing of: {FAILED.partition('[')[0]}" in told
    assert f"part-1: {CUT}" in told
    assert verified(tmp_path) == 13
    more = str(written(tmp_path, part(3, *BINDING)))
    again = ["merge", str(tmp_path / "out"), more, "--out", str(tmp_path / "again")]
    assert cli.main(again) == 13


def test_wherever_a_part_is_cut_the_whole_is_never_taken_for_complete(tmp_path: Path) -> None:
    """Also where another part has run all of its tests."""
    folder = written(tmp_path, in_order(part(1, *BINDING)))
    text = (folder / "run.json").read_text()
    rest = str(written(tmp_path, part(2, *BINDING, EXAMPLE)))
    out = tmp_path / "out"
    found = set()
    for place in range(60, len(text), 149):
        (folder / "run.json").write_text(text[:place])
        status = cli.main(["merge", str(folder), rest, "--out", str(out)])
        found.add(status)
        assert status in (4, 13), text[:place]
        assert status == 4 or verified(tmp_path) == 13
    assert found == {4, 13}


def test_promises_and_known_deviations_are_those_of_a_part_that_has_them(tmp_path: Path) -> None:
    begun_first = part(1, *BINDING)
    begun_first["platform"]["started"] = True
    lacking = cut(tmp_path, begun_first, '"known_deviations": [')
    rest = str(written(tmp_path, part(2, *BINDING, EXAMPLE)))
    assert cli.main(["merge", lacking, rest, "--out", str(tmp_path / "out")]) == 13
    content = merged(tmp_path)
    assert [row["id"] for row in content["promises"]] == [row["id"] for row in whole()["promises"]]
    assert [entry["id"] for entry in content["known_deviations"]] == ["KD-1"]
    assert content["platform"]["started"] is True


def test_two_halves_by_deselection_are_a_whole(tmp_path: Path) -> None:
    one, other = part(1, *BINDING), part(2, EXAMPLE)
    everything = [test.partition("[")[0] for test in (*BINDING, EXAMPLE)]
    one["selection"] |= {"functions": everything, "deselected": 1, "deselected_tests": [EXAMPLE]}
    other["selection"] |= {
        "functions": everything,
        "deselected": 3,
        "deselected_tests": [*BINDING],
    }
    assert merge(tmp_path, one, other) == 0
    assert merged(tmp_path)["selection"]["deselected"] == 0


def test_a_test_that_did_not_run_has_the_result_of_another_part(tmp_path: Path) -> None:
    stopped, again = part(1, *BINDING), part(2, *BINDING, EXAMPLE)
    for test in stopped["tests"]:
        test |= {"verdict": "not run", "judged": {}}
    assert merge(tmp_path, stopped | {"exit_status": 2}, again) == 0
    assert merged(tmp_path)["counts"]["not run"] == 0


def _platform(**fields: Any) -> Change:
    return lambda content: content["platform"].update(fields)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_platform(name="kind"), "platform: embedded and kind"),
        (
            _platform(components=[{"name": "etcd", "version": "v3.5.0", "source": "release"}]),
            "etcd: v3.6.16 and v3.5.0",
        ),
        (lambda content: content.update(release="0.29.0"), "release: 0.30.0 and 0.29.0"),
        (
            lambda content: content.update(suite=suite(scenarios="sha256:44")),
            "suite: scenarios: sha256:33 and sha256:44",
        ),
        (
            lambda content: content.update(suite=suite(known_deviations="sha256:44")),
            "suite: known deviations: sha256:22 and sha256:44",
        ),
        (
            lambda content: content["suite"]["tests"].pop(),
            f"suite: only one of them lists the test {EXAMPLE}: ",
        ),
        (lambda content: content.update(suite=None), "does not say which suite it is of"),
        (
            lambda content: content.update(harness={"version": "0.1.0", "commit": "b" * 40}),
            "harness: commit: aaaaaaaaaaaa and bbbbbbbbbbbb",
        ),
        (
            lambda content: content["options"].update(values={"--ks-impatient": True}),
            "--ks-impatient: not given and given",
        ),
        (
            lambda content: content.update(contracts=[{"name": "binding", "factor": 2}]),
            "time factor: 1 and 2",
        ),
        (
            _platform(capabilities=["pods"]),
            "only one of them has the capability pods",
        ),
        (
            lambda content: content["tests"].append(
                part(3, GREEN)["tests"][0] | {"verdict": "deviates"}
            ),
            f"{GREEN} is 'conforms' in one and 'deviates' in the other",
        ),
    ],
    ids=[
        *(
            "platform",
            "version",
            "release",
            "suite",
            "known",
            "tests",
            "no-suite",
            "harness",
            "option",
        ),
        *("slow", "capability", "verdict"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, why: str
) -> None:
    other = part(2, EXAMPLE)
    change(other)
    assert merge(tmp_path, part(1, *BINDING), other) == 4
    told = capsys.readouterr().err
    assert why in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_parts_of_two_machines_name_them(tmp_path: Path) -> None:
    other = part(2, EXAMPLE) | {"machine": {**MACHINE, "cores": 8}}
    assert merge(tmp_path, part(1, *BINDING), other) == 0
    content = merged(tmp_path)
    assert content["machine"] is None
    assert [one["machine"]["cores"] for one in content["parts"]] == [2, 8]


def test_one_part_alone_is_partial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As when all other jobs of a run have left no record."""
    assert merge(tmp_path, part(1, *BINDING)) == 13
    assert "is not the whole suite: not in any part: " in capsys.readouterr().err
    assert verified(tmp_path) == 13


def test_a_job_of_github_gets_a_summary_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert merge(tmp_path, part(1, *BINDING, red=True), part(2, EXAMPLE)) == 1
    assert "::error file=scenarios/binding/test_bindings.py,title=deviates%3A BIND-03::" in (
        capsys.readouterr().out
    )
    assert summary.read_text().startswith("## KubeStellar conformance: 1 of 4 tests are red\n")


def test_the_same_record_twice_and_a_record_in_the_way_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = str(written(tmp_path, part(1, *BINDING)))
    assert cli.main(["merge", one, f"{one}/run.json"]) == 4
    assert cli.main(["merge", one, str(written(tmp_path, part(2))), "--out", one]) == 4
    assert [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()] == [
        f"{one}/run.json: is given twice",
        f"--out {one!r}: has one of the records: give another folder",
    ]


@pytest.mark.parametrize("name", ["file", "file/below", "a" * 300])
def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "file").write_text("kept")
    out = str(tmp_path / name)
    assert cli.main(["merge", str(written(tmp_path, part(1))), "--out", out]) == 4
    said = capsys.readouterr().err
    assert (said.count("\n"), f"--out {out!r}: " in said) == (1, True), said
    assert (tmp_path / "file").read_text() == "kept"


def test_a_merged_record_can_be_merged_again(tmp_path: Path) -> None:
    parts = [str(written(tmp_path, part(n, name))) for n, name in enumerate((GREEN, KNOWN), 1)]
    first = str(tmp_path / "first")
    assert cli.main(["merge", *parts, "--out", first]) == 13
    rest = str(written(tmp_path, part(3, FAILED, EXAMPLE)))
    assert cli.main(["merge", first, rest, "--out", str(tmp_path / "out")]) == 0
    assert verified(tmp_path) == 0
    assert [one["run"] for one in merged(tmp_path)["parts"]] == ["part-1", "part-2", "part-3"]


def test_a_run_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path, part(1, *BINDING))
    copied = tmp_path / "copy"
    shutil.copytree(one, copied)
    first = tmp_path / "first"
    assert cli.main(["merge", str(one), "--out", str(first)]) == 13
    capsys.readouterr()
    for pair in ((one, copied), (first, one), (one, first)):
        assert cli.main(["merge", *map(str, pair), "--out", str(tmp_path / "out")]) == 4
        (line,) = capsys.readouterr().err.splitlines()
        assert "/run.json: has the run part-1, as /" in line
        assert line.endswith("/run.json has: give it once")
    content = json.loads((first / "run.json").read_text())
    (first / "run.json").write_text(json.dumps(content | {"parts": content["parts"] * 2}))
    assert cli.main(["merge", str(first), "--out", str(tmp_path / "out")]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("/run.json: has the run part-1 2 times: merge its parts anew")
    assert not (tmp_path / "out").exists()


def test_runs_of_two_machines_may_have_one_id(tmp_path: Path) -> None:
    one = str(written(tmp_path / "one", part(1, *BINDING)))
    other = str(written(tmp_path / "other", part(1, EXAMPLE) | {"begun": at(1.5)}))
    assert cli.main(["merge", one, other, "--out", str(tmp_path / "out")]) == 0
    assert [one["tests"] for one in merged(tmp_path)["parts"]] == [3, 1]


def test_a_merged_record_says_with_which_options_it_was_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = part(1, *BINDING)
    one["options"]["values"] = {"--ks-impatient": True, "--ks-run-dir": "x"}
    first = tmp_path / "first"
    assert cli.main(["merge", str(written(tmp_path, one)), "--out", str(first)]) == 13
    options = json.loads((first / "run.json").read_text())["options"]
    assert options == {"arguments": [], "values": {"--ks-impatient": True}}
    rest = str(written(tmp_path, part(2, EXAMPLE)))
    assert cli.main(["merge", str(first), rest, "--out", str(tmp_path / "out")]) == 4
    assert "--ks-impatient: given and not given" in capsys.readouterr().err


def test_each_part_has_to_fit_each_other_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the first one does not say how it was called, as one that was merged before."""
    silent, one, other = part(1, GREEN) | {"options": None}, part(2, KNOWN), part(3, EXAMPLE)
    other["options"]["values"] = {"--ks-allow": ["pods"]}
    assert merge(tmp_path, silent, one, other) == 4
    told = capsys.readouterr().err
    assert "part-2/run.json and " in told
    assert "--ks-allow: not given and pods" in told
