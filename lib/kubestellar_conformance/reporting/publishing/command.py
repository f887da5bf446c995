"""``ks-conformance publish``: puts the ConformanceReport of a run below ``reports``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_text
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.conformance.build import conformance_report, report_text
from kubestellar_conformance.reporting.conformance.verify import unaltered, verified
from kubestellar_conformance.reporting.marks import read_marks
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.publishing.judging import dirt
from kubestellar_conformance.reporting.publishing.page import reports_page
from kubestellar_conformance.reporting.publishing.published import PAGE, file_of, published
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.suite_digest import suite_identity

_OUT: Final = "reports"


def publish(args: argparse.Namespace) -> Iterator[str]:
    """Write the ConformanceReport of a whole run below ``reports``, and the page that lists all
    published ones with the commands that repeat them.
    """
    path = records.find(args.run, Path.cwd() / "run")
    document = records.load(path)
    suite = Suite.load(args.scenarios)
    if (why := next(dirt(document, _digests(suite)), None)) is not None:
        raise UserError(f"{path}: is not published: {why}")
    content = conformance_report(document.model_dump(mode="json"))
    short = content["whyPartial"]
    if short and not args.partial:
        raise UserError(
            f"{path}: is not published: it judges only a part of the suite: {short[0]}: run the "
            "whole suite, or give --partial"
        )
    out, partial = Path(args.out), bool(short)
    try:
        whole, part = _names(document)
    except UserError as error:
        raise UserError(f"{path}: is not published: {error}") from None
    if partial and (out / whole).exists():
        raise UserError(f"{path}: is not published: {out / whole} is of the whole suite")
    name = part if partial else whole
    published(out, but=(whole, part))  # the page lists the others, and none of them may be damaged
    text = report_text(content)
    with TemporaryDirectory() as folder:  # nothing is replaced by a report that does not verify
        trial = Path(folder) / "report.yaml"
        trial.write_text(text, encoding="utf-8")
        (unaltered if partial else verified)(trial)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    write_text(out / name, text)
    yield f"written: {out / name}"
    outdated = out / part
    if not partial and outdated.exists():
        outdated.unlink()
        yield f"removed: {outdated}"
    write_text(out / PAGE, reports_page(published(out)))
    yield f"written: {out / PAGE}"
    if partial:
        yield f"it is marked as partial: {'; '.join(short)}"


def _names(document: RunDocument) -> tuple[str, str]:
    """The names of the report, of a whole run and of a partial one."""
    release, platform = document.release, document.platform.name
    whole, part = (file_of(release, platform, partial=partial) for partial in (False, True))
    return whole, part


def _digests(suite: Suite) -> dict[str, str] | None:
    if suite.folder is None:
        return None
    marks = read_marks(suite.folder, suite.folder.parent)
    return suite_identity(suite.folder, suite.name, marks)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("run", nargs="?", metavar="RECORD", help=records.GIVEN)
    parser.add_argument(
        "--partial",
        action="store_true",
        help="publish a run of a part of the suite too, under a name that says so",
    )
    where = "the folder of all published reports (default: %(default)s)"
    parser.add_argument("--out", metavar="DIR", default=_OUT, help=where)
