"""Shared by the tests of this folder: several policies whose Bindings are compared at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from kubestellar_conformance.story import Obj, Policy, Space
from kubestellar_conformance.story.conditions import selects

Exactly = Callable[..., None]
"""Called with pairs of a policy and the objects that its Binding has to list."""


@pytest.fixture
def list_exactly(wds: Space) -> Exactly:
    """Each policy's Binding lists its objects and no other, now and after a marker has arrived."""

    def check(*wanted: tuple[Policy, Sequence[Obj]]) -> None:
        conditions = [selects(policy, *objects) for policy, objects in wanted]
        for one in conditions:
            wds.eventually(one, within="binding")
        wds.stays(conditions[-1])
        for one in conditions:
            wds.eventually(one, within="binding")

    return check
