"""The files that commands make of a record: never the record itself, and where they can be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance import cli
from tests.support.run_records import GREEN
from tests.support.whole_records import whole, written

COMMANDS = ("conformance", "durations")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a record."""
    written(tmp_path / "run.json", whole())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _refuses(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(args) == 4
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("out", ["run.json", "./deep/../run.json", "link.json"])
def test_the_record_is_not_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str], command: str, out: str
) -> None:
    (here / "deep").mkdir()
    (here / "link.json").symlink_to("run.json")
    said = _refuses(capsys, command, "run.json", "--out", out)
    assert said.endswith("is the record that the command reads: give another file")
    assert json.loads((here / "run.json").read_text()) == whole()


def test_a_record_of_the_report_s_name_is_not_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "run.json").rename(here / "conformance.yaml")
    assert "is the record" in _refuses(capsys, "conformance", "conformance.yaml")
    assert json.loads((here / "conformance.yaml").read_text()) == whole()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("folder", "--out 'folder': is a folder: give a file"),
        ("file/out", "is not a folder"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_is_refused_in_a_line(
    here: Path, capsys: pytest.CaptureFixture[str], command: str, out: str, said: str
) -> None:
    (here / "folder").mkdir()
    (here / "file").touch()
    assert said in _refuses(capsys, command, "run.json", "--out", out)


@pytest.mark.parametrize("command", [*COMMANDS, "report"])
def test_a_record_of_a_name_that_cannot_be_is_refused_in_a_line(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert "File name too long" in _refuses(capsys, command, "x" * 300)


def test_the_files_are_written_also_where_they_were(here: Path) -> None:
    for _ in range(2):
        for command in COMMANDS:
            assert cli.main([command, "run.json", "--out", f"deep/{command}"]) == 0
    assert yaml.safe_load((here / "deep/conformance").read_text())["kind"] == "ConformanceReport"
    assert json.loads((here / "deep/durations").read_text())[GREEN] == 3.2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_is_written_into(command: str) -> None:
    reader, writer = os.pipe()
    with open(reader, encoding="utf-8") as read:
        with open(writer, "w"):
            assert cli.main([command, "run.json", "--out", f"/dev/fd/{writer}"]) == 0
        assert isinstance(yaml.safe_load(read.read()), dict)
