"""Two runs at once, and runs that end in the middle of a build.

``go`` is a script that says when it starts and waits on a pipe until the test lets it go on.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from kubestellar_conformance.components import BuildCache, CacheEntry
from tests.support.components import DRIVER, World, go_in_front
from tests.support.components import world as world

Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 120.0  # seconds; with an empty cache Go compiles its runtime first


@pytest.fixture
def start(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a run in a process of its own (behind a command, if one is given), with a ``go`` that
    waits.
    """
    for name in ("started", "go-on"):
        os.mkfifo(world.root / name)
    real = shutil.which("go")
    script = (
        f'echo "$*" >> {world.root}/log\n'
        f'[ "$1" = build ] && {{ echo $$ > {world.root}/started; read x < '
        f"{world.root}/go-on || exit 1; }}\n"
        f'exec {real} "$@"'
    )
    monkeypatch.setenv("PATH", go_in_front(world.root / "front", script))
    children: list[subprocess.Popen[str]] = []

    def run(*before: str) -> subprocess.Popen[str]:
        argv = [
            *before,
            sys.executable,
            "-c",
            DRIVER,
            str(world.cache.root),
            str(world.catalogue_file),
        ]
        children.append(
            subprocess.Popen(
                argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
            )
        )
        return children[-1]

    yield run
    for child in children:
        child.kill()
        child.communicate()


def compiler(world: World) -> int:
    """Wait until a build has begun; a descriptor that becomes readable when its ``go`` has
    ended.
    """
    return os.pidfd_open(int((world.root / "started").read_text()))


def has_ended(pidfd: int) -> bool:
    ready, _, _ = select.select([pidfd], [], [], PATIENCE)
    os.close(pidfd)
    return bool(ready)


def go_on(world: World) -> None:
    (world.root / "go-on").write_text("go on\n")


def builds(world: World) -> int:
    return sum(line.startswith("build ") for line in (world.root / "log").read_text().splitlines())


def wait_for_line(child: subprocess.Popen[str], text: str) -> None:
    assert child.stderr is not None
    assert any(text in line for line in child.stderr), f"{text!r} was not said"


def test_two_runs_at_once_build_once(world: World, start: Start) -> None:
    one = start()
    go = compiler(world)
    two = start()
    wait_for_line(two, "another run is building hello: waiting for it")
    go_on(world)
    assert has_ended(go)
    assert [one.communicate(timeout=PATIENCE)[0], two.communicate(timeout=PATIENCE)[0]] == [
        "built\n",
        "cached\n",
    ]
    assert builds(world) == 1
    assert world.leftovers() == []


def test_a_run_that_is_killed_leaves_no_compiler_and_no_half_entry(
    world: World, start: Start
) -> None:
    killed = start(
        "sh", "-c", 'trap "" INT; exec "$@"', "sh"
    )  # as a shell starts its background jobs
    go = compiler(world)
    killed.kill()
    killed.wait(PATIENCE)
    assert has_ended(go)
    assert len(world.leftovers()) == 1
    assert not list(world.cache.root.glob("components/hello/*/entry.json"))
    again = start()
    go = compiler(world)
    go_on(world)
    assert again.communicate(timeout=PATIENCE)[0] == "built\n"
    assert has_ended(go)
    assert world.leftovers() == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_compiler(world: World, start: Start, signum: int) -> None:
    child = start()
    go = compiler(world)
    child.send_signal(signum)
    _, stderr = child.communicate(timeout=PATIENCE)
    assert child.returncode != 0
    assert has_ended(go)
    if signum == signal.SIGINT:
        assert "KeyboardInterrupt" in stderr
        assert world.leftovers() == []


def test_a_dead_run_s_leftovers_of_another_key_are_removed(world: World, start: Start) -> None:
    dead = world.cache.root / "components" / "hello" / ".making-otherkey.abc"
    (dead / "tmp").mkdir(parents=True)
    child = start()
    go = compiler(world)
    go_on(world)
    assert child.communicate(timeout=PATIENCE)[0] == "built\n"
    assert has_ended(go)
    assert not dead.exists()


def test_entries_in_use_stay_and_long_unused_ones_go(world: World) -> None:
    old = world.provision("hello", overrides=("hello=v1.1.0",))["hello"].folder
    os.utime(old, (1, 1))
    world.provision("hello", overrides=("hello=v1.1.0",))  # used again
    assert world.provision("hello")["hello"].built
    assert old.exists()
    shutil.rmtree(world.provision("hello")["hello"].folder)
    os.utime(old, (1, 1))
    assert world.provision("hello")["hello"].built
    assert not Path(old).exists()


def test_an_entry_that_another_run_removes_is_not_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = BuildCache(tmp_path)
    for key in ("r-1", "r-2"):
        (folder := cache.folder("hello", key)).mkdir(parents=True)
        entry = CacheEntry("hello", key, "v1.0.0", "", "", 0, 1.0)
        (folder / "entry.json").write_text(json.dumps(asdict(entry)))
    glob = Path.glob

    def late(folder: Path, pattern: str) -> list[Path]:
        found = list(glob(folder, pattern))
        shutil.rmtree(cache.folder("hello", "r-2"))
        return found

    monkeypatch.setattr(Path, "glob", late)
    found = cache.newest("hello", "r")
    assert found is not None
    assert found.key == "r-1"
