"""Paths that a user gives and that cannot be: one line each, that names what was given; never a
traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance import cli
from kubestellar_conformance.components.sources import parse_override
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig
from kubestellar_conformance.platforms.existing.settings import resolve
from tests.support.existing import kubeconfig
from tests.support.suite import Suite

COMPLETE = {
    "host_context": "a",
    "its_context": "b",
    "wds_context": "c",
    "wec": ["d", "e"],
    "label_query_both": "x=y",
    "label_query_one": "x=z",
}
LONG = "x" * 300
NOBODY = "~no-such-user-here/x"


@pytest.mark.parametrize("path", [NOBODY, LONG, f"{LONG}/x"])
@pytest.mark.parametrize(
    "read",
    [
        lambda path: parse_override(f"kubestellar={path}"),
        lambda path: Kubeconfig.read(path),
        lambda path: resolve({"existing": path}, Path("/"), {}),
        lambda path: resolve({**COMPLETE, "kubeconfig": path}, Path("/"), {}),
        lambda path: resolve(COMPLETE, Path("/"), {"KUBECONFIG": path}),
    ],
    ids=["component", "kubeconfig", "existing", "option", "environment"],
)
def test_a_path_that_cannot_be(read: Callable[[str], object], path: str) -> None:
    with pytest.raises(UserError, match=path[:18]) as raised:
        read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "option", ["--ks-run-dir", "--ks-cache-dir", "--ks-report", "--ks-component"]
)
@pytest.mark.parametrize("path", [NOBODY, LONG], ids=["no user", "too long"])
def test_an_option_with_a_path_that_cannot_be(suite: Suite, option: str, path: str) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    ran = suite.run(f"{option}={'etcd=' if option == '--ks-component' else ''}{path}")
    assert ran.status == 4
    errors = [line for line in ran.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert option in errors[0]
    assert "Traceback" not in ran.output


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_the_default_run_folder_is_checked_too(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    (suite.path / "run").write_text("")
    result = suite.pytester.runpytest_subprocess("--ks-platform=fake", *processes)
    assert result.ret == 4
    said = f"ERROR: default of --ks-run-dir, {suite.path}/run/*: {suite.path}/run is not a folder"
    result.stderr.fnmatch_lines([said])
    assert suite.pytester.runpytest_subprocess("--ks-platform=fake", "--collect-only").ret == 0


def test_a_run_folder_that_cannot_be_claimed(suite: Suite) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    (suite.path / "run" / "run.lock").mkdir(parents=True)
    ran = suite.run()
    assert ran.status == 4
    assert f"ERROR: the run folder {suite.path}/run cannot be used (Is a directory)" in ran.output
    assert "INTERNALERROR" not in ran.output


@pytest.mark.parametrize("name", [["a"], 5, None])
@pytest.mark.parametrize("kind", ["contexts", "clusters", "users"])
def test_a_name_that_is_not_text(tmp_path: Path, kind: str, name: object) -> None:
    file = kubeconfig(tmp_path / "config", "a")
    content = yaml.safe_load(file.read_text())
    content[kind].append({**content[kind][0], "name": name})
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(
        UserError, match=f"{file} is not a kubeconfig: {kind} has a name that is not text"
    ):
        Kubeconfig.read(str(file)).only("absent")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["platform"], 4, "the run's folder: {here}/run is not a folder"),
        (["platform", f"--ks-cache-dir={NOBODY}"], 4, f"--ks-cache-dir {NOBODY!r}"),
        (["cleanup", "1-2", f"--ks-run-dir={NOBODY}"], 4, f"--ks-run-dir {NOBODY!r}"),
        (["bench-startup", "--runs", "0"], 4, "argument --runs: '0' is not a positive number"),
        (
            ["bench-latency", "--runs", "many"],
            4,
            "argument --runs: 'many' is not a positive number",
        ),
        (["nonsense"], 4, "invalid choice: 'nonsense'"),
        (
            ["cleanup", "1-2", "--ks-run-dir", LONG],
            10,
            "broken: {here}/" + LONG + "/existing.json: File name too long",
        ),
    ],
)
def test_the_command_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "run").write_text("")
    assert cli.main(arguments) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    assert line.startswith("ks-conformance: ")
    assert said.format(here=tmp_path) in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_searched(tmp_path: Path) -> None:
    (tmp_path / "locked" / "x").mkdir(parents=True)
    (tmp_path / "locked").chmod(0o600)
    for path in (tmp_path / "locked" / "x", tmp_path / "locked"):
        with pytest.raises(UserError, match=r"Permission denied"):
            parse_override(f"kubestellar={path}")
    with pytest.raises(UserError, match=r"Permission denied"):
        Kubeconfig.read(str(tmp_path / "locked" / "x"))


@pytest.mark.parametrize("option", ["--ks-run-dir", "--ks-report", "--ks-cache-dir"])
def test_a_folder_whose_name_is_not_utf_8(suite: Suite, option: str) -> None:
    suite.tests("def test_it(wds):\n    pass\n")
    ran = suite.run(f"{option}={os.fsdecode(bytes(suite.path))}/{os.fsdecode(bytes([255]))}")
    assert ran.status == 4, ran.output
    assert ran.output.count("udcff is not UTF-8: use another folder") == 1
    assert "Traceback" not in ran.output
    assert ran.events == []


def test_a_suite_below_such_a_folder(suite: Suite) -> None:
    below = suite.path / os.fsdecode(b"\xffbad")
    below.mkdir()
    suite.tests("def test_it(wds):\n    pass\n")
    for name in ("pytest.ini", "conftest.py", "suite"):
        (suite.path / name).rename(below / name)
    os.chdir(below)
    done = suite.pytester.run(
        sys.executable, "-m", "pytest", "--ks-platform=fake", f"--ks-run-dir={suite.path}/run"
    )
    assert done.ret == 4
    done.stderr.fnmatch_lines(["ERROR: the root folder: the name *udcffbad is not UTF-8: *"])
    assert not (suite.path / "run").exists()
