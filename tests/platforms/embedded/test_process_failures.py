"""A component that cannot be run or does not stay: one clear line, with the name, what was seen,
for how long.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kubestellar_conformance import paths
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded.process import (
    ExitedAtOnce,
    Mishap,
    Process,
    ProductExitedAtOnce,
)
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from tests.support.embedded import a_run, identity, in_thread, spec, started, within

KILLED = (
    r"exited with status -9 .* ready: killed from outside the run \(SIGKILL; is memory short\?\)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        ("only text\n", 0o755, "Exec format error"),
        ("\x7fELF of some other machine", 0o755, "Exec format error"),
        ("#!/nowhere/sh\n", 0o755, "No such file or directory"),
        ("#!/bin/sh\n", 0o644, "Permission denied"),
    ],
)
def test_a_program_that_this_machine_cannot_run_is_the_user_s_to_change(
    folder: RunFolder, tmp_path: Path, content: str, mode: int, reason: str
) -> None:
    program = tmp_path / "program"
    program.write_text(content)
    program.chmod(mode)
    process = Process(folder, ProcessSpec("wds1/transport-controller", (str(program),)))
    with pytest.raises(UserError) as raised:
        process.start()
    assert str(raised.value) == (
        f"wds1/transport-controller: {program} cannot be run on this machine ({reason}): "
        "give a program built for it, or leave out its --ks-component"
    )
    assert process.state == "stopped"


def test_one_that_exits_at_once_is_reported_with_status_and_last_lines(folder: RunFolder) -> None:
    process = Process(
        folder, spec("echo starting; echo '  unknown flag: --its ' >&2; echo see --help; exit 3")
    )
    with within(9), pytest.raises(ExitedAtOnce) as raised:
        process.start()
    told = str(raised.value)
    assert told.startswith("wds1/part exited with status 3 ")
    assert told.endswith(
        " s after its start, before it was ready; its last lines: unknown flag: --its | see --help"
    )
    assert "\n" not in told
    assert raised.value.program == "sh"
    assert process.state == "exited"


def test_one_that_panics_says_why_and_not_how_its_trace_ends(folder: RunFolder) -> None:
    script = (
        """printf 'panic: no space left on device\\n\\ngoroutine 1 [running]:\\n"""
        """go.etcd.io/wal.Save(0x1)\\n\\t/etcd/wal.go:9 +0x1\\nmain.main()\\n\\t/etcd/main.go:31 +0x28\\n'"""
    )
    with pytest.raises(
        ExitedAtOnce, match=r"its last lines: panic: no space left on device \| at "
    ):
        Process(folder, spec(f"{script}; exit 2")).start()


def test_a_program_on_a_file_system_that_runs_none(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")  # not executable, as none is there
    monkeypatch.setattr(paths, "mounted_noexec", lambda path: path == program)
    with pytest.raises(
        UserError, match=r"program is on a file system that is mounted noexec: give a"
    ):
        Process(folder, ProcessSpec("etcd", (str(program),))).start()


def test_one_that_something_else_stops_before_it_is_ready(folder: RunFolder) -> None:
    with pytest.raises(Broken, match=r"^wds1/part was stopped by something other than this run"):
        Process(folder, spec("kill -STOP $$", timeout=3)).start()


@pytest.mark.parametrize("product", [False, True])
def test_one_that_is_killed_from_outside_is_not_to_blame(folder: RunFolder, product: bool) -> None:
    process = Process(folder, replace(spec("kill -9 $$"), product=product))
    with pytest.raises(Mishap, match=KILLED) as raised:
        process.start()
    assert isinstance(raised.value, Broken)
    assert str(raised.value).endswith("its last lines: (it logged nothing)")


def test_one_whose_port_is_taken_is_not_to_blame_for_its_panic(folder: RunFolder) -> None:
    taken = "listen tcp 127.0.0.1:21005: bind: address already in use"
    process = Process(folder, replace(spec(f"echo 'panic: {taken}'; exit 2"), product=True))
    with pytest.raises(Mishap, match=rf"ready: its port is taken; its last lines: panic: {taken}"):
        process.start()


@pytest.mark.parametrize("started_here", [True, False], ids=["its parent", "another process"])
def test_one_that_is_killed_later_is_a_mishap_in_every_process(
    folder: RunFolder, started_here: bool
) -> None:
    process = started(folder)
    asked = process if started_here else Process.named(folder, process.name)
    assert asked.mishap == ""
    os.kill(identity(process)[0], signal.SIGKILL)
    pidfd.wait_ended([identity(process)], 10)
    process.reap()
    assert asked.mishap.startswith("killed from outside the run")
    asked.start()
    assert asked.mishap == ""


def test_one_whose_exit_status_nobody_knows_has_no_mishap(folder: RunFolder) -> None:
    process = started(folder)
    os.kill(identity(process)[0], signal.SIGKILL)
    pidfd.wait_ended([identity(process)], 10)
    assert Process.named(folder, process.name).mishap == ""


def test_a_kill_by_the_run_itself_is_no_mishap(folder: RunFolder) -> None:
    process = Process(folder, spec(grace=0))
    process.start()
    process.stop()
    assert process.mishap == ""
    assert list(folder.state.glob("exit-*")) == []


@pytest.mark.parametrize(
    ("script", "panicked"), [("echo 'panic: nil map'; exit 2", True), ("echo 'no panic: x'", 0)]
)
def test_the_product_s_own_that_exits_at_once_deviates(
    folder: RunFolder, script: str, panicked: bool
) -> None:
    (folder.logs / "wds1-part.log").write_text("panic: of an earlier start\n")
    with pytest.raises(ProductExitedAtOnce) as raised:
        Process(folder, replace(spec(script), product=True)).start()
    assert isinstance(raised.value, Deviation)
    assert raised.value.panicked == panicked
    assert "earlier" not in str(raised.value)


def test_one_that_another_process_started_has_no_status(folder: RunFolder) -> None:
    mine = Process(folder, spec("exit 3"))
    mine.launch()
    [file] = folder.state.glob("process-*.json")
    with pytest.raises(ExitedAtOnce, match=r"^wds1/part exited \d+\.\d s after its start"):
        Process.load(folder, file).wait_ready()


def test_one_that_ended_is_not_ready_though_another_answers_at_its_port(folder: RunFolder) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            process.reap()
            pidfd.wait_ended([identity(process)], 10)  # as one that finds its port taken
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as foreign:
        in_thread(foreign.handle_request)
        ready = Ready(http=f"http://127.0.0.1:{foreign.server_port}/readyz")
        process = Process(
            folder,
            ProcessSpec("etcd", ("sh", "-c", "echo address already in use; exit 1"), ready=ready),
        )
        with pytest.raises(
            Mishap,
            match=r"etcd exited with status 1 .*: its port is taken; .*address already in use",
        ):
            process.start()


def test_one_that_never_gets_ready_is_reported_with_its_last_line(folder: RunFolder) -> None:
    process = Process(folder, spec("echo waiting for etcd; exec sleep 120", timeout=2))
    with (
        within(30),
        pytest.raises(Broken, match=r"was not ready within 2 s: .* last line: waiting for etcd"),
    ):
        process.start()
    assert process.state == "running"


def test_a_server_that_does_not_answer_is_not_ready(folder: RunFolder) -> None:
    ready = Ready(https="https://127.0.0.1:9/readyz", timeout=0.3)
    with within(30), pytest.raises(Broken, match="was not ready"):
        Process(folder, ProcessSpec("wds1/part", ("sleep", "120"), ready=ready)).start()
