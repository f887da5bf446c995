"""What tests took is kept for later runs; a file that is broken or foreign is ignored."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.plugin import durations
from kubestellar_conformance.plugin.durations import past


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return SimpleNamespace(platform_name="fake", settings=SimpleNamespace(cache_dir=tmp_path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "durations" / "fake.json"
    found.parent.mkdir()
    return found


def reports(nodeid: str, seconds: float, *verdicts: str) -> list[Any]:
    """The reports of a test's phases, each of which takes so long."""
    return [
        SimpleNamespace(nodeid=nodeid, when=when, duration=seconds, ks={"verdict": verdict})
        for when, verdict in zip(("setup", "call", "teardown"), verdicts, strict=False)
    ]


def keep(run: Any, *seen: list[Any]) -> None:
    keeper = durations._Keeper(run)
    for phases in seen:
        for report in phases:
            keeper.pytest_runtest_logreport(report)
    keeper.pytest_sessionfinish()


def test_whole_tests_that_are_not_red_are_merged_into_what_is_known(run: Any, file: Path) -> None:
    file.write_text(json.dumps({"other": 7, "green": 1.0, "red": 2.0}))
    keep(
        run,
        reports("green", 1.5, "conforms", "conforms", "conforms"),
        reports("known", 1.0, "conforms", "known deviation", "conforms"),
        reports("red", 90.0, "conforms", "deviates", "conforms"),
        reports("interrupted", 1.0, "conforms", "conforms"),
        [SimpleNamespace(nodeid="no scenario", when="teardown", duration=1.0)],
    )
    assert past(run) == {"other": 7, "red": 2.0, "green": 4.5, "known": 3.0}


def test_only_so_many_are_kept_and_the_last_ones(
    run: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "MOST", 2)
    file.write_text(json.dumps({"a": 1, "b": 2}))
    keep(run, reports("a", 1.0, "conforms", "conforms", "conforms"))
    keep(run, reports("c", 2.0, "conforms", "conforms", "conforms"))
    assert past(run) == {"a": 3.0, "c": 6.0}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"a": 1, "b"', {}, id="cut off"),
        pytest.param(b"\xff\xfe", {}, id="not text"),
        pytest.param(b"[1, 2]", {}, id="not by test"),
        pytest.param(b"[" * 100_000, {}, id="deep"),
        pytest.param(b'{"a": 1}' + b" " * 5_000_000, {}, id="large"),
        pytest.param(
            b'{"a": 1, "b": "2", "c": -1, "d": NaN, "e": 1e99, "f": true, "g": {"h": 1}}',
            {"a": 1},
            id="not durations",
        ),
    ],
)
def test_a_foreign_file_is_ignored_and_replaced(
    content: bytes, expected: dict[str, float], run: Any, file: Path
) -> None:
    file.write_bytes(content)
    assert past(run) == expected
    keep(run, reports("t", 1.0, "conforms", "conforms", "conforms"))
    assert past(run) == {**expected, "t": 3.0}


def test_a_cache_folder_that_cannot_be_written_does_no_harm(run: Any, file: Path) -> None:
    file.mkdir()
    keep(run, reports("t", 1.0, "conforms", "conforms", "conforms"))
    assert past(run) == {}


def test_a_user_without_a_home_folder_can_run_tests(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError

    run.settings.cache_dir = None
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    keep(run, reports("t", 1.0, "conforms", "conforms", "conforms"))
    assert past(run) == {}
