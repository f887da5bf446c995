"""Real builds of tiny modules, got through a module proxy of files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kubestellar_conformance.components import Silent, load_catalogue
from kubestellar_conformance.components.toolchain import Toolchain
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.time_left import ExpectedTime
from tests.support.components import (
    MODULE,
    NEEDED,
    TINY,
    World,
    go_in_front,
    program,
    publish,
    write_tree,
)
from tests.support.components import world as world


def says(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stderr.strip()


def needs_sum(world: World) -> None:
    """Give module tiny the go.sum that vouches for what it requires."""
    folder = write_tree(
        world.root / "summing", {**TINY, "x.go": 'package x\n\nimport _ "example.test/needed"\n'}
    )
    env = {**os.environ, "GOFLAGS": "-mod=mod"}
    subprocess.run(
        ["go", "mod", "download", "all"], cwd=folder, env=env, check=True, capture_output=True
    )
    publish(world.proxy, MODULE, "v1.0.0", {**TINY, "go.sum": (folder / "go.sum").read_text()})


def test_a_release_is_built_stamped_and_kept_with_its_files(world: World) -> None:
    got = world.provision("hello", "only-files")
    built = got["hello"]
    assert says(built.binary) == "hello v1.0.0"
    assert built.built
    assert [path.read_text() for path in got.crd_files("tiny-crds")] == ["kind: A\n", "kind: B\n"]
    assert [path.name for path in got["only-files"].crd_files("more")] == ["b.yaml"]
    assert built.module_dir / "crds" / "a.yaml" in built.crd_files("tiny-crds")
    with pytest.raises(LookupError, match="no program"):
        _ = got["only-files"].binary
    assert world.leftovers() == []


class Expectations(Silent):
    """Notes what each component is expected to take."""

    def __init__(self) -> None:
        self.seen: dict[str, ExpectedTime | None] = {}

    def start(self, name: str, n: int, m: int, expected: ExpectedTime | None = None) -> None:
        self.seen[f"{n} of {m} {name}"] = expected


def test_earlier_builds_say_how_long_the_missing_components_take(world: World) -> None:
    first, later, last = Expectations(), Expectations(), Expectations()
    world.provision("only-files", progress=first)
    assert first.seen == {"1 of 1 only-files": None}
    for name, go, seconds in (("hello", "go1.1", 40.0), ("hello", "", 0.1), ("bye", "", "x")):
        folder = world.cache.folder(name, f"old-{go}")
        folder.mkdir(parents=True)
        (folder / "entry.json").write_text(json.dumps({"go": go, "seconds": seconds}))
    world.provision("hello", "bye", "only-files", progress=later)
    assert later.seen == {
        "1 of 2 hello": ExpectedTime(piece=40.0, rest=40.0),
        "2 of 2 bye": ExpectedTime(piece=40.0, rest=0.0),
    }
    world.provision("hello", "bye", "only-files", progress=last)
    assert last.seen == {}


def test_what_is_in_the_cache_needs_neither_go_nor_network(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.provision("hello", "bye", "only-files")
    shutil.rmtree(world.proxy)
    shutil.rmtree(world.root / "modcache", ignore_errors=True)
    monkeypatch.setenv("PATH", "")
    again = world.provision("hello", "bye", "only-files")
    assert [built.built for built in again] == [False] * 3
    assert again.set_key == first.set_key
    assert again["hello"].binary == first["hello"].binary


def test_with_the_same_go_a_warm_start_does_not_run_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.provision("hello")
    go = Toolchain(load_catalogue(world.catalogue_file).go, world.cache).get(print)
    log = world.root / "ran"
    monkeypatch.setenv(
        "PATH", go_in_front(world.root / "front", f"echo ran >> {log}; exit 1", f"go{go.version}")
    )
    assert not world.provision("hello")["hello"].built
    assert not log.exists()


def test_another_go_makes_another_build(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.provision("bye")["bye"]
    real = shutil.which("go")
    monkeypatch.setenv("PATH", go_in_front(world.root / "front", f'exec {real} "$@"'))
    second = world.provision("bye")["bye"]
    assert second.built
    assert (second.key, second.entry.go) == (first.key.rpartition("-")[0] + "-go1.99.0", "1.99.0")


def test_the_user_s_build_flags_do_not_reach_a_build(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.provision("bye")["bye"]
    monkeypatch.setenv("GOFLAGS", "-ldflags=-X=main.version=flagged")
    monkeypatch.setenv("GOARCH", "riscv64")
    second = World(world.root / "second")
    second.root.mkdir()
    second.catalogue_file.write_text(world.catalogue_file.read_text())
    assert second.provision("bye")["bye"].digest == first.digest


def test_a_module_that_another_s_go_sum_vouches_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_sum(world)
    shutil.rmtree(world.root / "modcache")
    monkeypatch.setenv("GOSUMDB", "sums.invalid")  # cannot be asked
    monkeypatch.setenv("GONOSUMDB", MODULE)
    assert says(world.provision("needed")["needed"].binary) == "needed unstamped"
    with pytest.raises(
        UserError,
        match=r"needed: the checksums of example\.test/needed v0\.2\.0 cannot be confirmed",
    ):
        world.provision("needed", overrides=("needed=v0.2.0",))


def test_a_module_that_needs_a_lock_of_ours(world: World) -> None:
    lock = write_tree(
        world.root / "lock",
        {"go.mod": f"module lock.invalid/x\n\ngo 1.20\n\nrequire {MODULE} v1.0.0\n"},
    )
    env = {**os.environ, "GOFLAGS": "-mod=mod"}
    subprocess.run(
        ["go", "mod", "download", "all"], cwd=lock, env=env, check=True, capture_output=True
    )
    pinned = f'version: v1.0.0, parts: "{{version}}", pin: "lock:{lock}"'
    text = world.catalogue_file.read_text().replace("version: v1.0.0, pin: own-go-sum", pinned, 1)
    world.catalogue_file.write_text(text.replace("./cmd/bye", f"{MODULE}/cmd/bye"))
    assert says(world.provision("bye")["bye"].binary) == "bye v1.0.0"
    other = world.provision("bye", overrides=("bye=v1.1.0",))["bye"]
    assert (says(other.binary), other.version, other.source.kind) == (
        "bye v1.1.0",
        "v1.1.0",
        "release",
    )


def test_a_checkout_is_built_in_place_and_again_when_it_changes(world: World) -> None:
    folder = write_tree(world.root / "src", TINY)
    got = world.provision("hello", "bye", overrides=(f"tiny={folder}",))
    assert says(got["hello"].binary) == "hello unstamped"
    assert not world.provision("hello", overrides=(f"tiny={folder}",))["hello"].built
    (folder / "cmd/hello/main.go").write_text(program("salute"))
    changed = world.provision("hello", overrides=(f"tiny={folder}",))
    assert says(changed["hello"].binary) == "salute unstamped"
    assert changed.set_key != got.set_key
    record = changed.describe()[0]
    assert (record["source"], record["origin"], record["version"]) == (
        "checkout",
        str(folder),
        "checkout",
    )


def test_a_binary_is_copied_so_that_it_cannot_change_under_a_run(world: World) -> None:
    mine = world.root / "mine"
    mine.write_text("#!/bin/sh\necho mine >&2\n")
    mine.chmod(0o755)
    built = world.provision("hello", overrides=(f"hello={mine}",))["hello"]
    mine.write_text("#!/bin/sh\necho other >&2\n")
    assert says(built.binary) == "mine"
    assert [path.name for path in built.crd_files("tiny-crds")] == [
        "a.yaml",
        "b.yaml",
    ]  # still the release's
    again = world.provision("hello", overrides=(f"hello={mine}",))["hello"]
    assert says(again.binary) == "other"


def test_the_record_says_what_each_component_was(world: World) -> None:
    record = {entry["name"]: entry for entry in world.provision("bye", "extra").describe()}
    bye = record["bye"]
    assert (bye["module"], bye["version"], bye["source"], bye["cache"]) == (
        MODULE,
        "v1.0.0",
        "release",
        "built",
    )
    assert bye["digest"].startswith("sha256:")
    assert "origin" not in bye
    assert record["extra"]["absent"].startswith(
        "the module proxy refuses example.test/extra v1.0.0 ("
    )


def test_an_optional_component_is_asked_for_once_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = world.provision("extra").absent["extra"]
    assert "the understudy does its work, or give --ks-component extra=" in reason
    publish(
        world.proxy,
        "example.test/extra",
        "v1.0.0",
        {**NEEDED, "go.mod": "module example.test/extra\n\ngo 1.20\n"},
    )
    assert world.provision("extra").absent == {"extra": reason}
    with pytest.raises(KeyError, match="the module proxy refuses"):
        world.provision("extra")["extra"]
    monkeypatch.setattr("time.time", lambda: os.stat(world.proxy).st_mtime + 90000)
    monkeypatch.setenv("GOPROXY", "off")
    assert "GOPROXY=off" in world.provision("extra").absent["extra"]


def test_an_optional_component_that_the_user_replaces_must_be_had(world: World) -> None:
    with pytest.raises(
        UserError, match=r"extra: the module proxy refuses example.test/extra v1.2.0"
    ):
        world.provision("extra", overrides=("extra=v1.2.0",))


def test_a_damaged_entry_is_built_anew(world: World) -> None:
    built = world.provision("hello")["hello"]
    built.binary.write_bytes(built.binary.read_bytes()[:1000])
    assert world.provision("hello")["hello"].built
    (built.module_dir / "crds/a.yaml").unlink()
    again = world.provision("hello")["hello"]
    assert again.built
    assert says(again.binary) == "hello v1.0.0"


def test_a_source_that_changes_while_it_is_built_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tree(world.root / "src", TINY)
    real = shutil.which("go")
    script = f'echo "//" >> {folder}/cmd/bye/main.go; exec {real} "$@"'
    monkeypatch.setenv("PATH", go_in_front(world.root / "front", script))
    with pytest.raises(UserError, match="was changed while it was being built; run again"):
        world.provision("bye", overrides=(f"bye={folder}",))
    assert world.leftovers() == []
