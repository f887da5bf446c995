"""What every platform inherits: a look-up of components, crashes reported once, and verbs that it
lacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken, Deviation, NotSupported, UserError
from kubestellar_conformance.platforms import Platform, PlatformSettings
from kubestellar_conformance.platforms.base import full_name
from kubestellar_conformance.platforms.crash_reports import CrashReports
from tests.support.fake_platform import FakePart, FakePlatform

NAMES = ["wds1/transport-controller", "cluster1/kwok", "cluster2/kwok", "etcd"]


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("transport-controller", "wds1/transport-controller"),
        ("cluster2/kwok", "cluster2/kwok"),
        ("etcd", "etcd"),
    ],
)
def test_a_part_is_known_by_its_full_name_or_by_what_it_alone_is_called(
    name: str, full: str
) -> None:
    assert full_name(NAMES, name) == full


@pytest.mark.parametrize("unknown", [UserError, NotSupported])
def test_a_name_of_no_part_or_of_several_is_refused_with_all_names(unknown: Any) -> None:
    known = r"use one of cluster1/kwok, cluster2/kwok, etcd, wds1/transport-controller$"
    with pytest.raises(unknown, match=rf"^no part is called 'wds1': {known}"):
        full_name(NAMES, "wds1", unknown=unknown)
    with pytest.raises(unknown, match=rf"^several parts are called 'kwok': {known}"):
        full_name(NAMES, "kwok", unknown=unknown)


@pytest.fixture
def dead() -> list[FakePart]:
    return []


@pytest.fixture
def reports(dead: list[FakePart], tmp_path: Path) -> CrashReports:
    return CrashReports(lambda: dead, tmp_path / "state")


def part(name: str, folder: Path, state: str = "exited") -> FakePart:
    found = FakePart(name, folder)
    found._set(state)
    return found


def test_a_crash_is_reported_once_and_another_one_again(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    assert reports.news() is None
    etcd = part("etcd", tmp_path)
    dead.append(etcd)
    error = reports.news()
    assert isinstance(error, Broken)
    assert str(error).startswith("etcd (not KubeStellar's) exited unexpectedly (now exited)")
    assert "  panic: nil map" in str(error)
    assert reports.news() is None
    dead.append(etcd)
    assert reports.news() is not None


def test_a_crash_of_the_same_kind_is_one_line_in_every_process_of_the_run(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    another = CrashReports(lambda: dead, tmp_path / "state")
    dead.append(part("wds1/transport-controller", tmp_path))
    assert len(str(reports.news()).splitlines()) == 2
    error = another.news()
    assert isinstance(error, Deviation)
    [line] = str(error).splitlines()
    assert "exited unexpectedly (now exited): panic: nil map" in line
    assert f"another failure of this run has the frames: {dead[0].log}" in line


class Crashed(FakePart):
    """A part whose log ends with a trace."""

    def log_tail(self, lines: int = 10) -> list[str]:
        trace = ["panic: nil map", "goroutine 1 [running]:", "main.run()", "\t/ks/main.go:7 +0x1"]
        return trace[-lines:]


def test_the_line_of_a_repeated_crash_has_its_first_frame(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    dead.append(Crashed("wds1/transport-controller", tmp_path))
    reports.obituary(dead[0])
    [line] = reports.obituary(dead[0])
    assert ": panic: nil map at main.run (/ks/main.go:7); another failure" in line


def test_a_crash_of_the_product_comes_first_and_is_a_deviation(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    dead += [part("etcd", tmp_path), part("wds1/transport-controller", tmp_path)]
    error = reports.news()
    assert isinstance(error, Deviation)
    assert str(error).startswith("wds1/transport-controller (KubeStellar's own)")
    assert "etcd (not KubeStellar's)" in str(error)


def test_an_exit_by_a_mishap_is_broken_whoever_s_code_it_is(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    killed = part("wds1/transport-controller", tmp_path)
    killed.mishap = "killed from outside"
    dead.append(killed)
    error = reports.news()
    assert isinstance(error, Broken)
    assert error.where == "wds1/transport-controller exited unexpectedly: killed from outside"
    assert "(KubeStellar's own) exited unexpectedly (now exited): killed from out" in str(error)


def test_each_crash_of_the_product_is_a_deviation_of_its_own(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    dead += [part(name, tmp_path) for name in ("etcd", "wds1/transport-controller", "wds2/it")]
    dead[-1].product = True
    error = reports.news()
    assert isinstance(error, Deviation)
    first, second = map(str, error.parts)
    assert first.startswith("wds1/transport-controller (KubeStellar's own)")
    assert second.startswith("wds2/it (KubeStellar's own)")
    assert str(error).startswith(f"{first}\n{second}\netcd ")


def test_a_crash_whose_part_runs_again_is_settled_and_no_other(
    reports: CrashReports, dead: list[FakePart], tmp_path: Path
) -> None:
    dead += [part("etcd", tmp_path, "running"), part("wds1/transport-controller", tmp_path)]
    reports.settle()
    error = reports.news()
    assert error is not None
    assert "etcd" not in str(error)


class Fixed(FakePlatform):
    """A platform that leaves what adds and removes spaces to the base class."""

    add_wds = Platform.add_wds
    remove = Platform.remove


def test_a_platform_adds_and_removes_nothing_unless_it_can(tmp_path: Path) -> None:
    platform: Platform = Fixed(PlatformSettings(run_dir=tmp_path))
    lacking = "platform fake lacks the capability topologies"
    with pytest.raises(NotSupported, match=f"ITS its2: {lacking}"):
        platform.add_its("its2", hosted=True)
    with pytest.raises(NotSupported, match=f"WDS wds2: {lacking}"):
        platform.add_wds("wds2", its="its1")
    with pytest.raises(NotSupported, match=f"WEC cluster3: {lacking}"):
        platform.add_wec("cluster3", its="its1")
    with pytest.raises(NotSupported, match=f"cluster2: {lacking}"):
        platform.remove("cluster2")


def test_the_spaces_of_a_platform_that_is_not_up_are_broken(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="the fake platform is not up"):
        _ = FakePlatform(PlatformSettings(run_dir=tmp_path)).system
