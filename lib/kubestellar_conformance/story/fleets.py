"""``pytestmark = on_fleet(eu={"region": "eu"}, bare={})``: the virtual WECs of a module."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

MARK = FIXTURE = "fleet"


def on_fleet(**members: Mapping[str, str]) -> pytest.MarkDecorator:
    """The module's tests share these virtual WECs, given to them as ``fleet``, and do not change
    them.

    Each member comes with the labels of its ManagedCluster. For ``pytestmark`` alone: a test that
    changes its WECs makes some of its own.
    """
    return pytest.mark.fleet(**members)
