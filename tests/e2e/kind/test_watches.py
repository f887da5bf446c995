"""Whether the watches of the WDS can be relied on, as every informer does: what is written is told
of.
"""

from __future__ import annotations

import contextlib
import random
import threading
from pathlib import Path

import pytest

from kubestellar_conformance.spaces import EventLog, Obj, Refused, Space
from kubestellar_conformance.spaces.refs import CONFIG_MAP
from tests.e2e.kind.conftest import sourced
from tests.support.child import Ended
from tests.support.three_spaces import config_map

pytestmark = pytest.mark.timeout(3600)
ROUNDS, WRITERS = 200, 3
SECONDS = 60.0  # so long that no stall of the machine counts
PAUSE = 0.02


def write_on(wds: Space, busy: Obj, key: str, over: threading.Event) -> None:
    """Listing makes the API server ask its store how far it is; writes beside each other make the
    store late.
    """
    n = 0
    while not over.wait(PAUSE):
        wds.list(CONFIG_MAP)
        n += 1
        with contextlib.suppress(
            Refused
        ):  # the writers are in each other's way, as they are meant to be
            wds.patch(busy, {"data": {key: str(n)}})


def told_of(wds: Space, obj: Obj) -> bool:
    """Whether a feed that begins now comes to know of the object."""
    record = EventLog()
    feed, name = record.feed(wds.client, CONFIG_MAP), obj["metadata"]["name"]
    with record.changed:
        told = record.changed.wait_for(lambda: feed.get("default", name) is not None, SECONDS)
    record.close()
    return told


def test_a_watch_that_begins_after_a_write_reports_it(on_kind: Ended) -> None:
    assert on_kind.status == 0
    kubeconfig = Path(sourced(on_kind.run_dir / "env.sh")["KUBECONFIG"])
    mine, *theirs = [Space("wds1", "wds", kubeconfig, "wds1") for _ in range(WRITERS + 1)]
    busy, over, unreported = config_map(), threading.Event(), []
    mine.apply(busy)
    writers = [
        threading.Thread(target=write_on, args=(one, busy, f"k{n}", over))
        for n, one in enumerate(theirs)
    ]
    try:
        for writer in writers:
            writer.start()
        for n in range(ROUNDS):
            made = config_map(n=str(n))
            over.wait(random.uniform(0, 2 * PAUSE))  # to be in step with nobody
            mine.apply(made)
            if not told_of(mine, made):
                unreported.append(n)
            mine.delete(made)
    finally:
        over.set()
        for writer in writers:
            writer.join()
        mine.delete(busy)
        for space in (mine, *theirs):
            space.close()
    assert not unreported, (
        f"{len(unreported)} of {ROUNDS} writes were not told of within {SECONDS:g} s"
    )
