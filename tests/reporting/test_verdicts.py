"""Verdicts, exit statuses, and what a run says of a promise."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import Broken, Deviation, NotSupported, UserError
from kubestellar_conformance.platforms import Capability
from kubestellar_conformance.reporting.promises import Promise, Promises, is_declared, judge
from kubestellar_conformance.reporting.rejudged import promises_by
from kubestellar_conformance.reporting.verdicts import Verdict, exit_status, of_exception, worst
from kubestellar_conformance.spaces import Refused


@pytest.mark.parametrize(
    ("error", "phase", "verdict"),
    [
        (Deviation("x"), "call", Verdict.DEVIATES),
        (Deviation("x"), "teardown", Verdict.DEVIATES),
        (AssertionError("x"), "call", Verdict.DEVIATES),
        (AssertionError("x"), "setup", Verdict.BROKEN),
        (AssertionError("x"), "teardown", Verdict.BROKEN),
        (Broken("x"), "call", Verdict.BROKEN),
        (ExceptionGroup("x", [Deviation("x"), Deviation("y")]), "teardown", Verdict.DEVIATES),
        (ExceptionGroup("x", [Deviation("x"), Broken("y")]), "teardown", Verdict.BROKEN),
        (UserError("x"), "call", Verdict.BROKEN),
        (KeyError("x"), "call", Verdict.BROKEN),
        (pytest.fail.Exception("Timeout"), "call", Verdict.BROKEN),
        (NotSupported("x"), "setup", Verdict.NOT_SUPPORTED),
        (NotSupported("x"), "call", Verdict.NOT_SUPPORTED),
        (NotSupported("x"), "teardown", Verdict.BROKEN),
        (Refused("wds1", "apply of x", 422, "Invalid", "y"), "call", Verdict.DEVIATES),
        (Refused("wds1", "apply of x", 403, "Forbidden", "y"), "call", Verdict.BROKEN),
        (Refused("wds1", "delete of x", 403, "Forbidden", "y"), "teardown", Verdict.BROKEN),
    ],
)
def test_exceptions(error: BaseException, phase: str, verdict: Verdict) -> None:
    assert of_exception(error, phase) is verdict


def test_broken_wins_then_deviates() -> None:
    assert worst([Verdict.CONFORMS, Verdict.DEVIATES, Verdict.CONFORMS]) is Verdict.DEVIATES
    assert worst([Verdict.DEVIATES, Verdict.BROKEN]) is Verdict.BROKEN
    assert worst([Verdict.KNOWN, Verdict.CONFORMS]) is Verdict.KNOWN


@pytest.mark.parametrize(
    ("verdicts", "outside", "before", "after"),
    [
        ([Verdict.CONFORMS, Verdict.KNOWN, Verdict.NOT_RUN, Verdict.NOT_SUPPORTED], False, 0, 0),
        ([Verdict.DEVIATES], False, 1, 1),
        ([Verdict.FIXED], False, 1, 1),
        ([Verdict.BROKEN, Verdict.DEVIATES], False, 1, 10),
        ([Verdict.CONFORMS], True, 0, 10),
        ([Verdict.BROKEN], True, 2, 2),
        ([Verdict.DEVIATES], False, 3, 3),
        ([], False, 5, 5),
        ([Verdict.CONFORMS], False, 1, 1),  # a test of the harness itself failed
    ],
)
def test_exit_statuses(verdicts: list[Verdict], outside: bool, before: int, after: int) -> None:
    assert exit_status(verdicts, broken_outside=outside, pytest_status=before) == after


def _judged(*verdicts: Verdict, checked: tuple[str, ...] = ("T-1",)) -> tuple[str, bool]:
    promise = Promise("T-1", "T", "r", "s", "c", "u", "A")
    checks = [(f"test_{number}", verdict, "why") for number, verdict in enumerate(verdicts)]
    (row,) = judge(Promises([promise]), {"T-1": checks}, checked)
    return str(row["state"]), bool(row["known"])


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([Verdict.CONFORMS], "holds"),
        ([Verdict.CONFORMS, Verdict.FIXED], "holds"),
        ([Verdict.CONFORMS, Verdict.KNOWN], "does not hold"),
        ([Verdict.DEVIATES, Verdict.BROKEN], "does not hold"),
        ([Verdict.CONFORMS, Verdict.BROKEN, Verdict.NOT_RUN], "broken"),
        ([Verdict.CONFORMS, Verdict.NOT_SUPPORTED], "not supported"),
        ([Verdict.CONFORMS, Verdict.NOT_RUN, Verdict.NOT_SUPPORTED], "not run"),
        ([], "not run"),
    ],
)
def test_a_promise_holds_only_when_every_check_conforms(
    verdicts: list[Verdict], state: str
) -> None:
    assert _judged(*verdicts)[0] == state


def test_a_promise_that_no_test_names_has_no_check_yet() -> None:
    assert _judged(checked=())[0] == "no check yet"
    assert _judged(Verdict.CONFORMS, checked=())[0] == "holds"


@pytest.mark.parametrize(
    ("platform", "state"),
    [
        (("embedded", ["topologies"]), "not supported"),
        (("kind", ["topologies", "vcluster"]), "no check yet"),
        (None, "no check yet"),
    ],
    ids=["a platform without it", "a platform that has it", "no platform"],
)
def test_a_promise_that_names_what_a_check_would_need(
    platform: tuple[str, list[str]] | None, state: str
) -> None:
    needs = (Capability.VCLUSTER,)
    promise = Promise("T-1", "T", "r", "s", "c", "u", "A", needs, "It needs pods.")
    (row,) = judge(Promises([promise]), {}, (), platform)
    assert row["state"] == state
    if state == "not supported":
        assert row["why"] == "platform embedded lacks the capability vcluster: It needs pods."
    assert [one["state"] for one in promises_by([], [row])] == [state]
    assert is_declared(row) == (state == "not supported")


def test_one_new_deviation_makes_it_new() -> None:
    assert _judged(Verdict.KNOWN, Verdict.CONFORMS) == ("does not hold", True)
    assert _judged(Verdict.KNOWN, Verdict.DEVIATES) == ("does not hold", False)
    assert _judged(Verdict.CONFORMS) == ("holds", False)
