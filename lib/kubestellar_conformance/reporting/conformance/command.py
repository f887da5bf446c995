"""``ks-conformance conformance`` and ``verify``: makes a ConformanceReport, and judges one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from kubestellar_conformance.reporting import outputs, records
from kubestellar_conformance.reporting.conformance.build import conformance_report, report_text
from kubestellar_conformance.reporting.conformance.verify import verified
from kubestellar_conformance.reporting.session_folder import CONFORMANCE


def conformance(args: argparse.Namespace) -> Iterator[str]:
    """Write the ConformanceReport of a run from its record, as each run does at its end."""
    path = records.find(args.run, Path.cwd() / "run")
    out = Path(args.out) if args.out else path.with_name(CONFORMANCE)
    outputs.demand_other(out, path)
    outputs.write(out, report_text(conformance_report(records.read(path))))
    yield f"written: {out}"


def verify(args: argparse.Namespace) -> Iterator[str]:
    """Say whether a ConformanceReport is whole and unaltered in form. Exits with 4 if the file is
    not one, 11 if it was altered, 12 if it contradicts itself, 13 if it is of a partial run.
    """
    report = verified(Path(args.file))
    found = report.requirements
    yield (
        f"{args.file}: whole and unaltered: KubeStellar {report.kubestellar.release} on "
        f"{report.platform.name}, {len(report.tests.executed)} tests"
    )
    yield ", ".join(f"{state} {len(names)}" for state, names in found.items())


def add_conformance_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``conformance``."""
    parser.add_argument("run", nargs="?", metavar="RECORD", help=records.GIVEN)
    where = f"the file to write (default: {CONFORMANCE} beside the record)"
    parser.add_argument("--out", metavar="FILE", help=where)


def add_verify_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``verify``."""
    parser.add_argument("file", metavar="FILE", help="the report")
