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
        kubeconfig = tmp_path / "silent.kubeconfig"
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "users": [{"name": "u", "user": {}}],
                    "clusters": [
                        {
                            "name": "c",
                            "cluster": {"server": server, "insecure-skip-tls-verify": True},
                        }
                    ],
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )
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
