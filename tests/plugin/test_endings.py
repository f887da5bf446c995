"""Runs that end in an unusual way: with the right exit status, a summary, a record, and nothing
left running.
"""

from __future__ import annotations

import sys

import pytest

from tests.support import refuse
from tests.support.suite import Ran, Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
FULL = """
    import resource

    @promises("T-1")
    def test_it(wds):
        # As on a full disk: from here on every file of this process ends at 3000 bytes.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
        with step("x" * 5000):
            pass

    @promises("T-2")
    def test_other(wds):
        with step("y" * 5000):
            pass
"""


def _ended_well(ran: Ran, status: int) -> None:
    assert ran.status == status, ran.output
    for word in ("INTERNALERROR", "Traceback"):
        assert word not in ran.output
    assert "down" in ran.events
    assert not ran.child_lives()
    assert ran.output.count("= KubeStellar conformance =") == 1


@BOTH
def test_evidence_that_cannot_be_written_is_broken(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("""
        @promises("T-1")
        def test_it(wds, request):
            from kubestellar_conformance.plugin.run import run_of
            report = run_of(request.config).folder.report
            report.mkdir(exist_ok=True)
            (report / "evidence").write_text("a file where the folder of evidence would be")

        @promises("T-2")
        def test_other(wds, request):
            from kubestellar_conformance.plugin.run import run_of
            while not (run_of(request.config).folder.report / "evidence").exists():
                time.sleep(0.02)  # its own evidence would make the folder first
    """)
    ran = suite.run(*processes)
    _ended_well(ran, 10)
    told = f"evidence cannot be written to {ran.folder}/report/evidence: "
    assert [one for one in ran.record["problems"] if one.startswith(told)] != []
    assert ran.verdicts["test_it"] == "conforms"


def test_a_disk_that_fills_up_during_a_test_is_broken(suite: Suite) -> None:
    suite.tests(FULL)
    done = suite.pytester.runpytest_subprocess(
        "--ks-platform=fake", f"--ks-run-dir={suite.path}/run"
    )
    ran = suite.ran(int(done.ret), done.stdout.str() + done.stderr.str(), 0.0)
    _ended_well(ran, 10)
    said, folder = " ".join(ran.output.split()), f"{ran.folder}/report"
    assert f"evidence cannot be written to {folder}/evidence: File too large" in said
    assert f"{folder}/run.json cannot be written: File too large" in said
    assert list((ran.folder / "report").glob("**/.*")) == []


@BOTH
def test_a_run_folder_that_is_full_before_the_start_is_broken(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    suite.write(
        "suite/conftest.py",
        """
        import errno
        import pytest
        from kubestellar_conformance.reporting import session_folder

        def full(path, content):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_finish(session):
            session_folder.write_json = full
        """,
    )
    ran = suite.run(*processes)
    assert ran.status == 10, ran.output
    assert "INTERNALERROR" not in ran.output
    assert "No space left on device" in ran.output
    assert not ran.child_lives()


@BOTH
def test_a_test_that_exits_pytest_chooses_the_status(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("""
        def test_it(wds):
            pytest.exit("enough of it", 7)

        def test_other(wds):
            pass
    """)
    ran = suite.run(*processes)
    _ended_well(ran, 7)
    assert ran.record["exit_status"] == 7
    assert "pytest.exit: enough of it" in "".join(ran.record["selection"]["why_partial"])
    assert ran.verdicts["test_it"] == "not run"


@BOTH
def test_an_error_after_a_test_that_exits_pytest_is_told_and_keeps_the_status(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("""
        @pytest.fixture
        def left():
            yield
            raise Deviation("it stays")

        def test_it(wds, left):
            pytest.exit("enough of it", 0)
    """)
    ran = suite.run(*processes)
    _ended_well(ran, 0)
    assert ran.record["exit_status"] == 0
    assert ran.record["problems"] == ["after pytest.exit, cleaning up: Deviation: it stays"]


def test_a_test_that_exits_pytest_without_a_status_interrupts(suite: Suite) -> None:
    suite.tests("def test_it(wds):\n    pytest.exit('enough of it')\n")
    _ended_well(suite.run(), 2)


def test_a_test_that_ends_the_process_is_broken(suite: Suite) -> None:
    suite.tests("""
        import subprocess

        def test_forks(wds):
            child = os.fork()
            if not child:
                os._exit(3)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3

        def test_it(wds):
            os._exit(0)
    """)
    ran = suite.run()
    _ended_well(ran, 10)
    told = "a test ended the whole process with os._exit(0)"
    assert ran.output.count(f"ERROR: broken: {told}") == 1
    assert ran.record["problems"] == [told]
    assert ran.record["exit_status"] == 10
    assert ran.verdicts == {"test_forks": "conforms", "test_it": "not run"}


def test_a_suite_without_its_conftest_is_refused(suite: Suite) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    done = suite.pytester.runpytest_subprocess("--noconftest")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["ERROR: --noconftest: the scenarios need their conftest.py: *"])


@BOTH
@pytest.mark.parametrize("path", ["suite", "suite/test_it.py::test_it"])
def test_a_suite_outside_the_root_folder_is_refused(
    suite: Suite, processes: tuple[str, ...], path: str
) -> None:
    """Its known deviations, fixtures and catalogue are those of another root folder."""
    suite.tests("def test_it(wds):\n    pass\n")
    done = suite.pytester.runpytest_subprocess(
        "-c", "/dev/null", "--collect-only", path, *processes
    )
    assert done.ret == 4
    suites, root = suite.path / "suite", suite.path
    [line] = [one for one in done.stderr.lines if one.strip()]
    assert line.startswith(f"ERROR: {path} belongs to the suite {suites}, and the root folder ")
    assert line.endswith(f": leave out -c and --rootdir, or give --rootdir={root}")
    assert not (suites / "run").exists()


def test_a_run_with_another_ini_file_shows_a_summary(suite: Suite) -> None:
    suite.tests("def test_it(wds):\n    pass\n", "elsewhere/test_it.py")
    suite.write("elsewhere/conftest.py", "import fake_platform\n")
    ran = suite.run("-c", "/dev/null", "elsewhere/test_it.py")
    assert ran.status == 0, ran.output
    assert "= KubeStellar conformance =" in ran.output
    assert set(ran.verdicts.values()) == {"conforms"}


@BOTH
@pytest.mark.parametrize("given", [True, False], ids=["given folder", "default folder"])
def test_a_run_folder_without_locks_is_refused(
    suite: Suite, processes: tuple[str, ...], given: bool
) -> None:
    suite.tests("def test_it(wds):\n    pass\n\ndef test_other(wds):\n    pass\n")
    folder = [f"--ks-run-dir={suite.path}/run"] if given else []
    done = suite.pytester.run(
        *refuse.under("ENOLCK", "flock"),
        *(sys.executable, "-m", "pytest", "--ks-platform=fake"),
        *(*folder, *processes),
    )
    output = done.stdout.str() + done.stderr.str()
    assert done.ret == 4, output
    assert "INTERNALERROR" not in output
    [line] = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    assert "is on a file system without locks (No locks available), as NFS without" in line
    assert list(suite.path.glob("run/**/child.pid")) == []  # nothing was started
