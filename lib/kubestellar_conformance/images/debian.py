"""Packages of the machine's own Debian: their versions, files of some of them, a whole system of
them.

They come from the sources of the machine's apt, so that its mirror or proxy applies here too.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images.commands import output, program

_RELEASE = Path("/etc/os-release")
_NOT_FOR_PROGRAMS = ("doc", "man", "locale", "info", "lintian", "perl", "bash-completion")


def suite() -> str:
    """The code name of this machine's Debian. `UserError` on any other system."""
    text = _RELEASE.read_text(encoding="utf-8") if _RELEASE.exists() else ""
    facts: dict[str, str] = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    if facts.get("ID") != "debian" or "VERSION_CODENAME" not in facts:
        raise UserError(
            "images are made from Debian's packages, so making them needs a Debian machine"
        )
    return facts["VERSION_CODENAME"]


def mirror() -> str:
    """The source from which this machine's apt gets the packages of its release."""
    format_ = "$(CODENAME) $(REPO_URI)"
    listed = output(
        [program("apt-get", "apt"), "indextargets", "--format", format_, "Created-By: Packages"],
        doing="asking apt for its sources",
    )
    for line in listed.splitlines():
        codename, _, uri = line.partition(" ")
        if codename == suite():
            return uri
    raise UserError(
        f"apt has no package source for {suite()}: add one to the machine's apt sources"
    )


def candidates(packages: Iterable[str]) -> dict[str, str]:
    """The version of each package that apt would install now. `UserError` for a package that apt
    does not know.
    """
    names = sorted(set(packages))
    text = output([program("apt-cache", "apt"), "policy", *names], doing="asking apt for versions")
    found = dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)$", text, re.MULTILINE))
    missing = [name for name in names if found.get(name, "(none)") == "(none)"]
    if missing:
        raise UserError(f"apt knows no package {', '.join(missing)}: run apt-get update")
    return {name: found[name] for name in names}


def closure(packages: Sequence[str]) -> list[str]:
    """The packages and all their dependencies."""
    no = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    asked = [
        program("apt-cache", "apt"),
        "depends",
        "--recurse",
        *(f"--no-{what}" for what in no),
        *packages,
    ]
    text = output(asked, doing="asking apt for dependencies")
    names = {line.strip() for line in text.splitlines() if line and not line.startswith((" ", "<"))}
    return sorted(names)


def extract(packages: Sequence[str], into: Path, temp: Path) -> None:
    """Unpack the programs and libraries of packages into a folder, without running their scripts
    and without their Perl files.
    """
    folder = temp / "packages"
    folder.mkdir()
    if os.geteuid() == 0:
        folder.chmod(0o777)  # apt downloads as a user of its own
    versions = candidates(packages)
    wanted = [f"{name}={version}" for name, version in versions.items()]
    output(
        [program("apt-get", "apt"), "download", "-q", *wanted],
        cwd=folder,
        doing="downloading packages",
    )
    for file in sorted(folder.glob("*.deb")):
        output([program("dpkg-deb", "dpkg"), "-x", file, into], doing=f"unpacking {file.name}")
    for name in _NOT_FOR_PROGRAMS:
        shutil.rmtree(into / "usr" / "share" / name, ignore_errors=True)


def bootstrap(packages: Sequence[str], into: Path) -> None:
    """Make a complete small system with these packages, configured. Needs root."""
    if os.geteuid() != 0:
        raise UserError(
            "making the node image needs root (debootstrap): run it as root once, the "
            "result is kept"
        )
    argv = [
        program("debootstrap", "debootstrap"),
        "--variant=minbase",
        f"--include={','.join(packages)}",
    ]
    output([*argv, suite(), into, mirror()], doing="making the node's file system")
