"""Outages of a part as ``with`` blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_platform import FakePart


@pytest.fixture
def part(tmp_path: Path) -> FakePart:
    return FakePart("wds1/transport-controller", tmp_path)


def test_a_part_is_stopped_or_paused_inside_and_runs_after(part: FakePart) -> None:
    with part.stopped():
        assert part.state == "stopped"
    assert part.state == "running"
    with part.paused():
        assert part.state == "paused"
    assert part.state == "running"


def test_a_part_has_its_own_flags_again(part: FakePart) -> None:
    with part.restarted(v="5"):
        assert part.changed
    assert not part.changed


def test_a_failure_inside_is_reported_and_not_that_the_part_does_not_start(
    part: FakePart, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError, match="the product's fault"), part.stopped():  # noqa: PT012
        monkeypatch.setenv("FAKE_START", "fails")
        raise AssertionError("the product's fault")


def test_a_part_runs_again_although_something_failed_inside(part: FakePart) -> None:
    with pytest.raises(AssertionError), part.stopped():
        raise AssertionError("the product's fault")
    assert part.state == "running"
