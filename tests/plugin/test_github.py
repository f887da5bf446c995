"""A run in a job of GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.suite import Suite

FAILS = """
    @promises("T-1")
    def test_fails(wds):
        assert 0, "50% of it"
"""


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_annotations_and_a_summary(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    suite.tests(FAILS)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ran = suite.run(*processes)
    assert ran.status == 1
    [line] = [line for line in ran.output.splitlines() if line.startswith("::error")]
    assert line.startswith("::error file=suite/test_it.py,title=deviates%3A T-1::suite/test_it.py:")
    assert "50%25 of it" in line
    text = summary.read_text()
    assert text.startswith("before\n## KubeStellar conformance: 1 of 1 tests are red\n")
    assert "### deviates: `suite/test_it.py::test_fails`" in text


def test_a_summary_that_cannot_be_written_is_a_warning(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests(FAILS.replace("assert 0", "assert 1"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))
    ran = suite.run()
    assert ran.status == 0
    assert "::warning title=No step summary::" in ran.output


def test_elsewhere_nothing_of_it(suite: Suite) -> None:
    suite.tests(FAILS)
    assert "::error" not in suite.run().output
