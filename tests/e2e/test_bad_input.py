"""What the user gets wrong is one clear line and exit status 4, and nothing is left running."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import ports
from tests.support.child import Ended, run_child
from tests.support.embedded import a_run, ended_process, started

pytestmark = pytest.mark.timeout(900)
ZERO = "scenarios/examples/test_scenario_0_look_around.py"
TRANSPORT = "kubestellar-transport-controller"


def error_of(ended: Ended) -> str:
    """The one line that says what is wrong."""
    assert ended.status == 4, ended.output
    assert "Traceback" not in ended.output
    assert runs.marked_processes().get(ended.run_dir, []) == []
    errors = [line for line in ended.output.splitlines() if line.startswith("ERROR:")]
    assert len(errors) == 1, ended.output
    return errors[0]


def executable(path: Path, content: str) -> Path:
    path.write_text(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_a_component_that_exits_at_once(run_dir: Path, processes: tuple[str, ...]) -> None:
    ended = run_child(run_dir, f"--ks-component={TRANSPORT}=/bin/false", ZERO, *processes)
    assert re.fullmatch(
        r"ERROR: wds1/transport-controller exited with status 1 \d+\.\d s after its start, "
        r"before it was ready; "
        rf"its last lines: \(it logged nothing\); check --ks-component {TRANSPORT}=/bin/false",
        error_of(ended),
    )
    assert ended.record["exit_status"] == 4
    assert {test["verdict"] for test in ended.record["tests"]} == {"not run"}
    folder = RunFolder(run_dir)
    assert list(folder.logs.glob("*.log"))
    for gone in (folder.credentials, folder.data, folder.state, folder.kubeconfig):
        assert not gone.exists()


def test_the_last_words_of_a_component_that_exits_at_once(run_dir: Path, tmp_path: Path) -> None:
    script = executable(
        tmp_path / "etcd", "#!/bin/sh\necho starting\necho 'this is not your etcd' >&2\nexit 7\n"
    )
    error = error_of(run_child(run_dir, f"--ks-component=etcd={script}", ZERO))
    assert error.startswith("ERROR: etcd exited with status 7 ")
    assert error.endswith(
        f"its last lines: starting | this is not your etcd; check --ks-component etcd={script}"
    )


def test_the_user_s_own_build_that_panics_deviates(run_dir: Path, tmp_path: Path) -> None:
    script = executable(tmp_path / "transport", "#!/bin/sh\necho 'panic: nil map'\nexit 2\n")
    ended = run_child(run_dir, f"--ks-component={TRANSPORT}={script}", ZERO)
    assert ended.status == 1, ended.output
    assert ended.output.count("ERROR: wds1/transport-controller exited with status 2 ") == 1, (
        ended.output
    )
    assert "Traceback" not in ended.output
    assert ended.record["failure"]["kind"] == "deviates"
    assert runs.marked_processes().get(run_dir, []) == []


def test_a_binary_that_this_machine_cannot_run(run_dir: Path, tmp_path: Path) -> None:
    text = executable(tmp_path / "notes.txt", "this is only text\n")
    error = error_of(run_child(run_dir, f"--ks-component=etcd={text}", ZERO))
    assert error.startswith("ERROR: etcd: ")
    assert "cannot be run on this machine (Exec format error)" in error
    assert "--ks-component" in error


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            "--ks-component=kubestellar={here}",
            "'kubestellar={here}': {here} is not a Go module (it has no go.mod)",
        ),
        ("--ks-component=nosuch=v1.0.0", "unknown component 'nosuch': use one of etcd, "),
        ("--ks-platform=nosuch", "--ks-platform 'nosuch': unknown platform: use one of embedded"),
        (
            "--ks-cache-dir={here}/file/cache",
            "--ks-cache-dir '{here}/file/cache': {here}/file is not a folder",
        ),
        (
            "--ks-run-dir={here}/file/run",
            "--ks-run-dir '{here}/file/run': {here}/file is not a folder",
        ),
    ],
    ids=["no module", "no component", "no platform", "no cache folder", "no run folder"],
)
def test_what_is_wrong_before_anything_starts(
    run_dir: Path, tmp_path: Path, argument: str, said: str
) -> None:
    (tmp_path / "file").write_text("")
    error = error_of(run_child(run_dir, argument.format(here=tmp_path), ZERO))
    assert said.format(here=tmp_path) in error
    assert not run_dir.exists()


def test_a_run_folder_that_holds_a_kept_platform_is_refused_and_the_platform_stays(
    run_dir: Path,
) -> None:
    with a_run(run_dir) as kept:
        part = started(kept)
        runs.own(kept, ended_process()[0], kept=True)
        for processes in ((), ("-n2",)):
            ended = run_child(run_dir, ZERO, *processes)
            assert ended.status == 4, ended.output
            told = (
                f"ERROR: the run folder {run_dir} holds a platform that was left up: "
                "stop it with 'make "
            )
            assert ended.output.count(told) == 1, ended.output
            assert "Traceback" not in ended.output
            assert part.state == "running"
            assert kept.credentials.is_dir()
    assert runs.marked_processes().get(run_dir, []) == []


@pytest.fixture
def foreign() -> Iterator[socket.socket]:
    """Somebody else's server on a port of the first block that is free but for it."""
    with ports.claimed_block() as block:  # which no start of another test has taken
        found = socket.create_server(("127.0.0.1", block.base + 3))
    with found:
        found.setblocking(False)
        yield found


def test_a_port_in_use_is_left_to_its_owner(run_dir: Path, foreign: socket.socket) -> None:
    ended = run_child(run_dir, ZERO)
    assert ended.status == 0, ended.output
    texts = [
        log.read_text(errors="replace")
        for log in RunFolder(run_dir).logs.glob("*kube-apiserver.log")
    ]
    used = {
        int(port)
        for text in texts
        for port in re.findall(r"Serving securely on 127\.0\.0\.1:(\d+)", text)
    }
    assert len(used) == 5
    block = foreign.getsockname()[1] // ports.BLOCK_SIZE
    assert block not in {port // ports.BLOCK_SIZE for port in used}
    with pytest.raises(BlockingIOError):
        foreign.accept()  # it listens still, and nobody has tried it
    assert runs.marked_processes().get(run_dir, []) == []
    assert os.stat(RunFolder(run_dir).logs).st_mode & 0o777 == 0o700
