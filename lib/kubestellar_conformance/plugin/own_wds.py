"""A WDS of a module's own, made for its tests and removed after them (``pytestmark = own_wds``).

Tests that stop, restart or re-flag its controllers run beside all others. On a platform that cannot
add spaces they use the platform's own WDS, and have the platform to themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kubestellar_conformance.platforms import Capability, Platform
from kubestellar_conformance.plugin.topologies import building
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.story.topologies import OWN_WDS

_number = itertools.count(1)


def has_platform_alone(item: pytest.Item, platform: Platform) -> bool:
    """Whether no other test may run beside this one."""
    if item.get_closest_marker("exclusive"):
        return True
    return _asks(item) and not _gets(platform)


@contextmanager
def wds_for(module: pytest.Collector, platform: Platform) -> Iterator[Space]:
    """The WDS that the tests of the module use, inside also as ``system.wds``."""
    if not (_asks(module) and _gets(platform)):
        yield platform.system.wds
        return
    # A number, since the tests of a module may not run in one piece.
    name = f"{module.nodeid} {next(_number)}"
    with building(module.config, platform, name, hosted=False) as builder:
        wds = builder.wds("wds", platform.system.its)
        platform.system.put_first(wds.name)
        yield wds


def _asks(node: pytest.Collector | pytest.Item) -> bool:
    return node.get_closest_marker(OWN_WDS) is not None


def _gets(platform: Platform) -> bool:
    return Capability.TOPOLOGIES in platform.capabilities
