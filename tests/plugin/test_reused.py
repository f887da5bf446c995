"""A platform that an earlier run has left up is left, and found, as it was."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

INTERRUPTED = """
    def test_it(platform, its):
        cluster = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
        its.apply({**cluster, "metadata": {"name": "new"}})
        platform.component("etcd").stop()
        raise KeyboardInterrupt
"""


@pytest.mark.parametrize("reused", [True, False])
def test_an_interrupted_test_is_undone_where_the_platform_stays(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, reused: bool
) -> None:
    if reused:
        monkeypatch.setenv("FAKE_REUSED", "1")
    suite.tests(INTERRUPTED)
    ran = suite.run()
    assert ran.status == 2
    assert ("delete its1 new" in ran.events) is reused
    assert ((ran.folder / "etcd.state").read_text() == "running") is reused


def test_on_a_platform_that_was_left_up_all_parts_run_before_the_first_test(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_REUSED", "1")
    suite.tests("""
        def test_it(platform):
            assert platform.component("etcd").state == "running"
    """)
    suite.write("run/etcd.state", "stopped")
    ran = suite.run()
    assert ran.status == 0, ran.output
