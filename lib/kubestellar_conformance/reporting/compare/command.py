"""``ks-conformance compare``: what one record has that another has not."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from kubestellar_conformance.errors import Unfit, UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.compare.comparison import compare as compared
from kubestellar_conformance.reporting.compare.text import lines
from kubestellar_conformance.reporting.plural import counted
from kubestellar_conformance.reporting.verdicts import EXIT_DEVIATES


def compare(args: argparse.Namespace) -> Iterator[str]:
    """Compare two records of one suite: what is newly broken, newly kept or slower in B, and what
    cannot be compared. Exits with 1 if a promise or test is newly broken.
    """
    runs = Path.cwd() / "run"
    one, other = (records.find(name, runs) for name in (args.a, args.b))
    if one == other:
        raise UserError(f"{one}: is given twice")
    found = compared(records.load(one), records.load(other))
    if args.json:
        yield json.dumps(found, indent=2, ensure_ascii=False)
    else:
        yield from lines(found)
    broken = {
        what: number
        for what in ("promise", "test")
        if (number := sum(row["change"] == "newly broken" for row in found[f"{what}s"]))
    }
    if broken:
        what = " and ".join(counted(number, name) for name, number in broken.items())
        verb = "is" if sum(broken.values()) == 1 else "are"
        raise Unfit(f"{what} {verb} newly broken", EXIT_DEVIATES)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    for name, what in (("a", "before"), ("b", "after")):
        parser.add_argument(
            name,
            metavar=f"RECORD-{name.upper()}",
            help=f"the record {what}: name or folder of a run, or the file",
        )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
