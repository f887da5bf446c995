"""The rig of the tests with API servers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.reporter_rig import DEPLOYMENTS, WORKS, Rig
from tests.support.servers import ApiServer


@pytest.fixture
def rig(its_server: ApiServer, wec_server: ApiServer, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(its_server, wec_server, f"cluster-{uuid.uuid4().hex[:8]}", tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()
    made.seen.close()
    for resource in (WORKS, DEPLOYMENTS):  # the next test's reporter would see them
        made.wec.request("DELETE", resource.path())
