"""A worker apart: in a run with many workers, one has a platform of its own and runs the tests that
need one alone there. On the platform of the others, each of them would make every worker wait.
"""

from __future__ import annotations

from typing import Final

import pytest
from xdist.workermanage import WorkerController

from kubestellar_conformance.plugin.run import Run, run_of, worker_input

ALONE: Final = "alone"
"""The name of the piece of those tests."""
_WORKER: Final = "gw0"
"""The worker that goes apart, by xdist's name for it. One that takes its place after a crash has
another name and stays with the others, where what is left of the piece runs alone.
"""
_WORKERS = 8
"""With fewer workers the others could not spare one."""
_TESTS = 4
"""Fewer tests are not worth the start of a second platform."""


def has_worker_apart(run: Run, workers: int) -> bool:
    """Whether one of so many workers goes apart. All processes of the run find the same once the
    tests are collected.
    """
    alone = [*run.folder.belonging().values()].count(ALONE)
    return workers >= _WORKERS and alone >= _TESTS and run.create_platform().repeatable


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker whether it is the one that may go apart (xdist calls this in the
    controller).
    """
    node.workerinput["ks_apart"] = may_go(node) and node.config.getoption("dist") == "load"


def may_go(node: WorkerController) -> bool:
    """Whether that is the worker that goes apart, if one does."""
    return bool(node.gateway.id == _WORKER)


def is_apart(config: pytest.Config) -> bool:
    """Whether this process is the worker that goes apart."""
    given = worker_input(config)
    return bool(given.get("ks_apart")) and has_worker_apart(run_of(config), given["workercount"])
