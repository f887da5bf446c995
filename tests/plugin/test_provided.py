"""What is built before the first test: only what a selected test uses and the platform can use."""

from __future__ import annotations

import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubestellar_conformance.errors import NotSupported
from kubestellar_conformance.platforms import Capability, Platform, PlatformSettings
from kubestellar_conformance.plugin import provided

SETTINGS = PlatformSettings(Path("/nowhere"))
ABLE, UNABLE = frozenset({Capability.ARGO_CD}), frozenset({Capability.HELM})


def _built_for(
    monkeypatch: pytest.MonkeyPatch, able: frozenset[Capability], *tests: list[str], fails: str = ""
) -> int:
    """How often Argo CD is got for tests with these fixtures."""
    got = []

    def get(settings: PlatformSettings, progress: object) -> None:
        del progress
        got.append(settings)
        if fails:
            raise NotSupported(fails)

    monkeypatch.setattr(provided, "argo_cd", get)
    platform = cast(Platform, SimpleNamespace(capabilities=able))
    items: Any = [SimpleNamespace(fixturenames=fixtures) for fixtures in tests]
    provided.build_ahead(SETTINGS, platform, [*items, cast(Any, object())])
    return len(got)


def test_a_test_of_argo_cd_s_has_it_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _built_for(monkeypatch, ABLE, ["wds"], ["wds", "argo_cd"], ["argo_cd"]) == 1


def test_other_tests_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _built_for(monkeypatch, ABLE, ["wds", "helm"]) == 0


def test_nothing_is_built_for_a_platform_that_cannot_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _built_for(monkeypatch, UNABLE, ["argo_cd"]) == 0


def test_a_build_that_fails_is_left_to_the_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _built_for(monkeypatch, ABLE, ["argo_cd"], fails="no Go") == 1


def test_a_program_s_folder_is_made_in_a_run_that_uses_another_s_platform(tmp_path: Path) -> None:
    with provided.scratch(PlatformSettings(tmp_path / "run"), "helm-") as name:
        assert Path(name).parent == tmp_path / "run" / "tmp"
    assert stat.S_IMODE((tmp_path / "run" / "tmp").stat().st_mode) == 0o700
