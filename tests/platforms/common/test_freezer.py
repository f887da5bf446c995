"""Processes whose cgroup is frozen, as ``docker pause`` does it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from kubestellar_conformance.platforms.common import freezer
from tests.support.freezing import VERSIONS, Frozen, freezing


@pytest.fixture(params=VERSIONS)
def frozen(request: pytest.FixtureRequest) -> Iterator[Frozen]:
    with freezing(request.param) as found:
        yield found


def test_a_process_is_frozen_until_its_cgroup_is_thawed(frozen: Frozen) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            assert not freezer.is_frozen(process.pid)
            frozen.add(process.pid)
            assert not freezer.is_frozen(process.pid)
            frozen.freeze()
            assert freezer.is_frozen(process.pid)
            assert not freezer.is_frozen(os.getpid())
            frozen.thaw()
            assert not freezer.is_frozen(process.pid)
        finally:
            process.kill()


def test_a_process_that_has_exited_is_not_frozen() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert not freezer.is_frozen(process.pid)
