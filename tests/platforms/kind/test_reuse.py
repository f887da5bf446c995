"""A kept platform that a later run uses: what it gets, and that nothing that was added to it
stays.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.components.sources import as_known
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.kind import certificates, kept
from kubestellar_conformance.platforms.kind.additions import Addition, Additions
from kubestellar_conformance.platforms.kind.platform import KindPlatform
from tests.support.suite import Suite

CLUSTERS = ["kubeflex", "cluster1", "cluster2"]


class Kept:
    """A platform that an earlier run left up, and a kubectl that writes down how it was called."""

    def __init__(self, root: Path) -> None:
        self.folder, self.calls = RunFolder(root / "kept"), root / "calls"
        self.folder.make()
        self.kubectl = root / "kubectl"
        self.kubectl.write_text(f'#!/bin/sh\necho "$@" >>{self.calls}\n')
        self.kubectl.chmod(0o755)
        (self.folder.root / "bin").mkdir()
        (self.folder.root / "bin" / "kubectl").symlink_to(self.kubectl)
        self.folder.kubeconfig.write_text("{}")
        self.folder.space_kubeconfig("kind-kubeflex").write_text("{}")
        certificates.create(self.folder.credentials / "control-planes")
        self.folder.platform_file.write_text(
            json.dumps({"facts": {"platform": "kind", "overrides": []}})
        )
        kept.remember(self.folder, CLUSTERS)
        self.additions = Additions(self.folder.state)

    def note(self, name: str, run: Path, *, pid: int, created: int) -> None:
        self.additions.note(Addition(name, "wds", "its1", False, str(run), pid, created))

    def told(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""


@pytest.fixture
def left_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(KindPlatform, "_open", lambda _self: None)
    return Kept(tmp_path)


def _platform(run_dir: Path) -> KindPlatform:
    options = {"reuse": "1", "owner": str(os.getpid())}
    return KindPlatform(PlatformSettings(run_dir=run_dir, options=options))


def _me() -> dict[str, int]:
    return {"pid": os.getpid(), "created": pidfd.start_ticks(os.getpid())}


def test_a_later_run_has_all_that_making_further_spaces_needs(
    left_up: Kept, tmp_path: Path
) -> None:
    platform = _platform(tmp_path / "later")
    platform.up()
    folder = RunFolder(tmp_path / "later")
    assert (folder.credentials / "control-planes" / "ca.key").read_bytes()
    assert folder.space_kubeconfig("kind-kubeflex").exists()
    assert (folder.root / "bin" / "kubectl").resolve() == left_up.kubectl
    assert platform.record()["reused"] == str(left_up.folder.root)
    assert not left_up.calls.exists(), "nothing was there to be taken away"


def test_what_a_run_that_is_gone_has_added_goes_and_what_others_use_stays(
    left_up: Kept, tmp_path: Path
) -> None:
    left_up.note("wds-of-the-dead", tmp_path / "dead", pid=os.getpid(), created=1)
    left_up.note("wds-of-another", tmp_path / "another", **_me())
    _platform(tmp_path / "later").up()
    assert "controlplane/wds-of-the-dead" in left_up.told()
    assert "wds-of-another" not in left_up.told()
    assert [one.name for one in left_up.additions.all()] == ["wds-of-another"]


def test_its_end_in_whatever_process_takes_its_own_additions_away_and_leaves_the_platform(
    left_up: Kept, tmp_path: Path
) -> None:
    _platform(tmp_path / "later").up()
    left_up.note("wds-mine", tmp_path / "later", **_me())
    left_up.note("wds-of-another", tmp_path / "another", **_me())
    _platform(tmp_path / "later").down()
    assert "controlplane/wds-mine" in left_up.told()
    assert [one.name for one in left_up.additions.all()] == ["wds-of-another"]
    assert not RunFolder(tmp_path / "later").credentials.exists()
    assert kept.find(CLUSTERS) == left_up.folder


def test_a_platform_that_is_left_up_keeps_no_additions(left_up: Kept, tmp_path: Path) -> None:
    settings = PlatformSettings(run_dir=left_up.folder.root)
    one = Addition("wds-a", "wds", "its1", False, str(left_up.folder.root), **_me())
    left_up.additions.note(one)
    left_up.additions.note(replace(one, name="wds-b", run=str(tmp_path / "another")))
    KindPlatform(settings).keep()
    assert "controlplane/wds-a" in left_up.told()
    assert [other.name for other in left_up.additions.all()] == ["wds-b"]
    assert kept.find(CLUSTERS) == left_up.folder


REPLACED = "kubestellar=v0.29.0"
FACTS: dict[str, Any] = {
    "platform": "kind",
    "overrides": [REPLACED],
    "components": [
        {"name": "kubestellar-controller-manager", "version": "v0.29.0", "source": "release"}
    ],
}
REUSE = ("--ks-platform=kind", "--ks-reuse")


@pytest.fixture
def small(suite: Suite) -> Suite:
    suite.tests("def test_it(wds):\n    pass\n")
    suite.known("[]", "0.29.0")
    return suite


@pytest.mark.parametrize("source", ["release", "checkout"])
def test_the_record_tells_of_the_components_of_the_platform_that_is_used(
    left_up: Kept, small: Suite, source: str
) -> None:
    """The stand-in has no API server, so the run ends there; what it would have tested is on record
    all the same.
    """
    [component] = FACTS["components"]
    facts = {**FACTS, "components": [{**component, "source": source}]}
    left_up.folder.platform_file.write_text(json.dumps({"facts": facts}))
    ran = small.run(*REUSE)
    assert ran.record["platform"]["started"] is False
    assert ran.record["overrides"] == [REPLACED]
    assert ran.record["release"] == ("0.29.0" if source == "release" else "0.30.0")


def test_other_components_for_a_platform_that_is_used_are_refused(
    left_up: Kept, small: Suite
) -> None:
    left_up.folder.platform_file.write_text(json.dumps({"facts": FACTS}))
    ran = small.run(*REUSE, "--ks-component=kubestellar=v0.28.0")
    assert ran.status == 4
    assert (
        "--ks-component applies to a new platform, but --ks-reuse uses an existing one: leave out "
        "one of them" in ran.output
    )


def test_sources_are_known_wherever_a_later_run_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "go.mod").write_text("module example.test/it\n")
    monkeypatch.chdir(tmp_path)
    assert as_known([" kubestellar=checkout", REPLACED]) == [
        f"kubestellar={tmp_path}/checkout",
        REPLACED,
    ]
