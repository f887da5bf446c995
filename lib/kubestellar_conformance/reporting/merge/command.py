"""``ks-conformance merge``: one record of several parts, for a gate on the whole."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.errors import Unfit, UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.conformance.verify import EXIT_PARTIAL
from kubestellar_conformance.reporting.github import noted
from kubestellar_conformance.reporting.merge.fitting import results
from kubestellar_conformance.reporting.merge.merging import merged
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.session_folder import RECORD, SessionFolder
from kubestellar_conformance.reporting.summary import lines

_OUT = "reports/merged"


def merge(args: argparse.Namespace) -> Iterator[str]:
    """Merge the records of the parts of one run into one record and ConformanceReport. Exits as the
    run would: 0 if all is as expected and the parts are the whole suite, 1, 10, or 13 if they are
    not the whole suite. In a job of GitHub Actions it also writes the step summary of the whole.
    """
    runs = Path.cwd() / "run"
    found = [records.find(name, runs).resolve() for name in args.records]
    for number, path in enumerate(found):
        if path in found[:number]:
            raise UserError(f"{path}: is given twice")
    out = Path(args.out)
    if paths.writable_folder(out, what := f"--out {args.out!r}") in {one.parent for one in found}:
        raise UserError(f"{what}: has one of the records: give another folder")
    parts = sorted(zip(found, map(records.load, found), strict=True), key=lambda one: one[1].begun)
    content = merged([(str(path), document) for path, document in parts])
    _copy_evidence([path for path, _ in parts], [document for _, document in parts], out)
    folder = SessionFolder(out, out)
    folder.put_aside()
    folder.write_record(content)
    yield from lines(content)
    yield f"{'record':<18} {out / RECORD}"
    yield from noted(content)
    if status := content["exit_status"]:
        raise Unfit(f"{out / RECORD}: its parts are not as expected", status)
    if not content["complete"]:
        why = "; ".join(content["selection"]["why_partial"])
        raise Unfit(f"{out / RECORD}: is not the whole suite: {why}", EXIT_PARTIAL)


def _copy_evidence(found: Sequence[Path], documents: Sequence[RunDocument], out: Path) -> None:
    """Copy the evidence of each test beside the merged record, where it was kept."""
    for test, number in results(documents).values():
        if test.evidence is None:
            continue
        folder = found[number].parent
        source = (folder / test.evidence).resolve()
        if source.is_relative_to(folder) and source.is_file():
            target = out / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    about = "a part's record: name or folder of its run, or the file"
    parser.add_argument("records", nargs="+", metavar="RECORD", help=about)
    where = "the folder of the merged record (default: %(default)s)"
    parser.add_argument("--out", metavar="DIR", default=_OUT, help=where)
