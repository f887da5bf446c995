"""A worker apart: in a run with many workers, one has a platform of its own and runs the tests that
need one alone there. On the platform of the others, each of them would make every worker wait.
"""

from __future__ import annotations

from typing import Final

import pytest
from xdist.workermanage import WorkerController

from kubestellar_conformance.plugin.run import run_of, worker_input

APART: Final = "apart"
"""What those tests belong to, by which all processes know that a worker goes apart."""
_WORKER: Final = "gw0"
"""The worker that does, by xdist's name for it. One that takes its place after a crash has another
name and stays with the others, where the tests that are left run alone.
"""
_WORKERS = 8
"""With fewer workers the others could not spare one."""
_TESTS = 4
"""Fewer tests are not worth the start of a second platform."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker how tests are distributed (xdist calls this in the controller)."""
    node.workerinput["ks_dist"] = node.config.getoption("dist")


def is_worth_it(config: pytest.Config, *, alone: int, others: int) -> bool:
    """Whether a worker should go apart, in a run with so many tests that need a platform alone and
    so many others. Asked in a worker.
    """
    given = worker_input(config)
    workers: int = given["workercount"]
    enough = workers >= _WORKERS and alone >= _TESTS and others >= workers
    return enough and given["ks_dist"] == "load" and run_of(config).create_platform().repeatable


def may_go(worker: str) -> bool:
    """Whether the worker of that name is the one that goes apart, if one does."""
    return worker == _WORKER


def goes(config: pytest.Config) -> bool:
    """Whether this process is the worker that goes apart."""
    run = run_of(config)
    return may_go(run.worker or "") and APART in run.folder.belonging().values()
