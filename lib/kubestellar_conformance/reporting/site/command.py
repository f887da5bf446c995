"""``ks-conformance report``: the site of a run, or of several runs, from their records."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kubestellar_conformance import paths
from kubestellar_conformance.errors import Unfit, UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.site.build import files, site_of
from kubestellar_conformance.reporting.site.check import differences
from kubestellar_conformance.reporting.site.folder import write
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.verdicts import EXIT_DEVIATES

_OUT: Final = "reports/site"


def report(args: argparse.Namespace) -> Iterator[str]:
    """Write the static site of a run, or of several runs side by side, from their records; or their
    Markdown pages, for a documentation's tree.
    """
    if args.check and args.markdown is None:
        raise UserError("--check compares Markdown pages: give their folder with --markdown DIR")
    if args.out and args.markdown and _overlap(args.out, args.markdown):
        raise UserError(
            f"--out {args.out} and --markdown {args.markdown}: give two folders, neither of them "
            "inside the other"
        )
    runs = Path.cwd() / "run"
    found = [records.find(name, runs) for name in args.records or [None]]
    if twice := [path for path in found if found.count(path) > 1]:
        raise UserError(f"{twice[0]}: is given twice")
    site = site_of(found, Suite.load(args.scenarios))
    if args.markdown is not None:
        pages = dict(files(site, "markdown"))
        if args.check:
            yield from _checked(args.markdown, pages)
            return
        write(pages, args.markdown)
        yield _written(args.markdown / "index.md", pages)
    if args.markdown is None or args.out is not None:
        out = args.out or Path.cwd() / _OUT
        pages = dict(files(site, "html"))
        write(pages, out)
        yield _written(out / "index.html", pages)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _written(index: Path, pages: Mapping[str, str]) -> str:
    count = sum(name.endswith(index.suffix) for name in pages)
    return f"written: {index} and {count - 1} more pages"


def _checked(folder: Path, pages: Mapping[str, str]) -> Iterator[str]:
    found = list(differences(folder, pages))
    yield from found
    if found:
        text = f"{len(found)} of the pages in {folder} are not those of this run"
        raise Unfit(text, EXIT_DEVIATES)
    yield f"{folder}: the pages are those of this run"


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
        metavar="DIR",
        help=f"the site's folder (default: {_OUT})",
    )
    add(
        "--markdown",
        type=_folder("--markdown"),
        metavar="DIR",
        help="write the same pages in Markdown into this folder; no HTML without --out",
    )
    add(
        "--check",
        action="store_true",
        help="write nothing; exit with 1, and list the pages, when those in the Markdown folder "
        "differ from this run's, but for times and other values that vary from run to run",
    )


def _folder(option: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        what = f"{option} {text!r}"
        return paths.writable_folder(paths.given(text, Path.cwd(), what), what)

    return read
