"""What is built before the first test: only what a selected test uses and the platform can use."""

from __future__ import annotations

import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubestellar_conformance.errors import Broken, HarnessError, NotSupported
from kubestellar_conformance.platforms import Capability, Platform, PlatformSettings
from kubestellar_conformance.plugin import provided

SETTINGS = PlatformSettings(Path("/nowhere"))
BOTH = frozenset({Capability.ARGO_CD, Capability.HELM})


def _built_for(
    monkeypatch: pytest.MonkeyPatch,
    able: frozenset[Capability],
    *tests: list[str],
    fails: HarnessError | None = None,
) -> list[tuple[str, ...]]:
    """The components that are got for tests with these fixtures."""
    got: list[tuple[str, ...]] = []

    def get(_settings: PlatformSettings, *names: str, **_: object) -> None:
        got.append(names)
        if fails is not None:
            raise fails

    monkeypatch.setattr(provided, "provided", get)
    platform = cast(Platform, SimpleNamespace(capabilities=able))
    items: Any = [SimpleNamespace(fixturenames=fixtures) for fixtures in tests]
    provided.build_ahead(SETTINGS, platform, [*items, cast(Any, object())])
    return got


def test_what_the_tests_ask_for_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    argo_cd, helm = ("argo-cd", "miniredis"), ("helm",)
    assert _built_for(monkeypatch, BOTH, ["wds"], ["wds", "argo_cd"], ["argo_cd"]) == [argo_cd]
    assert _built_for(monkeypatch, BOTH, ["wds", "helm"]) == [helm]
    assert _built_for(monkeypatch, BOTH, ["helm"], ["argo_cd"]) == [helm, argo_cd]


def test_other_tests_have_nothing_built(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _built_for(monkeypatch, BOTH, ["wds", "core_chart"]) == []


def test_nothing_is_built_for_a_platform_that_cannot_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    able = frozenset({Capability.HELM})
    assert _built_for(monkeypatch, able, ["argo_cd"], ["helm"]) == [("helm",)]


@pytest.mark.parametrize("error", [NotSupported("no Go"), Broken("no progress for 20 min")])
def test_a_build_that_fails_is_left_to_the_fixture(
    monkeypatch: pytest.MonkeyPatch, error: HarnessError
) -> None:
    tried = _built_for(monkeypatch, BOTH, ["argo_cd"], ["helm"], fails=error)
    assert len(tried) == 2


def test_a_program_s_folder_is_made_in_a_run_that_uses_another_s_platform(tmp_path: Path) -> None:
    with provided.scratch(PlatformSettings(tmp_path / "run"), "helm-") as name:
        assert Path(name).parent == tmp_path / "run" / "tmp"
    assert stat.S_IMODE((tmp_path / "run" / "tmp").stat().st_mode) == 0o700
