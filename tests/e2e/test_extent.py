"""A platform of which only a part is started: that part works, and the rest is named as left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from kubestellar_conformance.conditions import gone
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet import Fleets
from kubestellar_conformance.platforms import Extent, PlatformSettings
from kubestellar_conformance.platforms.embedded import ports
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.spaces import binding_policy
from kubestellar_conformance.spaces.refs import Obj, Ref

pytestmark = pytest.mark.timeout(900)
NAME = "of-a-part"
CONFIG: Obj = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": NAME, "namespace": "default", "labels": {"of": NAME}},
}


@contextmanager
def started(
    extent: Extent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedPlatform]:
    """A platform started from the snapshot; only that may be less than everything. Both starts, if
    the first has to make the snapshot, use one block of ports, which it belongs to.
    """
    with ports.claimed_block() as block:
        monkeypatch.setattr(ports, "claimed_block", lambda: nullcontext(block))
        for number in range(2):
            platform = EmbeddedPlatform(
                PlatformSettings(run_dir=tmp_path / f"run{number}", extent=extent)
            )
            try:
                platform.up()
                if platform.record()["restored"]:
                    yield platform
                    return
                assert "left_out" not in platform.record(), "from nothing, everything starts"
            finally:
                platform.down()
    raise AssertionError("the second start did not use the snapshot that the first one left")


def test_the_api_server_of_the_wds_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started(Extent.WDS_ALONE, tmp_path, monkeypatch) as platform:
        assert platform.record()["left_out"].startswith("all but the API server of the WDS")
        assert {part.name for part in platform.components()} == {"etcd", "wds1/kube-apiserver"}
        system = platform.system
        assert system.spaces.names == ["wds1"]
        policy = binding_policy(NAME, clusters=[{}], objects={"of": NAME})
        system.wds.accepts(policy)
        system.wds.delete(policy)
        system.wds.eventually(gone(Ref.of(policy)), within="withdrawal")
        with pytest.raises(UserError, match=r"0 spaces in the role 'its'.*\(left out: all but"):
            system.its.get(CONFIG)


def test_all_but_the_wecs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started(Extent.NO_WECS, tmp_path, monkeypatch) as platform:
        other = EmbeddedPlatform(PlatformSettings(run_dir=platform.run_dir))
        other.attach()
        names = other.system.spaces.names
        other.detach()
        assert names == platform.system.spaces.names == ["kind-kubeflex", "its1", "wds1"]
        assert not any(part.name.startswith("cluster") for part in platform.components())
        fleets = Fleets(platform.system)
        fleet = fleets.make({"one": {}, "two": {}}, label=NAME)
        policy = binding_policy(NAME, clusters=fleet.selectors, objects={"of": NAME})
        platform.system.wds.apply(CONFIG, policy)
        fleet.eventually(CONFIG)
        platform.system.wds.stays(CONFIG)
        with pytest.raises(UserError, match=r"0 spaces in the role 'wec'.*\(left out: every WEC"):
            platform.system.wec1.get(CONFIG)
        fleets.close(abandon=True)
