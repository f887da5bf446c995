"""What the machine's apt is asked, and how bad answers are told. Needs a Debian machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import commands, debian

pytestmark = pytest.mark.skipif(shutil.which("apt-cache") is None, reason="this machine has no apt")


def test_the_suite_and_its_source_come_from_the_machine() -> None:
    assert debian.suite().isalpha()
    assert debian.mirror().startswith(("http", "file", "mirror"))


def test_versions_are_those_that_apt_would_install() -> None:
    found = debian.candidates(["bash", "tar", "bash"])
    assert list(found) == ["bash", "tar"]
    assert all(version[0].isdigit() for version in found.values())


def test_an_unknown_package_is_named() -> None:
    with pytest.raises(
        UserError, match="apt knows no package no-such-package-here: run apt-get update"
    ):
        debian.candidates(["bash", "no-such-package-here"])


def test_a_closure_has_what_is_depended_on_and_no_virtual_names() -> None:
    found = debian.closure(["bash"])
    assert {"bash", "libc6"} <= set(found)
    assert not any(name.startswith("<") or ":" in name for name in found)


def test_no_debian_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=fedora\nVERSION_CODENAME=""\n')
    monkeypatch.setattr(debian, "_RELEASE", tmp_path / "os-release")
    with pytest.raises(UserError, match="needs a Debian machine"):
        debian.suite()


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(
        UserError, match="needs no-such-program: install the Debian package its-package"
    ):
        commands.program("no-such-program", "its-package")


def test_a_failing_command_is_reported_with_its_last_lines() -> None:
    with pytest.raises(UserError, match=r"trying it failed \(sh exited with 3\): why"):
        commands.output(
            [commands.program("sh", "dash"), "-c", "echo why >&2; exit 3"], doing="trying it"
        )
