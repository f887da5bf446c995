"""What one record has that another has not: outcomes, speed, and what cannot be compared."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.compare.comparison import compare
from kubestellar_conformance.reporting.compare.text import LINE, lines
from kubestellar_conformance.reporting.model.run import RunDocument
from tests.support.run_records import EXAMPLE, FAILED, GREEN, KNOWN, result
from tests.support.whole_records import MACHINE, suite, whole, written

Change = Callable[[dict[str, Any]], None]


def _compared(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return compare(RunDocument.model_validate(one), RunDocument.model_validate(other))


def _with(**verdicts: str) -> dict[str, Any]:
    """A record in which the tests have these verdicts, and their promises the states of them."""
    content = whole()
    names = {"green": GREEN, "known": KNOWN, "failed": FAILED, "example": EXAMPLE}
    states = {"conforms": "holds", "deviates": "does not hold", "broken": "broken"}
    for short, verdict in verdicts.items():
        test = next(test for test in content["tests"] if test["nodeid"] == names[short])
        test["verdict"] = verdict
        for row in content["promises"]:
            if row["id"] in test["promises"]:
                row["state"] = states[verdict]
    return content


def test_a_record_equals_itself() -> None:
    found = _compared(whole(), whole())
    assert (found["tests"], found["promises"], found["differences"]) == ([], [], [])
    assert found["compared"] == 4


def test_newly_broken_and_newly_kept() -> None:
    found = _compared(whole(), _with(green="deviates", failed="conforms"))
    assert [(row["nodeid"], row["change"]) for row in found["tests"]] == [
        (FAILED, "newly kept"),
        (GREEN, "newly broken"),
    ]
    assert [(row["id"], row["change"]) for row in found["promises"]] == [
        ("BIND-01", "newly broken"),
        ("BIND-03", "newly kept"),
    ]


def test_a_deviation_that_a_list_knows_is_no_change() -> None:
    other = _with()
    other["tests"][1]["verdict"] = "deviates"
    assert _compared(whole(), other)["tests"] == []


@pytest.mark.parametrize(("verdict", "why"), [("broken", "broken in B"), (None, "only in A")])
def test_a_test_without_a_judgement_is_not_compared(verdict: str | None, why: str) -> None:
    other = _with(green=verdict) if verdict else whole()
    if verdict is None:
        other["tests"] = other["tests"][1:]
    (row,) = _compared(whole(), other)["tests"]
    assert (row["nodeid"], row["change"], row["why"]) == (GREEN, "not comparable", why)


@pytest.mark.parametrize(
    ("verdict", "change", "lines_of_new"),
    [
        (
            "conforms",
            "new",
            ["new              1 test that A does not have, 0 of them with a deviation"],
        ),
        (
            "deviates",
            "new",
            [
                "new              1 test that A does not have, 1 of them with a deviation",
                f"  test           {GREEN.replace('::', ' ::')} (BIND-01)",
                "                 deviates: it stopped",
            ],
        ),
        ("not run", "not comparable", []),
    ],
)
def test_a_test_that_only_b_judges_is_new(
    verdict: str, change: str, lines_of_new: list[str]
) -> None:
    one, other = whole(), _with()
    one["tests"] = one["tests"][1:]
    other["tests"][0] |= {"verdict": verdict, "where": "it stopped"}
    found = _compared(one, other)
    (row,) = found["tests"]
    assert (row["nodeid"], row["change"], found["compared"]) == (GREEN, change, 3)
    text = [*lines(found)]
    begin = next((n for n, line in enumerate(text) if line.startswith("new  ")), len(text))
    assert text[begin : begin + len(lines_of_new)] == lines_of_new


def _timed(hop: float, wait: float, count: int = 12) -> dict[str, Any]:
    """A record of tests with one hop and one wait each, of about these seconds."""
    tests = [
        result(
            f"scenarios/a/test_it.py::test_{number}",
            "conforms",
            "BIND-01",
            hops=[{"from": "Binding", "to": "ManifestWork", "seconds": hop + number / 100}],
            contracts=[{"contract": "downsync", "allowed": 20.0, "taken": wait, "outcome": "held"}],
        )
        for number in range(count)
    ]
    return whole(tests=tests)


def _paces(one: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["pace"] for row in _compared(one, other)["speed"]}


def test_a_slower_hop_is_named_with_its_spread() -> None:
    found = _compared(_timed(0.2, 1.0), _timed(0.5, 1.02))
    hop, wait = found["speed"]
    assert (hop["name"], hop["pace"], hop["pairs"]) == ("Binding to ManifestWork", "slower", 12)
    assert hop["before"] == {"median": 0.255, "p10": 0.211, "p90": 0.299}
    assert hop["after"] == {"median": 0.555, "p10": 0.511, "p90": 0.599}
    assert (wait["name"], wait["pace"]) == ("downsync", "same")


@pytest.mark.parametrize(
    ("one", "other", "paces"),
    [
        ((0.5, 1.0), (0.2, 1.0), ("faster", "same")),
        ((0.2, 1.0), (0.24, 1.2), ("same", "same")),  # less than the least difference and quotient
        ((0.2, 1.0, 3), (0.9, 3.0, 3), ("too few", "too few")),
    ],
)
def test_a_difference_that_says_nothing_is_none(
    one: tuple[float, ...], other: tuple[float, ...], paces: tuple[str, str]
) -> None:
    found = _paces(_timed(*one), _timed(*other))  # type: ignore[arg-type]
    assert tuple(found.values()) == paces


def test_a_few_slow_tests_do_not_make_a_hop_slower() -> None:
    other = _timed(0.2, 1.0)
    for test in other["tests"][:4]:
        test["hops"][0]["seconds"] = 9.0
    assert _paces(_timed(0.2, 1.0), other)["Binding to ManifestWork"] == "same"


def test_a_story_that_went_another_way_is_not_timed() -> None:
    other = _timed(0.2, 1.0)
    for test in other["tests"]:
        test["contracts"] *= 2
    assert list(_paces(_timed(0.2, 1.0), other)) == ["Binding to ManifestWork"]


def _platform(content: dict[str, Any]) -> None:
    content["platform"]["name"] = "kind"


def _machine(content: dict[str, Any]) -> None:
    content["machine"] = {**MACHINE, "cores": 8}


def _version(content: dict[str, Any]) -> None:
    content["platform"]["components"] = [{"name": "etcd", "version": "v3.6.4", "source": "release"}]


def _checkout(content: dict[str, Any]) -> None:
    content["platform"]["components"][0] |= {"source": "checkout", "digest": "sha256:0123456789abc"}


def _list(content: dict[str, Any]) -> None:
    content["suite"] = suite(known_deviations="sha256:44")


def _no_suite(content: dict[str, Any]) -> None:
    content["suite"] = None


@pytest.mark.parametrize(
    ("change", "differs", "no_speed"),
    [
        (_platform, "platform: embedded and kind", "other platform: embedded and kind"),
        (
            _machine,
            "machine: 2 cores, 23 GiB, x86_64 and 8 cores, 23 GiB, x86_64",
            "other machine: 2 cores, 23 GiB, x86_64 and 8 cores, 23 GiB, x86_64",
        ),
        (_version, "etcd: v3.6.16 and v3.6.4", None),
        (_checkout, "etcd: v3.6.16 and v3.6.16 (checkout sha256:0123456789ab)", None),
        (_list, "known deviations: the lists differ", None),
        (
            _no_suite,
            "suite: a record, cut off or of an earlier version, does not say which one",
            None,
        ),
    ],
)
def test_what_was_tried_differs(change: Change, differs: str, no_speed: str | None) -> None:
    other = copy.deepcopy(whole())
    change(other)
    found = _compared(whole(), other)
    assert found["differences"] == [differs]
    assert found["why_no_speed"] == no_speed
    assert found["compared"] == 4


@pytest.mark.parametrize(
    ("part", "words"), [("promises", "their catalogues differ"), ("scenarios", "their scenarios")]
)
def test_records_of_different_suites_are_refused(part: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        _compared(whole(), whole() | {"suite": suite(**{part: "sha256:99"})})


def test_the_text_fits_a_terminal() -> None:
    long = [
        result(f"scenarios/a/test_{'x' * 60}.py::test_{'y' * 80}[{n}]", "conforms", "BIND-01")
        for n in range(3)
    ]
    after = [{**test, "verdict": "deviates", "where": "z" * 300} for test in long]
    text = [*lines(_compared(whole(tests=long), whole(tests=after)))]
    assert max(map(len, text)) <= LINE
    assert any(line.startswith("newly broken     0 promises, 3 tests") for line in text)


def test_the_command_exits_by_what_is_newly_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path / "a.json", whole())
    b = written(tmp_path / "b.json", _with(green="deviates"))
    assert cli.main(["compare", str(a), str(b)]) == 1
    said = capsys.readouterr()
    assert "newly broken     1 promise, 1 test\n" in said.out
    assert "conforms, now deviates\n" in said.out
    assert said.err == "ks-conformance: 1 promise and 1 test are newly broken\n"
    assert cli.main(["compare", str(b), str(a), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tests"][0]["change"] == "newly kept"


def _breaking(promise: str) -> dict[str, Any]:
    """A record in which one test judges two promises, and breaks that one."""
    content = whole()
    states = {"BIND-01": "conforms", "BIND-02": "conforms", promise: "deviates"}
    content["tests"] = [result(GREEN, "deviates", *states, judged=states)]
    content["promises"] = [
        {**row, "state": "does not hold" if row["id"] == promise else "holds", "tests": [GREEN]}
        for row in content["promises"]
        if row["id"] in states
    ]
    return content


def test_a_test_that_breaks_another_promise_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path / "a.json", _breaking("BIND-01"))
    b = written(tmp_path / "b.json", _breaking("BIND-02"))
    assert cli.main(["compare", str(a), str(b)]) == 1
    said = capsys.readouterr()
    assert "newly broken     1 promise, 0 tests\n" in said.out
    assert said.err == "ks-conformance: 1 promise is newly broken\n"


def test_a_promise_that_a_new_test_breaks_is_not_newly_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = whole(), _with(green="deviates")
    other["tests"][0]["judged"] = {"BIND-01": "deviates"}
    one["tests"] = one["tests"][1:]
    a, b = written(tmp_path / "a.json", one), written(tmp_path / "b.json", other)
    assert cli.main(["compare", str(a), str(b)]) == 0
    said = capsys.readouterr().out
    assert "newly broken     0 promises, 0 tests\n" in said
    assert "1 promise: broken by tests that A does not judge\n" in said


def test_bad_input_of_the_command_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path / "a.json", whole())
    other = written(tmp_path / "b.json", whole() | {"suite": suite(scenarios="sha256:99")})
    (tmp_path / "c.json").write_text("x")
    for given, said in (
        ([a, a], "is given twice"),
        ([a, other], "the records are of different suites: their scenarios differ"),
        ([a, tmp_path / "c.json"], "is not JSON"),
        ([a, tmp_path / "d.json"], "is neither a run"),
    ):
        assert cli.main(["compare", *map(str, given)]) == 4
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
