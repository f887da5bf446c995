"""kubectl's settings: a scenario that changes them changes them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.reader.page import shell_blocks
from kubestellar_conformance.reader.settings import Settings

FIRST = "## S\n\n```sh\nkubectl config use-context b\n```\n\n```sh\n{}\n```\n"


@pytest.mark.parametrize(
    ("later", "written", "found"),
    [
        ("kubectl get pods", "current-context: b", True),
        ("kubectl config use-context a", "current-context: b", False),
        ("kubectl get pods", "kind: Config\ncurrent-context: a", False),
        ("kubectl get pods", "current-context: a\ncontexts: [{name: a}]", True),
    ],
)
def test_settings_that_stay_changed_are_found(
    tmp_path: Path, later: str, written: str, found: bool
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("current-context: a")
    first, second = blocks = shell_blocks(FIRST.format(later))
    settings = Settings(kubeconfig, blocks)
    kubeconfig.write_text(written)
    findings = settings.left_changed_by(first)
    assert [one.partition(":")[0] for one in findings] == ["line 4"] * found
    assert settings.left_changed_by(second) == ()  # which has changed nothing
