"""A run split into several: what each part says of the tests that it leaves out, and that all parts
together are the whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kubestellar_conformance import cli
from tests.support.suite import Ran, Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
FIRST = """
    @promises("T-1")
    @pytest.mark.parametrize("row", ["a", "b"])
    def test_rows(wds, row):
        pass

    @promises("T-2")
    def test_one(wds):
        pass
"""
SECOND = """
    @promises("T-3")
    def test_other(wds):
        pass
"""
HALVES = """

def pytest_collection_modifyitems(config, items):
    # As a plugin that splits a run does.
    half = os.environ.get("HALF")
    if half:
        out = [item for number, item in enumerate(items) if number % 2 != int(half)]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)
"""


def prepared(suite: Suite) -> None:
    suite.tests(FIRST, "suite/test_first.py")
    suite.tests(SECOND, "suite/test_second.py")


def kept(suite: Suite, ran: Ran, name: str) -> str:
    """The report of a run, kept from the next one."""
    return str(shutil.copytree(ran.folder / "report", suite.path / name))


def merge(suite: Suite, *parts: str) -> int:
    return cli.main(["merge", *parts, "--out", str(suite.path / "merged")])


def report(suite: Suite) -> str:
    return str(suite.path / "merged" / "conformance.yaml")


@BOTH
def test_parts_by_file_are_a_whole(suite: Suite, processes: tuple[str, ...]) -> None:
    prepared(suite)
    one = suite.run("suite/test_first.py", *processes)
    assert one.record["selection"]["functions"] == [
        "suite/test_first.py::test_one",
        "suite/test_first.py::test_rows",
    ]
    parts = [kept(suite, one, "one")]
    parts.append(kept(suite, suite.run("suite/test_second.py", *processes), "two"))
    assert cli.main(["verify", f"{parts[0]}/conformance.yaml"]) == 13
    assert merge(suite, *parts) == 0
    assert cli.main(["verify", report(suite)]) == 0


@BOTH
def test_parts_that_a_plugin_deselects_are_a_whole(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    prepared(suite)
    conftest = suite.path / "conftest.py"
    conftest.write_text(f"import os\n{conftest.read_text()}{HALVES}")
    parts = []
    for half in ("0", "1"):
        monkeypatch.setenv("HALF", half)
        ran = suite.run(*processes)
        assert len(ran.record["selection"]["deselected_tests"]) == 2
        parts.append(kept(suite, ran, half))
    assert merge(suite, *parts) == 0
    assert cli.main(["verify", report(suite)]) == 0


def test_a_row_that_nobody_ran_shows(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    prepared(suite)
    rest = kept(suite, suite.run("-k", "test_one or test_other"), "rest")
    row = suite.run("suite/test_first.py::test_rows[a]")
    assert row.record["selection"]["functions"] == []
    assert merge(suite, rest, kept(suite, row, "row")) == 13
    told = capsys.readouterr().err
    assert "did not run in any part: suite/test_first.py::test_rows[b]" in told


def test_a_function_of_which_only_a_row_was_collected_may_have_more(
    suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(suite)
    row = kept(suite, suite.run("suite/test_first.py::test_rows[a]"), "row")
    files = ("suite/test_first.py::test_one", "suite/test_second.py")
    rest = kept(suite, suite.run(*files), "rest")
    assert merge(suite, rest, row) == 13
    told = capsys.readouterr().err
    assert "rows may be missing of: suite/test_first.py::test_rows" in told
    assert Path(report(suite)).is_file()
