"""The commands ``doctor`` and ``cleanup`` of ``ks-conformance``, with output for people."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.existing import end_of_run, options, settings
from kubestellar_conformance.platforms.existing.access import open_spaces, write_access
from kubestellar_conformance.platforms.existing.doctor import examine
from kubestellar_conformance.platforms.existing.findings import Report
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.leftovers import LABEL, check_id
from kubestellar_conformance.platforms.existing.runfile import RunFile


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that describe an installation."""
    for flag, details in options.OPTIONS:
        parser.add_argument(flag, **details)


def doctor(args: argparse.Namespace) -> Report:
    """Examine an existing installation: which parts it has, in which version, which are missing,
    and how to get them.
    """
    installation = _described(args)
    with _private_folder(installation) as folder:
        spaces = open_spaces(installation, folder)
        try:
            return examine(installation, spaces)
        finally:
            for space in spaces:
                space.close()


def cleanup(args: argparse.Namespace) -> Iterator[str]:
    """Remove everything that one run left in an existing installation, found by the run's label,
    and nothing else.
    """
    run = check_id(args.run)
    run_dir = args.ks_run_dir or Path.cwd() / "run" / run
    file = RunFile.read(run_dir)
    if file is not None and file.run != run:
        raise UserError(
            f"the run in {run_dir} has the id {file.run}, not {run}: nothing was removed"
        )
    if file is not None and file.goes_on:
        raise UserError(
            f"run {run} is still running (pid {file.pid}): stop it first; nothing was removed"
        )
    described = any(options.given(args).values())
    installation = _described(args) if described or file is None else file.installation
    with _private_folder(installation) as folder:
        started, removed = end_of_run.clean(installation, run, run_dir, folder)
    shutil.rmtree(end_of_run.credentials(run_dir), ignore_errors=True)
    if not (started or removed):
        spaces = ", ".join(place.name for place in installation.places())
        raise UserError(f"nothing in {spaces} carries the label {LABEL}={run}: nothing was removed")
    yield from (f"started {name} again" for name in started)
    yield from (f"removed {found}" for found in removed)


def _described(args: Any) -> Installation:
    return settings.resolve(options.given(args), Path.cwd(), os.environ)


@contextmanager
def _private_folder(installation: Installation) -> Iterator[Path]:
    """A folder with the user's access to each space, removed when the command ends. Every signal
    but SIGKILL removes it too.
    """
    with tempfile.TemporaryDirectory(prefix="ks-conformance-") as name:
        folder = Path(name) / "credentials"
        write_access(installation, folder)
        yield folder
