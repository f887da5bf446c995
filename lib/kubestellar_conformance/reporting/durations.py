"""How long the tests of a run took, in the form in which pytest-split reads it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kubestellar_conformance.reporting import outputs, records
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.verdicts import Verdict

_OUT: Final = ".ci/action/durations.json"
_SAID_NOTHING: Final = (Verdict.NOT_RUN, Verdict.NOT_SUPPORTED)


def durations(args: argparse.Namespace) -> Iterator[str]:
    """Write the seconds of each test of a run into a file, by which pytest-split makes parts of
    about the same length.
    """
    path = records.find(args.run, Path.cwd() / "run")
    out = Path(args.out)
    outputs.demand_other(out, path)
    found = seconds(records.load(path))
    outputs.write(out, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    yield f"written: {args.out}: {len(found)} tests, {sum(found.values()):.0f} s"


def seconds(document: RunDocument) -> dict[str, float]:
    """By test, its seconds without waits for its turn. A red test took the time of a failure, so it
    is left out, as is one that did not run.
    """
    return {
        test.nodeid: round(test.seconds, 1)
        for test in document.tests
        if not test.verdict.red and test.verdict not in _SAID_NOTHING
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run", nargs="?", metavar="RECORD", help=records.GIVEN)
    parser.add_argument(
        "--out", metavar="FILE", default=_OUT, help="the file (default: %(default)s)"
    )
