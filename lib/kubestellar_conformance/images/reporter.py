"""The status reporter as an image: Debian's Python, the Kubernetes client, and the reporter's own
package.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from importlib import metadata
from pathlib import Path

import kubestellar_conformance
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import debian
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.commands import output
from kubestellar_conformance.images.recipe import Recipe

NAME = "kubestellar-conformance.invalid/status-reporter"
_PACKAGES = ("python3-minimal", "libpython3-stdlib")
_DISTRIBUTIONS = ("kubernetes", "PyYAML", "urllib3")
_HOME = "/opt/reporter"


def reference() -> str:
    return f"{NAME}:{kubestellar_conformance.__version__}-{_own_digest()[:12]}"


def recipe() -> Recipe:
    packages = debian.closure(_PACKAGES)
    wanted = {name: metadata.version(name) for name in _DISTRIBUTIONS}

    def fill(tree: Path, temp: Path) -> None:
        debian.extract(packages, tree, temp)
        home = tree / _HOME.lstrip("/")
        _install(wanted, _version(tree), home, temp)
        for file in _own_files():
            target = home / "kubestellar_conformance" / file.relative_to(_package())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        (tree / "tmp").mkdir(exist_ok=True)
        (tree / "tmp").chmod(0o1777)

    config = Config(
        ("/usr/bin/python3", "-m", "kubestellar_conformance.status_reporter"),
        User="65532:65532",
        WorkingDir="/tmp",
        Env=(
            *Config().Env,
            f"PYTHONPATH={_HOME}",
            "PYTHONUNBUFFERED=1",
            "PYTHONDONTWRITEBYTECODE=1",
        ),
    )
    inputs = {**debian.candidates(packages), **wanted, "own": _own_digest()}
    return Recipe(
        "status-reporter",
        reference(),
        config,
        fill,
        inputs,
        stands_for="the OCM status add-on's agent",
    )


def _install(wanted: dict[str, str], version: str, home: Path, temp: Path) -> None:
    """Install the same releases as in this environment, as wheels for the image's Python."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    target = [
        "--target",
        str(home),
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={version}",
    ]
    output(
        [*pip, *target, *(f"{name}=={release}" for name, release in wanted.items())],
        cwd=temp,
        doing="installing the Kubernetes client for the status reporter's image",
    )


def _version(tree: Path) -> str:
    """The image's Python, ``3.11``: its program is a link to one that has the version in its
    name.
    """
    link = tree / "usr" / "bin" / "python3"
    if not link.is_symlink():
        raise UserError(
            "Debian's python3-minimal brings no link /usr/bin/python3, from which its "
            "version would show"
        )
    return link.readlink().name.removeprefix("python")


def _package() -> Path:
    return Path(kubestellar_conformance.__file__).parent


def _own_files() -> list[Path]:
    package = _package()
    shared = [package / name for name in ("__init__.py", "access.py", "errors.py", "watching.py")]
    return [*shared, *sorted((package / "status_reporter").glob("*.py"))]


def _own_digest() -> str:
    whole = hashlib.sha256()
    for file in _own_files():
        whole.update(f"{file.name}\0".encode() + file.read_bytes())
    return whole.hexdigest()
