"""Tables of cases: ``@pytest.mark.parametrize(("selector", "chosen"), [case("In", ...), ...])``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet


def case(
    id: str,
    *values: Any,
    promises: str | Sequence[str] = (),
    marks: Sequence[pytest.MarkDecorator] = (),
) -> ParameterSet:
    """A row of a table. ``id`` says in words what it is a case of.

    ``promises``: the ids of those that this row checks beside those of the test. Only this row
    speaks for them.
    """
    ids = (promises,) if isinstance(promises, str) else tuple(promises)
    own = [pytest.mark.promises(*ids)] if ids else []
    return pytest.param(*values, id=id, marks=[*own, *marks])
