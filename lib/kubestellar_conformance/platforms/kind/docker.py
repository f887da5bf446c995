"""The Docker engine, through its client."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from kubestellar_conformance.components.process import run
from kubestellar_conformance.errors import Broken, UserError

_SECONDS = 120.0


def client() -> str:
    """The docker client's path. `UserError` if it is not installed."""
    found = shutil.which("docker")
    if found is None:
        raise UserError(
            "--ks-platform kind needs Docker: install it (Debian: docker.io), or use "
            "another platform"
        )
    return found


def docker(*arguments: str, seconds: float = _SECONDS) -> str:
    """The output of a docker command. `Broken` with its error output if it fails."""
    said = f"docker {' '.join(arguments)}"
    try:
        done = run([client(), *arguments], seconds=seconds)
    except subprocess.TimeoutExpired:
        raise Broken(f"{said}: did not end within {seconds:g} s") from None
    if done.status != 0:
        raise Broken(f"{said}: {done.stderr.strip()}")
    return done.stdout.strip()


def demand_engine() -> str:
    """The engine's version. `UserError` if it does not run or this user may not use it."""
    try:
        return docker("version", "--format", "{{.Server.Version}}", seconds=20)
    except Broken as error:
        last = str(error).splitlines()[-1]
        if "permission denied" in last:
            raise UserError(
                f"user {os.getuid()} may not use Docker: join the group docker, or run as root"
            ) from None
        raise UserError(
            f"Docker does not run: start it (systemctl start docker); it said: {last[:200]}"
        ) from None


def has_image(reference: str, image_id: str = "") -> bool:
    """Whether the engine has that image, and (``image_id``) with exactly that content."""
    try:
        found = docker("image", "inspect", "--format", "{{.Id}}", reference)
    except Broken:
        return False
    return not image_id or found == image_id


def load(archive: Path) -> None:
    """Put the image of an archive into the engine."""
    docker("load", "--quiet", "--input", str(archive), seconds=300)


def address(container: str) -> str:
    """The container's address in the network that kind's nodes share."""
    return docker("inspect", "--format", "{{.NetworkSettings.Networks.kind.IPAddress}}", container)
