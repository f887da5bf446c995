"""The commands on the catalogue and on records, with output for people."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting import durations, records
from kubestellar_conformance.reporting.compare import command as comparison
from kubestellar_conformance.reporting.conformance import command as conformance
from kubestellar_conformance.reporting.listing import Filter, listed
from kubestellar_conformance.reporting.merge import command as merging
from kubestellar_conformance.reporting.proposals import proposals
from kubestellar_conformance.reporting.publishing import command as publishing
from kubestellar_conformance.reporting.site import command as site
from kubestellar_conformance.reporting.suite import Suite

_PRODUCT = "kubestellar-controller-manager"
_Command = Callable[[argparse.Namespace], Iterator[str]]


def promises(args: argparse.Namespace) -> Iterator[str]:
    """List promises: id, text, source, tests, and the state in the last run."""
    suite = Suite.load(args.scenarios)
    only = Filter(args.ids, args.area, args.rig, args.state)
    return listed(suite, records.last_states(Path.cwd() / "run"), only)


def known_deviations(args: argparse.Namespace) -> Iterator[str]:
    """Print an entry for each new deviation of a run, complete except for its cause."""
    suite, path = Suite.load(args.scenarios), records.find(args.run, Path.cwd() / "run")
    record = records.read(path)
    found = list(proposals(record, suite.known(record["release"]), suite=suite.name))
    yield from found or [f"# {path} has no new deviation"]


def docs(args: argparse.Namespace) -> Iterator[str]:
    """Write the pages that are generated from the catalogue and the tests: docs/promises.md,
    docs/upstream.md, docs/words.md, reports/README.md, and the coverage in the README.
    """
    # They load most of the library.
    from kubestellar_conformance.components.catalogue import load_catalogue
    from kubestellar_conformance.reporting.pages import outdated

    suite = Suite.load(args.scenarios)
    if suite.folder is None:
        raise UserError("no folder 'scenarios' here: run this in the repository")
    known = suite.known(load_catalogue()[_PRODUCT].version)
    pages = outdated(suite.folder.parent, suite, known)
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        yield f"written: {path}"
    if not pages:
        yield "all pages are up to date"


COMMANDS: dict[str, _Command] = {
    "promises": promises,
    "known-deviations": known_deviations,
    "docs": docs,
    "report": site.report,
    "compare": comparison.compare,
    "merge": merging.merge,
    "conformance": conformance.conformance,
    "verify": conformance.verify,
    "publish": publishing.publish,
    "durations": durations.durations,
}
_WITHOUT_SUITE = {
    "compare": comparison.add_options,
    "merge": merging.add_options,
    "conformance": conformance.add_conformance_options,
    "verify": conformance.add_verify_options,
    "durations": durations.add_options,
}
"""The commands that need no suite, since all that they need is in a file."""


def add_options(name: str, parser: argparse.ArgumentParser, path: Callable[[str], Path]) -> None:
    """Add the arguments of one command. ``path`` reads a path that the user gives."""
    if name in _WITHOUT_SUITE:
        _WITHOUT_SUITE[name](parser)
        return
    add = parser.add_argument
    add("--scenarios", type=path, metavar="DIR", help="the suite's folder (default: scenarios)")
    if name == "promises":
        add("ids", nargs="*", metavar="ID", help="only these; * stands for any text: 'BIND-*'")
        add("--area", help="only this area, for example binding")
        add("--rig", help="only promises whose check needs this rig, for example C")
        add(
            "--state",
            help="only promises whose last state begins with this, for example 'no check'",
        )
    if name == "report":
        site.add_options(parser)
    if name == "publish":
        publishing.add_options(parser)
    if name == "known-deviations":
        add("run", nargs="?", help=records.GIVEN)
