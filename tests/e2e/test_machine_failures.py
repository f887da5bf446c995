"""What the machine does to a platform in the middle of a run is broken, said at once, and put right
afterwards.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.plugin.parts import restore
from kubestellar_conformance.spaces import Unreachable, binding_policy
from kubestellar_conformance.waiting import contracts
from tests.support.calm import busy
from tests.support.embedded import identity, in_thread
from tests.support.three_spaces import config_map

pytestmark = pytest.mark.timeout(900)


def test_parts_that_are_stopped_and_killed_by_something_else(own: EmbeddedPlatform) -> None:
    system, made = own.system, config_map(a="1")
    made["metadata"]["labels"] = {"app": "hello"}
    manager = own.component("wds1/kubestellar-controller-manager")
    pidfd.hold(*identity(manager))
    policy = binding_policy("hello", clusters={"name": "cluster1"}, objects={"app": "hello"})
    system.wds.apply(policy, made)
    with pytest.raises(Broken) as raised:
        system.wec1.eventually(made, within="downsync")
    said = str(raised.value)
    assert said.startswith("wds1/kubestellar-controller-manager was stopped by something other ")
    assert "kubestellar-controller-manager (halted)" in said
    restore(own)
    assert manager.state == "running"
    system.wec1.eventually(made, within="downsync")

    etcd = own.component("etcd")
    pidfd.hold(*identity(etcd))  # so that a request is under way

    def kill() -> None:
        time.sleep(1)
        os.kill(identity(etcd)[0], signal.SIGKILL)

    later, began = in_thread(kill), time.monotonic()
    with pytest.raises(Unreachable, match="etcd, where it keeps its objects, exited unexpectedly"):
        system.wds.apply(config_map(b="1"))
    with pytest.raises(Unreachable, match="exited unexpectedly"):
        system.wds.delete(made)
    assert time.monotonic() - began < 10 * busy()
    later.join()
    with pytest.raises(Broken, match=r"etcd .*exited unexpectedly"):
        system.wec1.eventually(made, within="downsync")
    restore(own)
    deadline = time.monotonic() + contracts.seconds("restart")
    while system.wds.client.unreachable():
        assert time.monotonic() < deadline
    system.wds.apply(config_map(b="1"))
