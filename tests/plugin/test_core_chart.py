"""Who may have KubeStellar's core chart: tests that render it side by side, or one that installs
it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.errors import UserError
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
    return SimpleNamespace(config=None, run=run, fixturenames=["core_chart"])


def _copy(request: Any, *, shared: bool) -> Any:
    return helm._copy_of_core_chart(request, SimpleNamespace(), shared=shared)  # type: ignore[arg-type]


class Other:
    """Another test, which asks for the chart from its start."""

    def __init__(self, request: Any, *, shared: bool) -> None:
        self.asks, self.has_it = threading.Event(), threading.Event()
        self._request, self._shared = request, shared
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.asks.wait(20)

    def _run(self) -> None:
        self.asks.set()
        with _copy(self._request, shared=self._shared) as chart:
            assert (chart / "Chart.yaml").exists()
            self.has_it.set()


def test_tests_that_render_it_have_it_side_by_side(request_: Any) -> None:
    with _copy(request_, shared=True):
        other = Other(request_, shared=True)
        assert other.has_it.wait(20)
    other.thread.join(20)


@pytest.mark.parametrize("renders", [True, False], ids=["renders", "installs"])
def test_a_test_that_installs_it_has_it_alone(request_: Any, renders: bool) -> None:
    with _copy(request_, shared=False):
        other = Other(request_, shared=renders)
        assert not other.has_it.wait(0.5)
    assert other.has_it.wait(20), "it gets the chart in its turn"
    other.thread.join(20)
    assert request_.run.waited > 0.1, "and the wait is not its own time"


def test_nobody_renders_and_installs_it(request_: Any) -> None:
    request_.fixturenames = ["core_chart", "core_chart_to_install"]
    with pytest.raises(UserError, match="exclude each other"), _copy(request_, shared=True):
        pass
