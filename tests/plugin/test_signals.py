"""Ctrl-C and SIGTERM end the platform of a run within 10 s, and then the run: also in a start, also
with workers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.calm import busy
from tests.support.suite import Ran, Suite

LIMIT = 10.0
LONG = """
    def test_long(wds):
        open(os.environ["MARK"], "w").close()
        time.sleep(60)

    def test_other(wds):
        time.sleep(60)
"""
ALONE = """
    @pytest.mark.exclusive
    @pytest.mark.parametrize("n", range(4))
    def test_alone(wds, n):
        open(os.environ["MARK"], "w").close()
        time.sleep(60)

    @pytest.mark.parametrize("n", range(8))
    def test_shared(wds, n):
        time.sleep(60)
"""
ONE_AFTER_THE_OTHER = """
    import time
    from kubestellar_conformance.plugin import lifecycle

    def one_after_the_other(workers, number, send=lifecycle._send):
        \"\"\"First to the worker that starts the platform: it has a child.\"\"\"
        for worker in sorted(workers, key=lambda worker: not worker.children()):
            send([worker], number)
            time.sleep(1)

    lifecycle._send = one_after_the_other
"""

SLOW_TO_COLLECT = """
    import os
    import time

    def pytest_collection_modifyitems():
        \"\"\"It is told to stop when it has been collecting for long, and has not begun to start a platform.\"\"\"
        open(os.environ["MARK"], "w").close()
        time.sleep(4)
"""
NEVER_HEARD = """
    import time
    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_node_collection_finished():
        \"\"\"The controller comes no further; a worker that has collected starts the platform.\"\"\"
        time.sleep(60)
"""

NEVER_MADE = """
    import time

    def pytest_configure_node(node):
        \"\"\"The controller makes no second worker; the first has collected and starts the platform.\"\"\"
        if node.gateway.id == "gw1":
            time.sleep(60)
"""


def _interrupted(
    suite: Suite,
    tmp_path: Path,
    number: signal.Signals,
    when: str,
    *args: str,
    group: bool = False,
    twice: bool = False,
) -> Ran:
    """Run the suite and send a signal when the file ``when`` (of the run's folder, or the test's
    mark) is there.

    The result's seconds are those from the signal to the end of the platform's process.
    """
    mark = tmp_path / "mark"
    run = suite.path / "run"
    awaited = {
        "test": mark,
        "start": run / "child.pid",
        "second start": run / "apart" / "child.pid",
    }[when]
    output = (tmp_path / "output").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *suite.arguments(*args)],
        cwd=suite.path,
        env={**os.environ, "MARK": str(mark)},
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not awaited.exists():
        assert time.monotonic() < deadline, (tmp_path / "output").read_text()
        assert process.poll() is None, (tmp_path / "output").read_text()
        time.sleep(0.05)
    begun = time.monotonic()
    workers = psutil.Process(process.pid).children()
    (os.killpg if group else os.kill)(process.pid, number)
    if twice:
        time.sleep(0.2)
        (os.killpg if group else os.kill)(process.pid, number)
    _end_of_child(suite)
    seconds = time.monotonic() - begun
    status = process.wait(60)
    assert psutil.wait_procs(workers, 30)[1] == []
    output.seek(0)
    return suite.ran(status, output.read(), seconds)


def _end_of_child(suite: Suite) -> None:
    """Wait until the platform's process has ended, if there is one. Its parent, a worker, may reap
    it later.
    """
    if not (suite.path / "run" / "child.pid").exists():
        return
    child = int((suite.path / "run" / "child.pid").read_text())
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.02)


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
@pytest.mark.parametrize("when", ["test", "start"])
@pytest.mark.parametrize(
    ("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_run_ends_its_platform(
    suite: Suite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    processes: tuple[str, ...],
    when: str,
    number: signal.Signals,
    group: bool,
) -> None:
    if when == "start":
        monkeypatch.setenv("FAKE_UP_SECONDS", "60")
    suite.tests(LONG)
    ran = _interrupted(suite, tmp_path, number, when, *processes, group=group)
    assert ran.status == 2, ran.output
    assert ran.seconds < LIMIT * busy()
    assert "down" in ran.events
    assert ran.events.count("up") == 1
    assert not ran.child_lives()
    assert ran.record["complete"] is False
    assert "interrupted" in "".join(ran.record["selection"]["why_partial"])


@pytest.mark.parametrize("when", ["test", "second start"])
@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupted_run_ends_its_second_platform_too(
    suite: Suite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    number: signal.Signals,
    group: bool,
) -> None:
    monkeypatch.setenv("FAKE_REPEATABLE", "1")
    if when == "second start":
        monkeypatch.setenv("FAKE_UP_SECONDS", "4")
    suite.tests(ALONE)
    ran = _interrupted(suite, tmp_path, number, when, "-n8", group=group)
    assert ran.status == 2, ran.output
    assert ran.seconds < LIMIT * busy()
    assert ran.apart.events.count("up") == 1
    assert "down" in ran.apart.events
    assert not ran.apart.child_lives()
    assert not ran.child_lives()


def test_a_worker_that_learns_of_the_end_late_starts_nothing(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_UP_SECONDS", "60")
    suite.tests(LONG)
    suite.write("suite/conftest.py", ONE_AFTER_THE_OTHER)
    ran = _interrupted(suite, tmp_path, signal.SIGTERM, "start", "-n2")
    assert ran.events.count("up") == 1
    assert not ran.child_lives()


@pytest.mark.parametrize("moment", [NEVER_HEARD, NEVER_MADE], ids=["never-heard", "never-made"])
@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_run_that_is_interrupted_before_the_controller_knows_its_tests_is_on_record(
    suite: Suite, tmp_path: Path, number: signal.Signals, group: bool, moment: str
) -> None:
    suite.tests(LONG)
    suite.write("suite/conftest.py", moment)
    ran = _interrupted(suite, tmp_path, number, "start", "-n2", group=group)
    assert ran.status == 2, ran.output
    assert not ran.child_lives()
    assert ran.record["complete"] is False
    assert "interrupted" in "".join(ran.record["selection"]["why_partial"])
    assert ran.verdicts == {"test_long": "not run", "test_other": "not run"}
    assert moment is NEVER_MADE or "PARTIAL RUN" in ran.output  # there pytest shows no summary


def test_a_worker_that_still_collects_when_the_run_is_interrupted_starts_nothing(
    suite: Suite, tmp_path: Path
) -> None:
    suite.tests(LONG)
    suite.write("suite/conftest.py", SLOW_TO_COLLECT)
    ran = _interrupted(suite, tmp_path, signal.SIGTERM, "test", "-n2")
    assert ran.status == 2, ran.output
    assert ran.events == []


def test_an_impatient_second_signal_does_not_stop_the_end(suite: Suite, tmp_path: Path) -> None:
    suite.tests(LONG)
    ran = _interrupted(suite, tmp_path, signal.SIGINT, "test", "-n2", group=True, twice=True)
    assert not ran.child_lives()
    assert ran.seconds < LIMIT * busy()


def test_keep_does_not_outlive_an_interruption(suite: Suite, tmp_path: Path) -> None:
    suite.tests(LONG)
    ran = _interrupted(suite, tmp_path, signal.SIGTERM, "test", "--ks-keep")
    assert not ran.child_lives()
