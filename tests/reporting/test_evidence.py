"""Which steps an error has left, and so which promises are blamed for it."""

from __future__ import annotations

from contextlib import suppress

from kubestellar_conformance.reporting.evidence import Evidence


def test_the_innermost_step_that_names_a_promise_is_guilty() -> None:
    evidence, error = Evidence(), ValueError("x")
    with suppress(ValueError), evidence.step("1", ("A",)):
        with evidence.step("2", ("B",)):
            pass
        with evidence.step("3", ("C",)), evidence.step("4"):
            raise error
    assert [step.title for step in evidence.left_by(error)] == ["4", "3", "1"]
    assert evidence.guilty(error) == ("C",)


def test_a_step_whose_error_was_caught_is_not_guilty_of_another() -> None:
    evidence, error = Evidence(), ValueError("y")
    with suppress(KeyError), evidence.step("1", ("A",)):
        raise KeyError("x")
    assert evidence.guilty(error) == ()
    with suppress(ValueError), evidence.step("2", ("B",)):
        raise error
    assert evidence.guilty(error) == ("B",)


def test_a_step_is_guilty_of_what_its_error_became() -> None:
    evidence, first = Evidence(), KeyError("x")
    with suppress(KeyError), evidence.step("1", ("A",)):
        raise first
    told = ValueError("y")
    told.__cause__ = first
    assert evidence.guilty(ExceptionGroup("several", [OSError(), told])) == ("A",)
