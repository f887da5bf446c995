"""Writes an image file for ``docker load`` and containerd, from a folder and without an engine.

Format: Docker's image archive (manifest.json, a configuration, one layer). Names are by content,
and times are fixed, so that the same content gives the same image.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.components.goenv import architecture
from kubestellar_conformance.images.commands import output, program

_TIME = 0
_CREATED = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Config:
    """The command and the user of a container of the image (fields as in an image's
    configuration).
    """

    Entrypoint: tuple[str, ...] = ()
    Cmd: tuple[str, ...] = ()
    Env: tuple[str, ...] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
    User: str = ""
    WorkingDir: str = "/"
    StopSignal: str = ""

    def document(self, layer: str) -> dict[str, Any]:
        """The configuration of an image with that layer (its sha256)."""
        fields = {name: value for name, value in asdict(self).items() if value}
        said = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }
        return {
            "architecture": architecture(),
            "os": "linux",
            "created": _CREATED,
            "config": said,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
            "history": [{"created": _CREATED, "created_by": "kubestellar-conformance"}],
        }


def pack(tree: Path, layer: Path, *, keep_owners: bool = False) -> None:
    """Make the layer, a tar file of a folder. Without ``keep_owners`` all files belong to root."""
    owners = ["--numeric-owner"] if keep_owners else ["--numeric-owner", "--owner=0", "--group=0"]
    argv = [
        program("tar", "tar"),
        "-C",
        str(tree),
        "--sort=name",
        f"--mtime=@{_TIME}",
        *owners,
        "-cf",
        str(layer),
    ]
    output([*argv, "."], doing="packing a layer")


def write(archive: Path, reference: str, layer: Path, config: Config) -> str:
    """Write the image file for ``reference`` (``name:tag``); the layer file is consumed. Returns
    the image's id.
    """
    with layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    document = json.dumps(config.document(digest), sort_keys=True).encode()
    identity = hashlib.sha256(document).hexdigest()
    manifest = [
        {"Config": f"{identity}.json", "RepoTags": [reference], "Layers": [f"{digest}/layer.tar"]}
    ]
    with tarfile.open(archive, "w") as tar, layer.open("rb") as content:
        _add(tar, f"{identity}.json", document)
        entry = tarfile.TarInfo(f"{digest}/layer.tar")
        entry.size, entry.mtime = os.fstat(content.fileno()).st_size, _TIME
        tar.addfile(entry, content)
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    layer.unlink()
    return f"sha256:{identity}"


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(content), _TIME
    tar.addfile(entry, io.BytesIO(content))
