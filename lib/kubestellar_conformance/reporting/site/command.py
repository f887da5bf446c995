"""``ks-conformance report``: the site of a run, or of several runs, from their records."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from kubestellar_conformance import paths
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.site.build import site_of, write
from kubestellar_conformance.reporting.suite import Suite

_OUT: Final = "reports/site"


def report(args: argparse.Namespace) -> Iterator[str]:
    """Write the static site of a run, or of several runs side by side, from their records."""
    runs = Path.cwd() / "run"
    found = [records.find(name, runs) for name in args.records or [None]]
    if twice := [path for path in found if found.count(path) > 1]:
        raise UserError(f"{twice[0]}: is given twice")
    site = site_of(found, Suite.load(args.scenarios))
    count = write(site, "html", args.out)
    yield f"written: {args.out / 'index.html'} and {count - 1} more pages"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add(
        "records",
        nargs="*",
        metavar="RECORD",
        help="name or folder of a run, or its record, also one copied from another machine with "
        "the folder 'evidence' beside it (default: the last run)",
    )
    add(
        "--out",
        type=_folder("--out"),
        default=Path.cwd() / _OUT,
        metavar="DIR",
        help=f"the site's folder (default: {_OUT})",
    )


def _folder(option: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        what = f"{option} {text!r}"
        return paths.writable_folder(paths.given(text, Path.cwd(), what), what)

    return read
