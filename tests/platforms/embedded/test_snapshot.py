"""Snapshots: used again only where everything is the same, taken while etcd stands still, private,
and few.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance import platforms
from kubestellar_conformance.components import catalogue
from kubestellar_conformance.files import write_private, write_private_json
from kubestellar_conformance.platforms import common
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import snapshot
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.snapshot import KEPT, MAX_AGE, Snapshots
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from tests.support import layers
from tests.support.embedded import a_run, identity, in_thread, state_letter

BASE = 21000
MANIFEST = {"ports": {"etcd": BASE}, "uids": {"wds1": {"namespaces/default": "uid"}}}
ANSWERS = (
    "import signal; signal.signal(signal.SIGUSR1, lambda *_: print('again', flush=True)); "
    "print('ready', flush=True)\n"
    "while True: signal.pause()"
)
"""A stand-in for etcd that shows, when asked, that it goes on."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    """A run with data and credentials, as after a start from nothing."""
    with a_run(tmp_path / "run") as found:
        wal = found.data / "etcd" / "member" / "wal"
        wal.mkdir(parents=True, mode=0o700)
        with write_private(wal / "0.wal", "entries").open("ab") as file:
            file.truncate(64 * 1024 * 1024)  # preallocated, as etcd's are
        write_private(found.credentials / "admin.key", "secret")
        write_private(found.credentials / "hub-cluster1" / "tls.key", "secret")
        yield found


@pytest.fixture
def etcd(folder: RunFolder) -> Process:
    found = Process(
        folder, ProcessSpec("etcd", (sys.executable, "-c", ANSWERS), ready=Ready(log=("^ready",)))
    )
    found.start()
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RunFolder]:
    """A run that is about to start."""
    with a_run(tmp_path / "next") as found:
        yield found


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "cache" / "snapshots", "key")


def is_clean(folder: RunFolder) -> bool:
    """As `RunFolder.make` makes it."""
    return not any(folder.data.iterdir()) and not any(folder.credentials.iterdir())


def modes(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.rglob("*")]
    return {("d" if path.is_dir() else "f"): stat.S_IMODE(path.stat().st_mode) for path in paths}


def test_what_was_taken_comes_back_as_it_was(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, empty: RunFolder
) -> None:
    before = time.time()
    assert snapshots.take(BASE, folder, etcd, MANIFEST)
    manifest = snapshots.restore(BASE, empty)
    assert manifest is not None
    assert before <= manifest.pop("created") <= time.time()
    assert manifest == MANIFEST
    restored = empty.data / "etcd" / "member" / "wal" / "0.wal"
    assert restored.read_bytes() == (folder.data / "etcd" / "member" / "wal" / "0.wal").read_bytes()
    assert restored.stat().st_blocks * 512 < 1024 * 1024  # its holes are kept
    assert (empty.credentials / "admin.key").read_text() == "secret"
    assert (empty.credentials / "hub-cluster1" / "tls.key").read_text() == "secret"
    for private in (snapshots.root, empty.data, empty.credentials):
        found = modes(private)
        assert (found["d"], found["f"]) == (0o700, 0o600), found


def test_etcd_stands_still_while_it_is_copied_and_goes_on(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid, copy = identity(etcd)[0], snapshot._copy
    seen: list[tuple[str, str]] = []

    def observed(source: Path, target: Path) -> None:
        seen.append((source.name, state_letter(pid)))
        copy(source, target)

    monkeypatch.setattr(snapshot, "_copy", observed)
    assert snapshots.take(BASE, folder, etcd, MANIFEST)
    assert seen[0] == ("etcd", "T")
    assert etcd.state == "running"
    os.kill(pid, signal.SIGUSR1)
    etcd.wait_ready(Ready(log=("^again$",), timeout=60))


def test_etcd_goes_on_and_nothing_half_is_left_when_it_cannot_be_copied(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, empty: RunFolder
) -> None:
    shutil.rmtree(folder.credentials)
    with pytest.raises(subprocess.CalledProcessError):
        snapshots.take(BASE, folder, etcd, MANIFEST)
    assert [path.name for path in snapshots.root.iterdir() if path.is_dir()] == []
    assert state_letter(identity(etcd)[0]) != "T"
    assert snapshots.restore(BASE, empty) is None


def test_there_is_none_at_first(snapshots: Snapshots, empty: RunFolder) -> None:
    assert snapshots.restore(BASE, empty) is None
    assert is_clean(empty)


def test_another_key_or_block_of_ports_is_another_system(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, empty: RunFolder
) -> None:
    snapshots.take(BASE, folder, etcd, MANIFEST)
    assert Snapshots(snapshots.root, "other").restore(BASE, empty) is None
    assert snapshots.restore(BASE + 100, empty) is None
    assert is_clean(empty)
    assert snapshots.restore(BASE, empty) is not None


@pytest.mark.parametrize("age", [MAX_AGE + 60, -60], ids=["too old", "of the future"])
def test_one_that_is_too_old_is_discarded(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, empty: RunFolder, age: float
) -> None:
    snapshots.take(BASE, folder, etcd, MANIFEST)
    write_private_json(
        snapshots.root / f"key-{BASE}" / "manifest.json", {**MANIFEST, "created": time.time() - age}
    )
    assert snapshots.restore(BASE, empty) is None
    assert is_clean(empty)
    assert snapshots.take(BASE, folder, etcd, MANIFEST)
    assert snapshots.restore(BASE, empty) is not None


def broken_json(found: Path) -> None:
    (found / "manifest.json").write_text('{"created":')


def no_object(found: Path) -> None:
    (found / "manifest.json").write_text("[]")


def no_age(found: Path) -> None:
    (found / "manifest.json").write_text("{}")


def no_manifest(found: Path) -> None:
    (found / "manifest.json").unlink()


def no_data(found: Path) -> None:
    shutil.rmtree(found / "etcd")


def no_credentials(found: Path) -> None:
    shutil.rmtree(found / "credentials")


@pytest.mark.parametrize(
    "damage", [broken_json, no_object, no_age, no_manifest, no_data, no_credentials]
)
def test_a_damaged_one_is_not_used_and_makes_way_for_the_next(
    snapshots: Snapshots,
    folder: RunFolder,
    etcd: Process,
    empty: RunFolder,
    damage: Callable[[Path], None],
) -> None:
    snapshots.take(BASE, folder, etcd, MANIFEST)
    damage(snapshots.root / f"key-{BASE}")
    assert snapshots.restore(BASE, empty) is None
    assert is_clean(empty)
    assert modes(empty.credentials) == {"d": 0o700}
    assert snapshots.take(BASE, folder, etcd, MANIFEST)


def test_of_two_who_take_one_at_once_one_does(
    snapshots: Snapshots, folder: RunFolder, etcd: Process
) -> None:
    took: list[bool] = []
    both = [
        in_thread(lambda: took.append(snapshots.take(BASE, folder, etcd, MANIFEST)))
        for _ in range(2)
    ]
    for thread in both:
        thread.join(20)
    assert sorted(took) == [False, True]
    assert [path.name for path in snapshots.root.iterdir() if path.is_dir()] == [f"key-{BASE}"]
    assert pidfd.alive(*identity(etcd))


@pytest.mark.parametrize("taken", [False, True], ids=["new", "there is one"])
@pytest.mark.parametrize("base", [BASE, BASE + 150])
def test_what_a_killed_taker_left_is_not_in_the_way_and_goes(
    snapshots: Snapshots, folder: RunFolder, etcd: Process, base: int, taken: bool
) -> None:
    """Also one of another system, since it has credentials in it."""
    if taken:
        snapshots.take(BASE, folder, etcd, MANIFEST)
    half = snapshots.root / f".key-{base}.new" / "etcd"
    half.mkdir(parents=True)
    assert snapshots.take(BASE, folder, etcd, MANIFEST) is not taken
    assert [path.name for path in snapshots.root.iterdir() if path.is_dir()] == [f"key-{BASE}"]


def test_only_the_last_few_are_kept(snapshots: Snapshots, folder: RunFolder, etcd: Process) -> None:
    bases = [BASE + 100 * number for number in range(KEPT + 2)]
    for base in bases:
        snapshots.take(base, folder, etcd, MANIFEST)
        manifest: dict[str, Any] = json.loads(
            (snapshots.root / f"key-{base}" / "manifest.json").read_text()
        )
        os.utime(
            snapshots.root / f"key-{base}" / "manifest.json",
            (base, manifest["created"] - 1000 + base - BASE),
        )
    kept = sorted(path.name for path in snapshots.root.iterdir() if path.is_dir())
    assert kept == [f"key-{base}" for base in bases[-KEPT:]]


def test_one_that_is_used_outlives_one_that_is_not(
    snapshots: Snapshots, folder: RunFolder, empty: RunFolder, etcd: Process
) -> None:
    bases = [BASE + 100 * number for number in range(KEPT + 1)]
    for number, base in enumerate(bases[:-1]):
        snapshots.take(base, folder, etcd, MANIFEST)
        os.utime(snapshots.root / f"key-{base}" / "manifest.json", (number, number + 1000.0))
    assert snapshots.restore(bases[0], empty) is not None
    snapshots.take(bases[-1], folder, etcd, MANIFEST)
    kept = sorted(path.name for path in snapshots.root.iterdir() if path.is_dir())
    assert kept == [f"key-{base}" for base in (bases[0], *bases[2:])]


@pytest.mark.parametrize("package", ["embedded", "common", "crds"])
def test_the_wiring_s_key_is_of_the_sources_that_set_a_system_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    real = snapshot.wiring_key()
    assert real == snapshot.wiring_key()
    monkeypatch.setattr(snapshot, "__file__", str(tmp_path / "embedded" / "snapshot.py"))
    monkeypatch.setattr(common, "__path__", [str(tmp_path / "common")])
    monkeypatch.setattr(catalogue, "OWN_CRDS", tmp_path / "crds")
    file = write_private(tmp_path / package / "manifests" / "hub.yaml", "one")
    one = snapshot.wiring_key()
    file.write_text("two")
    assert len({real, one, snapshot.wiring_key()}) == 3


def test_the_wiring_s_key_covers_every_module_that_a_start_uses() -> None:
    """A module that moves elsewhere takes the key with it, or this fails."""
    folder = Path(platforms.__file__).parent
    used, waiting = set[Path](), {folder / "embedded" / "bringup.py"}
    while waiting:
        used.add(file := waiting.pop())
        for _, name in layers.imports(ast.parse(file.read_text())):
            if name.startswith(f"{platforms.__name__}."):
                path = folder.joinpath(*name.split(".")[2:])
                found = [path.with_suffix(".py"), path / "__init__.py"]
                waiting |= {one for one in found if one.exists()} - used
    # These say what a platform is and what a test does to its parts; they set nothing up.
    interface = {folder / "api.py", folder / "outages.py"}
    assert folder / "embedded" / "ocm.py" in used
    assert used - interface <= set(snapshot.wiring_files())


def test_the_wiring_s_key_covers_the_harness_s_own_crds() -> None:
    """A start applies them, and no component's key covers them."""
    [file] = catalogue.own_crd_files("workstatus")
    assert file in snapshot.wiring_files()


@pytest.mark.parametrize("taking", ["discard", "restore"])
def test_none_goes_while_it_is_copied_from(
    snapshots: Snapshots,
    folder: RunFolder,
    etcd: Process,
    empty: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    taking: str,
) -> None:
    """Another process of the user's wants to be rid of it, or finds it too old."""
    assert snapshots.take(BASE, folder, etcd, MANIFEST)
    copy = snapshot._copy
    others: list[threading.Thread] = []

    def disturbed(source: Path, target: Path) -> None:
        if not others:
            if taking == "restore":
                monkeypatch.setattr(snapshot, "MAX_AGE", -1.0)
                others.append(
                    in_thread(lambda: snapshots.restore(BASE, RunFolder(folder.root / "other")))
                )
            else:
                others.append(in_thread(lambda: snapshots.discard(BASE)))
            others[0].join(0.3)
        copy(source, target)

    monkeypatch.setattr(snapshot, "_copy", disturbed)
    assert snapshots.restore(BASE, empty) is not None
    assert (empty.credentials / "admin.key").read_text() == "secret"
    others[0].join(10)
    assert not others[0].is_alive()
    assert Snapshots(snapshots.root, "key").restore(BASE, empty) is None
