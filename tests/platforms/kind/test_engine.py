"""The scripts that start and stop a Docker engine: they touch no engine but their own, and say when
nothing was run.

All programs that would change the machine are stand-ins that write down how they were called.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

CI = Path(__file__).parents[3] / ".ci"
DOCKERD = """#!/bin/sh
echo "dockerd $*" >>"$CALLS"
while [ $# -gt 0 ]; do [ "$1" != --pidfile ] || echo $$ >"$2"; [ "$1" != -H ] || : >"${2#unix://}"; shift; done
exec 3<>"$FIFO"
read -r _ <&3
"""
"""Writes its pid file, makes a file where its socket would be, and waits until it is told to end.
"""
DOCKER = """#!/bin/sh
engine=${DOCKER_HOST:-the-user-s}
[ "$1" != -H ] || { engine=$2; shift 2; }
echo "docker $engine: $*" >>"$CALLS"
if [ "$engine" = the-user-s ]; then
    case $(cat "$USERS" 2>/dev/null) in
    "") echo "Cannot connect to the Docker daemon" >&2; exit 1 ;;
    slow) exit 124 ;;
    "slow once") echo answers >"$USERS"; exit 124 ;;
    esac
else
    [ -e "${engine#unix://}" ] || exit 1
fi
case "$1 $2" in
"ps -aq") echo "a-container-of-$engine" ;;
"network ls") echo a-network ;;
esac
"""
"""The user's engine is as the file says; one with a socket of its own answers when that is there.
"""


class Machine:
    """A machine with stand-ins for Docker and for what changes the machine."""

    def __init__(self, root: Path) -> None:
        self.home, self.calls, self._users = root / "engine", root / "calls", root / "users"
        self.socket, self.pid_file = f"unix://{self.home}/docker.sock", self.home / "dockerd.pid"
        self._bin = root / "bin"
        self._bin.mkdir()
        os.mkfifo(root / "fifo")
        self.env = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("DOCKER", "KS_"))
            },
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "KS_ENGINE_DIR": str(self.home),
            "CALLS": str(self.calls),
            "USERS": str(self._users),
            "FIFO": str(root / "fifo"),
        }
        for name in ("sysctl", "ip", "umount", "apt-get"):
            self.program(name, f'#!/bin/sh\necho "{name} $*" >>"$CALLS"\n')
        self.program("id", "#!/bin/sh\necho 0\n")
        self.another_dockerd(None)
        self.program("dpkg-query", "#!/bin/sh\necho install ok installed\n")
        self.program("docker", DOCKER)
        self.program("dockerd", DOCKERD)
        self.program(
            "make",
            '#!/bin/sh\necho "make $* for ${DOCKER_HOST:-the user} ($KS_KIND_REQUIRED)" '
            '>>"$CALLS"\n',
        )

    def program(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def another_dockerd(self, pid: int | None) -> None:
        """Let that process, if any, be found as a dockerd."""
        self.program("pgrep", f"#!/bin/sh\necho {pid}\n" if pid else "#!/bin/sh\nexit 1\n")

    def users_engine(self, how: str) -> None:
        self._users.write_text(how)

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CI / argv[0], *argv[1:]], env=self.env, text=True, capture_output=True, check=False
        )

    def told(self, word: str) -> list[str]:
        """The calls that have this word in them."""
        return [line for line in self.calls.read_text().splitlines() if word in line.split()]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    for found in psutil.process_iter(["cmdline"]):
        if str(made.pid_file) in (found.info["cmdline"] or []):
            found.kill()


def test_an_engine_of_our_own_is_started_cleared_used_and_stopped(machine: Machine) -> None:
    ran = machine.run("kind")
    assert ran.returncode == 0, ran.stderr
    [started] = machine.told("dockerd")
    assert f"-H {machine.socket}" in started
    assert "/var/run/docker.sock" not in started
    assert machine.told("make") == [
        f"make {what} for {machine.socket} (yes)" for what in ("images", "kind-test")
    ]
    removals = machine.told("rm")
    assert (
        len(removals) == 4
    )  # containers of an engine that was killed, and at its end; both with their network
    assert all(f"docker {machine.socket}:" in line for line in removals)
    assert machine.told("ip"), "its bridge goes with it"
    assert all(line.endswith(": version") for line in machine.told("the-user-s:"))


@pytest.mark.parametrize("how", ["answers", "slow once"])
def test_the_user_s_engine_is_used_and_nothing_of_it_removed(machine: Machine, how: str) -> None:
    machine.users_engine(how)
    ran = machine.run("kind")
    assert ran.returncode == 0, ran.stderr
    assert machine.told("make") == [
        f"make {what} for the user (yes)" for what in ("images", "kind-test")
    ]
    assert not machine.told("rm")
    assert not machine.told("dockerd")


def test_an_engine_that_is_there_and_does_not_answer_gets_no_second_one_beside_it(
    machine: Machine,
) -> None:
    machine.users_engine("slow")
    ran = machine.run("kind")
    assert ran.returncode == 3
    assert "an engine is there and does not answer" in ran.stderr
    assert "NOT RUN" in ran.stderr
    assert not machine.told("dockerd")
    machine.users_engine("")
    machine.another_dockerd(os.getpid())
    ran = machine.run("engine", "start")
    assert ran.returncode == 3
    assert f"dockerd {os.getpid()} runs already" in ran.stderr
    assert not machine.told("dockerd")


def test_an_engine_that_was_started_by_hand_is_used_and_stays(machine: Machine) -> None:
    by_hand = machine.run("engine", "start")
    assert by_hand.returncode == 0, by_hand.stderr
    assert f"export DOCKER_HOST={machine.socket}" in by_hand.stdout.splitlines()
    machine.calls.unlink()
    assert machine.run("kind").returncode == 0
    assert machine.told("make")[0] == f"make images for {machine.socket} (yes)"
    assert not machine.told("rm")
    assert machine.run("engine", "status").returncode == 0
    stopped = machine.run("engine", "stop")
    assert stopped.returncode == 0
    assert all(f"docker {machine.socket}:" in line for line in machine.told("rm"))
    assert machine.run("engine", "status").returncode == 3


def test_a_stop_goes_to_our_engine_whatever_docker_would_talk_to(machine: Machine) -> None:
    machine.run("engine", "start")
    machine.users_engine("answers")
    machine.env["DOCKER_HOST"] = "unix:///run/another.sock"
    assert machine.run("engine", "stop").returncode == 0
    assert {line.split()[1] for line in machine.told("rm")} == {f"{machine.socket}:"}


def test_another_process_with_the_pid_of_an_engine_of_ours_is_not_ours(machine: Machine) -> None:
    machine.home.mkdir()
    machine.users_engine("answers")
    with subprocess.Popen(["sleep", "60"]) as other:
        machine.pid_file.write_text(f"{other.pid}\n")
        assert "none of ours runs" in machine.run("engine", "stop").stderr
        assert other.poll() is None
        other.kill()
    assert not machine.calls.exists() or not machine.told("rm")


def test_a_user_s_docker_beside_our_engine_keeps_its_bridge(machine: Machine) -> None:
    machine.run("engine", "start")
    machine.another_dockerd(os.getpid())
    assert machine.run("engine", "stop").returncode == 0
    assert not machine.told("ip")


def test_an_engine_that_has_ended_is_nobody_s_though_nobody_has_asked_for_its_exit_status(
    machine: Machine,
) -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        machine.another_dockerd(ended.pid)
        assert machine.run("engine", "start").returncode == 0
        assert machine.run("engine", "stop").returncode == 0
    assert machine.told("ip")
