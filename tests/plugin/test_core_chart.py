"""Who may have KubeStellar's core chart: tests that render it side by side, or one that installs
it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.fixtures import helm
from kubestellar_conformance.reporting.session_folder import SessionFolder


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A test's request, in a run whose core chart is an empty one."""
    chart = tmp_path / "module" / "core-chart"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: core-chart\n")
    (tmp_path / "run").mkdir()
    place = SessionFolder(tmp_path / "run", tmp_path / "report")
    run = SimpleNamespace(place=place, waited=0.0, settings=SimpleNamespace(run_dir=place.path))
    built = SimpleNamespace(module_dir=tmp_path / "module")
    monkeypatch.setattr(helm, "demand", lambda *_: None)
    monkeypatch.setattr(helm, "run_of", lambda _: run)
    monkeypatch.setattr(helm, "_component", lambda *_: built)
    return SimpleNamespace(config=None, run=run)


def _copy(request: Any, *, shared: bool) -> Any:
    return helm._copy_of_core_chart(request, SimpleNamespace(), shared=shared)  # type: ignore[arg-type]


def _gets_it(request: Any, *, shared: bool, within: float) -> tuple[bool, threading.Thread]:
    """Whether another test has the chart in that time, and that test."""
    got = threading.Event()

    def test() -> None:
        with _copy(request, shared=shared) as chart:
            assert (chart / "Chart.yaml").exists()
            got.set()

    thread = threading.Thread(target=test)
    thread.start()
    return got.wait(within), thread


def test_tests_that_render_it_have_it_side_by_side(request_: Any) -> None:
    with _copy(request_, shared=True):
        has_it, other = _gets_it(request_, shared=True, within=20)
        other.join()
    assert has_it


@pytest.mark.parametrize("renders", [True, False], ids=["renders", "installs"])
def test_a_test_that_installs_it_has_it_alone(request_: Any, renders: bool) -> None:
    with _copy(request_, shared=False):
        has_it, other = _gets_it(request_, shared=renders, within=0.3)
    other.join(20)
    assert not has_it
    assert not other.is_alive(), "it gets the chart in its turn"
    assert request_.run.waited > 0.2, "and the wait is not its own time"
