"""The status reporter as a process: readiness, outages, speed, exit, bad arguments."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.calm import busy, calm_round
from tests.support.reporter_rig import DEPLOYMENTS, SECONDS, Rig, numbers

WAITING = """
import ctypes
from kubestellar_conformance.status_reporter import __main__ as program

def wait(self):
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(mutex)
    print("waiting", flush=True)
    libc.pthread_mutex_lock(mutex)

program.Reporter.run = wait
program.main()
"""


def kubeconfig_of(server: str, folder: Path) -> Path:
    """A kubeconfig for a server that nobody identifies."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "users": [{"name": "u", "user": {}}],
        "clusters": [
            {"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}
        ],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(content))
    return file


def test_the_watches_heal_after_the_wec_was_away(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    rig.seen.status(work.status_of(deployment), {"replicas": 1})
    rig.wec_server.stop()
    rig.wec_server.start()
    assert rig.seen.status(work.status_of(deployment), {"replicas": 1})
    rig.set_status(deployment, {"replicas": 2})
    rig.seen.status(work.status_of(deployment), {"replicas": 2})
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.seen.gone(work.status_of(deployment))


def test_ready_when_the_works_are_listed(rig: Rig) -> None:
    rig.log.wait("ready:")
    assert rig.ready_file.exists()
    rig.end()
    rig.wec_server.stop()
    try:
        rig.start()
        rig.log.wait("appliedmanifestworks", "cannot be watched, retrying")
        assert not rig.ready_file.exists()  # neither this run's nor the one of the run before
    finally:
        rig.wec_server.start()
    rig.log.wait("ready:")
    assert rig.ready_file.exists()


def test_exits_at_once_though_the_servers_do_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(SECONDS)
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = kubeconfig_of(server, tmp_path)
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kubestellar_conformance.status_reporter",
                "--cluster-name",
                "cluster1",
                "--wec-kubeconfig",
                str(kubeconfig),
                "--its-kubeconfig",
                str(kubeconfig),
            ],
        ) as process:
            silent.accept()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
            assert time.monotonic() - began < 5 * busy()  # the request would wait for 10 s


def test_exits_at_once_whatever_the_reporter_waits_for(tmp_path: Path) -> None:
    """A signal that comes in the moment before a wait does not wake it. The wait here, for a mutex
    that is locked already, is one that no signal wakes.
    """
    kubeconfig = kubeconfig_of("https://127.0.0.1:1", tmp_path)
    arguments = ["--cluster-name=c", f"--wec-kubeconfig={kubeconfig}"]
    arguments.append(f"--its-kubeconfig={kubeconfig}")
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()


def test_a_status_is_returned_within_50_milliseconds(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    name = work.status_of(deployment)
    rig.seen.status(name, {"replicas": 1})

    def median() -> float:
        taken = []
        for _ in range(11):
            replicas = next(numbers)
            began = time.monotonic()
            rig.set_status(deployment, {"replicas": replicas})
            rig.seen.status(name, {"replicas": replicas})
            taken.append(time.monotonic() - began)
        return sorted(taken)[5]

    calm_round(median, at_most=0.05)


def test_bad_arguments_get_one_line(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.kubeconfig")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kubestellar_conformance.status_reporter",
            "--cluster-name",
            "cluster1",
            "--wec-kubeconfig",
            missing,
            "--its-kubeconfig",
            missing,
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert missing in done.stderr.splitlines()[-1]
