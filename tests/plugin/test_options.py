"""Options: bad input is one clear line and exit status 4, before anything is started."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from tests.support.suite import Suite

ONE = """
    from kubestellar_conformance.waiting import contracts

    def test_it(wds):
        print("factor", contracts.factor)
"""


@pytest.mark.parametrize("apart", [True, False], ids=["its own argument", "after ="])
@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
@pytest.mark.parametrize("exists", [True, False], ids=["that exists", "that will exist"])
def test_a_folder_outside_the_root_folder(
    suite: Suite,
    tmp_path_factory: pytest.TempPathFactory,
    exists: bool,
    processes: tuple[str, ...],
    apart: bool,
) -> None:
    suite.tests(ONE)
    folder = tmp_path_factory.mktemp("elsewhere") / "report"
    if exists:
        folder.mkdir()
    ran = suite.run(
        *processes, *(["--ks-report", str(folder)] if apart else [f"--ks-report={folder}"])
    )
    if apart:
        assert ran.status == 4
        assert f"write --ks-report={folder}" in ran.output
        assert ran.events == []
    else:
        assert ran.status == 0, ran.output
        assert (folder / "run.json").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["--ks-platform=mars"],
            "--ks-platform 'mars': unknown platform: use one of embedded, existing, fake, kind",
        ),
        (["--ks-component=etcd"], "expected NAME=SOURCE"),
        (["--ks-component=nonsense=v1.2.3"], "nonsense"),
        (["--ks-component=etcd=/nowhere"], "/nowhere does not exist"),
        (["--ks-slow=fast"], "--ks-slow 'fast': expected a positive number"),
        (["--ks-slow=-1"], "--ks-slow '-1': expected a positive number"),
        (["--ks-release=9.9.9"], "no list of known deviations for release '9.9.9'"),
        (["--ks-platform=mars", "-n2"], "--ks-platform 'mars': unknown platform"),
        (["--ks-report=pytest.ini/x"], "pytest.ini is not a folder"),
        (
            ["--ks-reuse"],
            "--ks-reuse is for --ks-platform embedded or kind, but this run is on fake: leave it out",
        ),
    ],
)
def test_bad_input(suite: Suite, args: list[str], said: str) -> None:
    suite.tests(ONE)
    ran = suite.run(*args)
    assert ran.status == 4
    errors = [line for line in ran.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert said in errors[0]
    assert "Traceback" not in ran.output
    assert ran.events == []


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_an_unknown_promise_is_named_with_file_and_line(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests("@promises('T-1', 'T-42')\ndef test_it(wds):\n    pass\n")
    ran = suite.run(*processes)
    assert ran.status == 4
    line = "ERROR: suite/test_it.py:5: unknown promise 'T-42': the catalogue does not list it"
    assert ran.output.count(line) == 1
    assert "Traceback" not in ran.output
    assert "up" not in ran.events


def test_a_retired_promise_says_why(suite: Suite) -> None:
    suite.write("suite/promises/retired.yaml", "- {id: T-9, why: merged into T-1}")
    suite.tests("def test_it(wds):\n    with step('It arrives', promise='T-9'):\n        pass\n")
    ran = suite.run()
    assert ran.status == 4
    assert "test_it.py:6: the promise T-9 is retired: merged into T-1" in ran.output


def test_the_slow_factor_reaches_the_contracts(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests(ONE)
    assert "factor 2.5" in suite.run("--ks-slow=2.5", "-s").output
    monkeypatch.setenv("KS_SLOW", "3")
    assert "factor 3.0" in suite.run("-s").output
    assert "factor 1.0" in suite.run("-s", "--ks-slow=1").output
    monkeypatch.setenv("KS_SLOW", "much")
    assert "KS_SLOW 'much': expected a positive number" in suite.run().output


def test_the_release_is_that_of_the_component(suite: Suite) -> None:
    suite.tests(ONE)
    suite.known("[]", "0.29.0")
    assert suite.run().record["release"] == "0.30.0"
    assert (
        suite.run("--ks-component=kubestellar-controller-manager=v0.28.0").record["release"]
        == "0.28.0"
    )
    assert suite.run("--ks-release=v0.29.0").record["release"] == "0.29.0"


def test_a_folder_in_use_is_refused(suite: Suite) -> None:
    suite.tests(ONE)
    folder = suite.path / "run"
    folder.mkdir()
    (folder / "platform.lock").touch()
    with (folder / "run.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = suite.run()
    assert ran.status == 4
    assert "another run is using it" in ran.output
    assert ran.events == [], "the other run's platform was touched"
    assert suite.run().status == 0


def test_what_an_earlier_run_left_in_the_folder_is_not_believed(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests(ONE)
    monkeypatch.setenv("FAKE_UP", "broken")
    assert suite.run().status == 10
    monkeypatch.delenv("FAKE_UP")
    assert suite.run().status == 0


@pytest.mark.parametrize("looks", ["--collect-only", "--setup-plan"])
def test_who_only_looks_leaves_a_kept_platform_up(suite: Suite, looks: str) -> None:
    suite.tests(ONE)
    kept = suite.run("--ks-keep")
    try:
        assert kept.child_lives()
        assert "down" not in suite.run(looks).events
        assert kept.child_lives()
    finally:
        kept.end_child()


def test_a_run_that_is_killed_does_not_show_the_record_of_an_earlier_one(suite: Suite) -> None:
    suite.tests(ONE)
    assert suite.run().record["complete"] is True
    report = suite.path / "run" / "report"
    assert suite.run("--collect-only").record["complete"] is True
    suite.tests("def test_it(wds):\n    os.kill(os.getpid(), 9)")
    killed = suite.run()
    killed.end_child()
    assert not (report / "run.json").exists()
    assert json.loads((report / "run.previous.json").read_text())["complete"] is True
    assert (report / "conformance.previous.yaml").is_file()


def test_the_default_folders(suite: Suite) -> None:
    suite.tests(ONE)
    suite.pytester.runpytest_subprocess("--ks-platform=fake")
    (record,) = Path(suite.path).glob("run/*/report/run.json")
    assert record.parent.parent.name.endswith(tuple("0123456789"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(suite: Suite) -> None:
    suite.tests(ONE)
    (suite.path / "locked").mkdir(mode=0o500)
    assert "is not writable" in suite.run("--ks-cache-dir=locked/x").output
