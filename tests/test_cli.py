"""The command line: what goes wrong is one line, and whatever ends it, no half-started platform
stays.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.kind import kept
from tests.support.existing import CONTEXTS, DOCUMENTED, kubeconfig

PROGRAM = """
import pathlib, signal, sys, time
from kubestellar_conformance import cli, platform_commands

class Slow:
    def __init__(self, settings):
        self.folder = settings.run_dir

    def up(self):
        print("starting", flush=True)
        while sys.argv[1] == "pause":
            time.sleep(0.05)  # pause() would miss a signal that comes just before it
        1 / 0

    def down(self):
        print("stopping", flush=True)
        sys.stdin.readline()  # so long as the test wants
        (self.folder / "down").touch()

platform_commands.EmbeddedPlatform = Slow
sys.exit(cli.main(["platform"]))
"""


@pytest.fixture(autouse=True)
def hang_up_is_heeded() -> None:
    """Whoever runs these tests under nohup ignores SIGHUP, and hands that on; a handler is not
    handed on.
    """
    signal.signal(signal.SIGHUP, lambda *_: None)


class Command:
    """`ks-conformance platform` in a process of its own, with a platform that comes up and goes
    down slowly.
    """

    def __init__(self, folder: Path, up: str, *before: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", PROGRAM, up],
            cwd=folder,
            text=True,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def says(self, line: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{line}\n"

    def end(self) -> tuple[int, str]:
        _, error = self.process.communicate("go on\n", timeout=120)
        assert len(list(self.folder.glob("run/*/down"))) == 1
        return self.process.returncode, error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_is_taken_down_and_no_second_signal_cuts_that_short(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = Command(tmp_path, "pause")
    command.says("starting")
    command.process.send_signal(number)
    command.says("stopping")
    for again in (number, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        command.process.send_signal(again)
    assert command.end() == (130, "ks-conformance: interrupted; nothing is left running\n")


def test_nothing_cuts_short_the_end_of_a_start_that_failed(tmp_path: Path) -> None:
    command = Command(tmp_path, "fail")
    command.says("starting")
    command.says("stopping")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        command.process.send_signal(number)
    status, error = command.end()
    assert status == 1
    assert "ZeroDivisionError" in error
    assert "interrupted" not in error


def test_a_command_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    ignore = (
        "import os,signal,sys; signal.signal(1, signal.SIG_IGN); os.execv(sys.argv[1], "
        "sys.argv[1:])"
    )  # nohup
    command = Command(tmp_path, "pause", sys.executable, "-c", ignore)
    command.says("starting")
    status = Path(f"/proc/{command.process.pid}/status").read_text()
    [ignored] = [
        int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn")
    ]
    assert ignored & 1 << signal.SIGHUP - 1
    command.process.send_signal(signal.SIGTERM)
    command.says("stopping")
    assert command.end() == (130, "ks-conformance: interrupted; nothing is left running\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_access_to_an_installation_goes_with_the_command(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "temp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        server = {"server": f"https://127.0.0.1:{silent.getsockname()[1]}"}
        config = kubeconfig(tmp_path / "config", *CONTEXTS, cluster=server)
        with subprocess.Popen(
            [sys.executable, "-m", "kubestellar_conformance", "doctor"],
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                **DOCUMENTED,
                "KUBECONFIG": str(config),
                "TMPDIR": str(tmp_path / "temp"),
            },
        ) as command:
            connection, _ = (
                silent.accept()
            )  # it waits for an answer now, with its access written down
            with connection:
                assert list((tmp_path / "temp").glob("*/credentials/*.kubeconfig"))
                command.send_signal(number)
                _, error = command.communicate(timeout=120)
    assert (command.returncode, error) == (
        130,
        "ks-conformance: interrupted; nothing is left running\n",
    )
    assert list((tmp_path / "temp").iterdir()) == []


def _printing(stdout: int, *arguments: str, **variables: str) -> tuple[int, str]:
    """The exit status and the errors of a command that prints to that descriptor."""
    done = subprocess.run(
        [sys.executable, "-m", "kubestellar_conformance", *arguments],
        env={**os.environ, **variables},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_reason_for_a_message(unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = _printing(writer, "promises", "SCEN-0-01", PYTHONUNBUFFERED=unbuffered)
    finally:
        os.close(writer)
    assert ended == (128 + signal.SIGPIPE, "")


def test_an_output_that_cannot_be_written_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        ended = _printing(full.fileno(), "promises", "SCEN-0-01")
    assert ended == (
        10,
        "ks-conformance: broken: standard output: No space left on device\n",
    )


def test_a_command_loads_only_what_it_needs() -> None:
    """A report needs no platform, and without a request to an API server nothing needs the client
    of Kubernetes.
    """
    program = """if True:
        import sys
        from kubestellar_conformance import cli
        status = cli.main(["verify", "/does-not-exist"])
        slow = ("kubernetes", "pytest", "kubestellar_conformance.platforms")
        print(status, [name for name in slow if name in sys.modules])
        import kubestellar_conformance.platform_commands
        print([name for name in ("kubernetes", "pytest") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "4 []\n[]\n"


def test_a_user_without_a_home_folder_can_stop_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert cli.main(["platform-stop", str(tmp_path)]) == 4
    assert capsys.readouterr().err.startswith(
        f"ks-conformance: no platform named {tmp_path} is up: "
    )
    with pytest.raises(UserError, match=r"^this user has no home folder, .* set HOME or XDG_"):
        kept.claim(RunFolder(tmp_path), [], os.getpid())
