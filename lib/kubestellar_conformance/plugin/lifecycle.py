"""Starts the platform once per run, shares it, and stops it whatever happens.

The platform starts before the first test and not inside one, so that no test's timeout applies to
it. The first process starts it under a file lock; the others attach to it. The owner of the run
stops it, from the run's folder alone. A worker apart (`apart.py`) starts a second one when the
first is up, and stops it when it has no test left; if that one does not start, it uses the first.
"""

from __future__ import annotations

import signal
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

import psutil
import pytest

from kubestellar_conformance.errors import QUOTED, UserError, plainly
from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.plugin import apart
from kubestellar_conformance.plugin.extent import extent_of, uses_platform
from kubestellar_conformance.plugin.limits import limit
from kubestellar_conformance.plugin.mistakes import unknown_mark
from kubestellar_conformance.plugin.parts import restore
from kubestellar_conformance.plugin.provided import build_ahead
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.session_folder import RunFailure
from kubestellar_conformance.reporting.verdicts import Verdict, of_exception
from kubestellar_conformance.signals import unbreakable

_LOCK = "platform"
_WORKERS_END = 6.0
"""Seconds that workers have to leave a start or an attach when the run is interrupted. Stopping the
platform takes the rest of 10 seconds.
"""
_WORKERS = pytest.StashKey[list[psutil.Process]]()


class CannotGoOn(Exception):
    """The platform is not available in this run; the run's folder has the reason."""


class _Gateway(Protocol):
    id: str

    def _rinfo(self) -> Any: ...


class _Node(Protocol):
    config: pytest.Config
    gateway: _Gateway


def pytest_sessionstart(session: pytest.Session) -> None:
    run, option = run_of(session.config), session.config.option
    try:
        if run.owner and option.ks_run_dir and not run.folder.claim():
            raise pytest.UsageError(f"--ks-run-dir {option.ks_run_dir!r}: another run is using it")
        if run.owner and (wrong := unknown_mark(session.config)) is not None:
            raise pytest.UsageError(wrong)
        run.begun = True
        if run.owner and not option.collectonly:
            run.folder.put_aside()
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    except OSError as error:
        why = (
            f"the run folder {run.folder.path} cannot be used ({error.strerror}): give "
            "another with --ks-run-dir"
        )
        raise pytest.UsageError(why) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: _Node) -> None:
    """Remember the process of a worker that is about to start (xdist calls this in the
    controller).
    """
    with suppress(psutil.NoSuchProcess):
        node.config.stash.setdefault(_WORKERS, []).append(psutil.Process(node.gateway._rinfo().pid))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: _Node, error: object) -> None:
    """Stop the second platform when its worker has crashed (xdist calls this in the controller)."""
    if error and apart.may_go(node.gateway.id):
        with suppress(Exception):  # the end of the run tries again, and reports it
            _end_second(run_of(node.config))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    option, run = session.config.option, run_of(session.config)
    only_looks = option.collectonly or getattr(option, "setupplan", False)
    stops_anyway = session.testsfailed and not option.continue_on_collection_errors
    if run.role == "controller" or only_looks or stops_anyway:
        return None
    if not any(map(_needs_platform, session.items)):
        return None
    if not run.settings.keep:
        run.settings = replace(run.settings, extent=extent_of(session.items))
    try:
        platform = obtain(run)
        if apart.goes(session.config):
            platform = _obtain_second(run)
    except CannotGoOn:
        session.shouldstop = "the platform did not start"
        return True
    limit(session.config, platform, session.items)
    build_ahead(run.settings, platform, session.items)
    return None


def _needs_platform(item: pytest.Item) -> bool:
    return uses_platform(item) or item.get_closest_marker("capability") is not None


def obtain(run: Run) -> Platform:
    """The platform of the run, started or attached to by the first call. Raises `CannotGoOn`."""
    if run.platform is not None:
        return run.platform
    try:
        return _obtained(run)
    except (OSError, UserError) as error:  # of the lock: its file system is full, or has none
        run.place.has_failed(_failure(run, error))
        raise CannotGoOn from error


def _obtain_second(run: Run) -> Platform:
    """The run's second platform for a worker that has the first. If it does not start, the first
    one again, where the tests that need one alone take their turns. Raises `CannotGoOn`.
    """
    leave(run)
    run.go_apart()
    try:
        return obtain(run)
    except CannotGoOn:
        run.come_back()
        return obtain(run)


def _obtained(run: Run) -> Platform:
    with run.place.locked(_LOCK):
        if run.place.failure() is not None or run.folder.is_over():
            raise CannotGoOn
        try:
            run.platform = _started(run)
        except KeyboardInterrupt:
            run.folder.set_over()  # the next holder of the lock may not know of the interrupt yet
            raise
        except Exception as error:
            run.place.has_failed(_failure(run, error))
            raise CannotGoOn from error
    return run.platform


def _started(run: Run) -> Platform:
    platform = run.create_platform()
    try:
        if run.place.started() is None:
            platform.up()
            if platform.reused:  # the run before may have been killed
                restore(platform, when="before the first test")
            run.place.has_started(run.scrubber.scrub(platform.record()))
        else:
            platform.attach()
    except BaseException:
        with unbreakable():
            platform.down()
        raise
    return platform


def _failure(run: Run, error: Exception) -> RunFailure:
    message = run.scrubber.text(plainly(error))
    if isinstance(error, UserError):
        return RunFailure("usage", _as_written(message))
    if isinstance(error, OSError) and error.filename is not None:
        return RunFailure("broken", message)
    if of_exception(error, "setup") is Verdict.DEVIATES:
        return RunFailure("deviates", message)
    kind = "" if type(error).__module__.endswith("errors") else f"{type(error).__name__}: "
    return RunFailure(
        "broken", kind + message, run.scrubber.text("".join(traceback.format_exception(error)))
    )


def _as_written(message: str) -> str:
    """One line, and below it the lines that a compiler wrote, if any, indented."""
    said, *quoted = message.split(QUOTED)
    return QUOTED.join([" ".join(said.split()), *map(str.rstrip, quoted)])


def leave(run: Run) -> None:
    """Close the connections of this process. The run's platform stays up; the second one goes,
    unless the run is over: its owner stops both then. It also reports what cannot be stopped here.
    """
    platform, run.platform = run.platform, None
    if platform is None:
        return
    platform.detach()
    if run.apart:
        with run.place.locked(_LOCK), unbreakable(), suppress(Exception):
            if not run.folder.is_over():
                platform.down()


def end(config: pytest.Config) -> str | None:
    """Stop the platform that any process of this run started, or leave it up and return how to use
    it.

    An interrupted run leaves nothing up. Raises any error of the stop.
    """
    run = run_of(config)
    workers = config.stash.get(_WORKERS, [])
    if workers:
        run.folder.set_over()  # also for those that have not asked for a platform yet
        if run.interrupted:
            _send(workers, signal.SIGTERM)
            if not _free(run):
                _send(workers, signal.SIGKILL)
    try:
        _end_second(run)
    finally:
        usage = _end_platform(run)
    return usage


def _end_second(run: Run) -> None:
    if run.folder.apart.used(_LOCK):
        with unbreakable():
            run.create_second_platform().down()


def _free(run: Run) -> bool:
    """Whether no worker starts or stops a platform any more, soon enough."""
    until = time.monotonic() + _WORKERS_END
    return all(
        place.free_within(_LOCK, until - time.monotonic())
        for place in (run.folder, run.folder.apart)
        if place.used(_LOCK)
    )


def _end_platform(run: Run) -> str | None:
    if not run.folder.used(_LOCK):
        return None  # no process asked for a platform
    platform = run.platform or run.create_platform()
    if run.settings.keep and not run.interrupted and run.folder.started() is not None:
        usage = platform.usage()
        platform.keep()
        leave(run)
        return usage
    with unbreakable():
        try:
            leave(run)
        finally:
            platform.down()
    return None


def _send(workers: list[psutil.Process], number: signal.Signals) -> None:
    for worker in workers:
        with suppress(psutil.NoSuchProcess):  # it has exited, and another process may have its pid
            worker.send_signal(number)
