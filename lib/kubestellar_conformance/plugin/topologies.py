"""Builds a topology for some tests, and removes its spaces after them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

import pytest

from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.plugin.turns import taking_part, turn
from kubestellar_conformance.story.names import suffix_of
from kubestellar_conformance.story.topologies import HOSTING_CLUSTER, TopologyBuilder

_number = count()


@contextmanager
def building(
    config: pytest.Config, platform: Platform, name: str, *, hosted: bool
) -> Iterator[TopologyBuilder]:
    run = run_of(config)
    # Two modules may ask for the same topology: the second must not find what the first has left.
    suffix = suffix_of(run.id, run.worker or "", name, str(next(_number)))
    builder = TopologyBuilder(platform, suffix)
    with ExitStack() as stack:
        # Also between its tests: an outage would reach the added controllers.
        stack.enter_context(taking_part(run))
        if hosted:
            stack.enter_context(turn(run, HOSTING_CLUSTER))
        stack.callback(lambda: builder.take_away(at_once=run.interrupted))
        yield builder
