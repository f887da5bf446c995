"""What a module says of its virtual WECs, checked before anything starts."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet.fleets import check_members
from kubestellar_conformance.story.fleets import FIXTURE, MARK


def wrong_fleet(items: list[pytest.Item]) -> str | None:
    """What is wrong with the first test that uses ``fleet`` in a module which does not say which
    one it is.
    """
    for item in items:
        if FIXTURE not in getattr(item, "fixturenames", ()):
            continue
        module = item.getparent(pytest.Module)
        mark = module.get_closest_marker(MARK) if module else None
        if mark is None:
            return (
                f"{item.nodeid}: uses `{FIXTURE}`, and its module does not say which: write "
                "pytestmark = on_fleet(eu={...}, us={}) there"
            )
        try:
            check_members(mark.kwargs)
        except UserError as problem:
            return f"{item.nodeid}: {problem}"
    return None
