"""The image files: Docker's format, the same bytes for the same content, and readable by their
digests.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

from kubestellar_conformance.images.archive import Config, pack, write

CONFIG = Config(("/bin/program",), User="65532:65532", StopSignal="SIGRTMIN+3")


def _image(folder: Path, text: str = "content") -> Path:
    tree = folder / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "program").write_text(text)
    (tree / "bin" / "program").chmod(0o755)
    os.utime(tree / "bin" / "program", (folder.stat().st_mtime, 12345))
    pack(tree, folder / "layer.tar")
    write(folder / "image.tar", "example.test/program:1", folder / "layer.tar", CONFIG)
    return folder / "image.tar"


def _read(path: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(path) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            found[entry.name] = file.read()
    return found


def test_an_archive_names_its_parts_by_their_content(tmp_path: Path) -> None:
    files = _read(_image(tmp_path))
    (manifest,) = json.loads(files["manifest.json"])
    assert manifest["RepoTags"] == ["example.test/program:1"]
    configuration: dict[str, Any] = json.loads(files[manifest["Config"]])
    assert manifest["Config"] == hashlib.sha256(files[manifest["Config"]]).hexdigest() + ".json"
    (layer,) = manifest["Layers"]
    assert configuration["rootfs"]["diff_ids"] == [
        f"sha256:{hashlib.sha256(files[layer]).hexdigest()}"
    ]
    said = configuration["config"]
    assert (said["Entrypoint"], said["User"], said["StopSignal"]) == (
        ["/bin/program"],
        "65532:65532",
        "SIGRTMIN+3",
    )
    assert "Cmd" not in said
    with tarfile.open(fileobj=io.BytesIO(files[layer])) as tar:
        program = tar.getmember("./bin/program")
    assert (program.uid, program.gid, program.mode & 0o777, program.mtime) == (0, 0, 0o755, 0)


def test_the_same_content_is_the_same_image_and_other_content_is_not(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()
    one, again, other = (
        _image(folder, text) for folder, text in zip(folders, ("x", "x", "y"), strict=True)
    )
    assert one.read_bytes() == again.read_bytes()
    assert one.read_bytes() != other.read_bytes()
    assert not (tmp_path / "a" / "layer.tar").exists()
