"""Checks the virtual WECs that a module declares, before anything starts."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet.fleets import check_members
from kubestellar_conformance.story.fleets import FIXTURE, MARK


def wrong_fleet(items: list[pytest.Item]) -> str | None:
    """The fault of the first test that uses ``fleet`` in a module that declares no fleet, or a bad
    one.
    """
    for item in items:
        if FIXTURE not in getattr(item, "fixturenames", ()):
            continue
        module = item.getparent(pytest.Module)
        mark = module.get_closest_marker(MARK) if module else None
        if mark is None:
            return (
                f"{item.nodeid}: uses `{FIXTURE}`, but its module declares none: write "
                "pytestmark = on_fleet(eu={...}, us={}) there"
            )
        try:
            check_members(mark.kwargs)
        except UserError as problem:
            return f"{item.nodeid}: {problem}"
    return None
