"""The steps of a clean-up: each is made even if another fails, and one error tells of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import pytest

from kubestellar_conformance.errors import Broken, Deviation, LeftBehind
from kubestellar_conformance.reporting.verdicts import Verdict, of_exception, worst

ENDS_THE_RUN: Final = (KeyboardInterrupt, SystemExit, pytest.exit.Exception)
"""What is not an error of one step."""


def tried(step: Callable[[], None]) -> BaseException | None:
    """Make a step. Returns its error, which may be what ends a test after its limit of time: a
    BaseException, as all of pytest's own.
    """
    try:
        step()
    except ENDS_THE_RUN:
        raise
    except BaseException as error:
        return error
    return None


def raise_all(found: Iterable[BaseException | None]) -> None:
    """Raise the only error, or one for all of them, which does not tell what another one tells
    already.
    """
    errors = [error for error in found if error is not None]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise _together(errors) from errors[0]


def _together(errors: list[BaseException]) -> Broken | Deviation:
    by_text = {f"{error}": error for error in errors}
    told = [one for one in by_text if not any(one != other and one in other for other in by_text)]
    together = _kind_of(errors)("\n".join(told))
    together.where = getattr(errors[0], "where", "")
    if isinstance(together, Deviation):
        together.parts = tuple(by_text[one] for one in told)
    return together


def _kind_of(errors: list[BaseException]) -> type[Broken] | type[Deviation]:
    """The exception for several errors: `Broken` if any is broken, `LeftBehind` if all are of the
    clean-up, else `Deviation`.
    """
    if worst(of_exception(error, "teardown") for error in errors) is Verdict.BROKEN:
        return Broken
    cleaning = all(isinstance(error, LeftBehind) for error in errors)
    return LeftBehind if cleaning else Deviation
