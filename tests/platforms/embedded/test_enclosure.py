"""A program in a network namespace of its own: what it reaches, who reaches it, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kubestellar_conformance.platforms.embedded import enclosure
from tests.support.enclosing import WITHOUT_NAMESPACES, needs_enclosure

SECONDS = 60.0


@contextmanager
def server(greeting: bytes) -> Iterator[int]:
    """A server on a loopback port of this machine, which sends back what it gets, with a
    greeting before; its port.
    """

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                got = b""
                while more := connection.recv(4096):
                    got += more
                connection.sendall(greeting + got)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening], daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def serve(port: int) -> str:
    """Python that listens at ``port`` of all addresses until it is killed."""
    return (
        f"import socket; s = socket.create_server(('', {port})); print('serving', flush=True); "
        "s.accept()"
    )


def ask(port: int) -> str:
    """Python that prints what the server at ``port`` answers to one megabyte, in short."""
    return (
        f"import socket; s = socket.create_connection(('127.0.0.1', {port}), {SECONDS}); "
        "s.sendall(b'x' * 1000000); s.shutdown(socket.SHUT_WR); got = b''.join(iter(lambda: "
        "s.recv(65536), b'')); print(got[:5].decode(), len(got))"
    )


def run(script: str, reach: list[int], reached: Path) -> subprocess.CompletedProcess[str]:
    command = enclosure.enclosed((sys.executable, "-c", script), reach, reached)
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


@contextmanager
def running(script: str, reach: list[int], reached: Path) -> Iterator[subprocess.Popen[str]]:
    """An enclosed program that has printed its first line."""
    command = enclosure.enclosed((sys.executable, "-c", script), reach, reached)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def gone(process: psutil.Process) -> bool:
    """Whether a process exits within some seconds; a zombie has."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@needs_enclosure
def test_it_reaches_the_given_ports_and_no_other(tmp_path: Path) -> None:
    with server(b"one: ") as one, server(b"two: ") as two, server(b"other") as other:
        reached = tmp_path / "reached"
        for port, greeting in ((one, "one: "), (two, "two: ")):
            done = run(ask(port), [one, two], reached)
            assert done.stdout == f"{greeting} 1000005\n", done.stderr
        refused = run(ask(other), [one, two], reached)
    assert "ConnectionRefusedError" in refused.stderr


@needs_enclosure
def test_reached_is_created_by_its_first_connection(tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    with server(b"") as port:
        assert run("", [port], reached).returncode == 0
        assert not reached.exists()
        run(ask(port), [port], reached)
    assert reached.exists()


@needs_enclosure
def test_a_port_of_this_machine_that_does_not_answer(tmp_path: Path) -> None:
    with server(b"") as port:
        pass
    done = run(ask(port), [port], tmp_path / "reached")
    assert done.returncode == 1
    assert "Error" in done.stderr


@needs_enclosure
def test_two_listen_on_one_port_of_all_addresses_where_nobody_else_comes(tmp_path: Path) -> None:
    with server(b"") as reachable:
        with server(b"") as port:
            pass  # free from now on, and of no other program
        script = serve(port)
        with (
            running(script, [reachable], tmp_path / "a") as first,
            running(script, [reachable], tmp_path / "b") as second,
        ):
            assert (first.poll(), second.poll()) == (None, None)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), 5)


@needs_enclosure
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_process_is_the_program_and_the_relay_exits_with_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    with server(b"") as port, running(serve(8443), [port], tmp_path / "r") as process:
        (relay,) = psutil.Process(process.pid).children()
        assert "enclosure" not in " ".join(psutil.Process(process.pid).cmdline())
        process.send_signal(number)
        assert process.wait(SECONDS) == -number
        assert gone(relay)


@needs_enclosure
def test_exit_status_environment_and_arguments(tmp_path: Path) -> None:
    script = "import os, sys; print(os.environ['KUBECONFIG'], sys.argv[1:]); sys.exit(7)"
    program = (sys.executable, "-c", script, "--reach=1", "--", "-x")
    command = enclosure.enclosed(program, [], tmp_path / "reached")
    env = {**os.environ, "KUBECONFIG": "/a/file"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.stdout == "/a/file ['--reach=1', '--', '-x']\n"
    assert done.returncode == 7


@needs_enclosure
def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF, but of no machine")
    program.chmod(0o755)
    with server(b"") as port:
        command = enclosure.enclosed((str(program),), [port], tmp_path / "reached")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == enclosure.CANNOT_RUN
    assert done.stderr == f"{program} cannot be run on this machine: Exec format error\n"


@needs_enclosure
def test_obstacle_of_a_machine_that_refuses_namespaces() -> None:
    ask_it = (
        "from kubestellar_conformance.platforms.embedded import enclosure as e; print(e.obstacle())"
    )
    command = [*WITHOUT_NAMESPACES, sys.executable, "-c", ask_it]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "lib")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.stdout == "no network namespace can be made (limit of namespaces)\n", done.stderr
