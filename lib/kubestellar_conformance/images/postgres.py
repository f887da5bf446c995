"""PostgreSQL as an image, from Debian's packages: the database of control planes of KubeFlex's type
k8s.

KubeFlex installs its database by a Job with a chart and an image from a registry; this image
replaces them.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import debian
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.recipe import Recipe, place

NAME = "kubestellar-conformance.invalid/postgresql"
USER = 1001
"""The user that PostgreSQL runs as: the user id that the chart requires."""
_SHELL = "busybox-static"
_SERVER = re.compile(r"postgresql-(\d+)")
# Libraries of omitted programs: the packages' set-up is Perl, and queries here are too small to be
# compiled.
_UNUSED = ("libllvm", "libperl")
_ACCOUNTS = {"passwd": f"postgres:x:{USER}:{USER}::/:/bin/sh\n", "group": f"postgres:x:{USER}:\n"}


def recipe() -> Recipe:
    """The server, ``initdb`` and the client on the PATH, and a shell. The image runs nothing by
    itself.
    """
    packages, version = _packages(debian.closure(["postgresql"]))
    inputs = debian.candidates(packages)
    server = inputs[f"postgresql-{version}"]
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()

    def fill(tree: Path, temp: Path) -> None:
        debian.extract(packages, tree, temp)
        place(tree / "bin" / "busybox", tree, "/bin/sh")
        for name in ("chown", "mv", "rm"):
            (tree / "bin" / name).symlink_to("busybox")
        (tree / "etc").mkdir(exist_ok=True)
        shutil.rmtree(
            tree / "usr" / "lib" / "postgresql" / version / "lib" / "bitcode", ignore_errors=True
        )
        for name, text in _ACCOUNTS.items():
            (tree / "etc" / name).write_text(text, encoding="utf-8")
        for folder in (tree / "tmp", tree / "var" / "run" / "postgresql"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o1777)

    path = f"PATH=/usr/lib/postgresql/{version}/bin:/usr/bin:/bin"
    # SIGINT makes PostgreSQL end its sessions at once.
    config = Config(Env=(path, "LANG=C.UTF-8"), User=f"{USER}:{USER}", StopSignal="SIGINT")
    release = re.sub(r"[^\w.-]", "-", server.partition("-")[0])
    stands_for = (
        "the PostgreSQL that KubeFlex's chart installs with a chart of a registry: Debian's"
    )
    facts = {"version": server}
    return Recipe(
        "postgresql",
        f"{NAME}:{release}",
        config,
        fill,
        {**inputs, "own": own},
        stands_for=stands_for,
        facts=facts,
    )


def _packages(closure: Iterable[str]) -> tuple[list[str], str]:
    """The necessary dependencies of Debian's PostgreSQL (the server, the client, libraries, a
    shell), and its major version.
    """
    names = sorted(closure)
    found = [match[1] for name in names if (match := _SERVER.fullmatch(name))]
    if len(found) != 1:
        raise UserError(
            "Debian's package postgresql should depend on one postgresql-N, but names "
            f"{found or 'none'}"
        )
    wanted = {f"postgresql-{found[0]}", f"postgresql-client-{found[0]}", "tzdata", _SHELL}
    libraries = {
        name for name in names if name.startswith(("lib", "zlib")) and not name.startswith(_UNUSED)
    }
    return sorted(wanted | libraries), found[0]
