"""Ends a run on an existing installation, at once or later by hand, and leaves nothing of it
there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubestellar_conformance.errors import Broken, Deviation, HarnessError
from kubestellar_conformance.platforms.existing.access import open_spaces
from kubestellar_conformance.platforms.existing.discovery import Found
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.leftovers import left, remove
from kubestellar_conformance.platforms.workloads.before import altered_parts
from kubestellar_conformance.platforms.workloads.parts import Part
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import Contracts, Waiting

END_SECONDS = 5.0
"""Seconds for which the end of a run waits until the removed objects are gone; a clean-up by hand
has the usual contract.
"""


def credentials(run_dir: Path) -> Path:
    """The folder of a run's kubeconfigs."""
    return run_dir / "credentials"


@contextmanager
def opened(
    installation: Installation, folder: Path, terms: Contracts | None = None
) -> Iterator[System]:
    """The installation's system, with the kubeconfigs in ``folder``, which are removed at the
    end.
    """
    try:
        made = terms or Contracts()
        system = System(
            open_spaces(installation, folder), waits=lambda system: Waiting(system, made)
        )
        try:
            yield system
        finally:
            system.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end(installation: Installation, run: str, run_dir: Path) -> None:
    """End a run. `Broken`, with the remedy, if objects of it may remain."""
    folder = credentials(run_dir)
    if not folder.is_dir():
        return  # it never started, or has ended already
    terms = Contracts()
    terms.change("withdrawal", END_SECONDS)
    try:
        with opened(installation, folder, terms) as system:
            start_stopped(installation, system, run_dir)
            if left(list(system.spaces), run):
                list(remove(system, run))
    except (HarnessError, Deviation) as problem:
        first = str(problem).partition("\n")[0]
        then = f"when that is over, run: ks-conformance cleanup {run} --ks-run-dir {run_dir}"
        raise Broken(f"{first} -- {then}") from None


def start_stopped(installation: Installation, system: System, run_dir: Path) -> list[str]:
    """Restore arguments and replicas of the parts that the run has changed, and return their names.
    Does not wait.
    """
    known = installation.parts()
    names = altered_parts(run_dir)
    for name in names:
        part = Part(known[name], system[known[name].space], run_dir, None)
        part.put_arguments_back()
        part.start_again()
    return names


def clean(
    installation: Installation, run: str, run_dir: Path, folder: Path
) -> tuple[list[str], list[Found]]:
    """Clean up by hand. Returns the parts that were started again, and the objects that were
    removed.
    """
    with opened(installation, folder) as system:
        started = start_stopped(installation, system, run_dir)
        return started, list(remove(system, run))
