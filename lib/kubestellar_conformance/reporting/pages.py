"""Generates pages of the documentation from the catalogue and the tests' marks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.coverage import checked, coverage
from kubestellar_conformance.reporting.known import KnownDeviations
from kubestellar_conformance.reporting.markdown import LINE, address, item, table
from kubestellar_conformance.reporting.model.schemas import DOCUMENTS, schema_text
from kubestellar_conformance.reporting.promises import Promise, judge, split_source
from kubestellar_conformance.reporting.publishing.page import reports_page
from kubestellar_conformance.reporting.publishing.published import published
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.upstream_page import upstream_page
from kubestellar_conformance.reporting.words import words_page

_COLUMNS = 3
_BEGIN: Final = "<!-- coverage: written by `make docs` -->"
_END: Final = "<!-- end of coverage -->"

Page = Callable[[str, Suite, KnownDeviations], str]
"""Gives the new text of a page from its present text, which is empty for a new page."""


def catalogue_page(_now: str, suite: Suite, known: KnownDeviations) -> str:
    """docs/promises.md: each promise with its source and the tests that check it."""
    return "\n".join(_catalogue(suite, known)) + "\n"


def readme(now: str, suite: Suite, _known: KnownDeviations) -> str:
    """The README with its table of how many promises have a check."""
    before, begin, rest = now.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise UserError(f"README.md: put the lines {_BEGIN} and {_END} where the coverage goes")
    return "\n".join((before + _BEGIN, *_coverage(suite), _END + after))


def words(_now: str, suite: Suite, _known: KnownDeviations) -> str:
    """docs/words.md: the words of a story."""
    return words_page(suite)


def reports(_now: str, suite: Suite, _known: KnownDeviations) -> str:
    """reports/README.md: the published ConformanceReports."""
    return reports_page(published(suite.folder.parent / "reports") if suite.folder else [])


def upstream(_now: str, suite: Suite, known: KnownDeviations) -> str:
    """docs/upstream.md: upstream's own tests, and the tests here that check the same."""
    return upstream_page(suite, known.release)


def _schema(name: str) -> Page:
    return lambda _now, _suite, _known: schema_text(name)


PAGES: Final[dict[str, Page]] = {
    "docs/promises.md": catalogue_page,
    "docs/upstream.md": upstream,
    "docs/words.md": words,
    "README.md": readme,
    "reports/README.md": reports,
    **{f"docs/schema/{name}.json": _schema(name) for name in DOCUMENTS},
}


def outdated(root: Path, suite: Suite, known: KnownDeviations) -> dict[Path, str]:
    """The pages below ``root`` that are out of date, each with its new text."""
    found = {}
    for name, page in PAGES.items():
        path = root / name
        now = path.read_text(encoding="utf-8") if path.is_file() else ""
        if (text := page(now, suite, known)) != now:
            found[path] = text
    return found


def _coverage(suite: Suite) -> Iterator[str]:
    counted = coverage(judge(suite.promises, {}, suite.tests))
    cells = [(area, checked(counts)) for area, counts in counted["areas"].items()]
    cells.append(("**all**", f"**{checked(counted['all'])}**"))
    yield "How many of the promises have a check today, by area"
    yield "([the catalogue](docs/promises.md) has them all):"
    yield ""
    cells += [("", "")] * (-len(cells) % _COLUMNS)
    rows = (cells[first : first + _COLUMNS] for first in range(0, len(cells), _COLUMNS))
    yield from table(("area", "checked") * _COLUMNS, (list(chain(*row)) for row in rows))


def _catalogue(suite: Suite, known: KnownDeviations) -> Iterator[str]:
    counted = coverage(judge(suite.promises, {}, suite.tests))
    yield "# What KubeStellar promises, and which test checks it"
    yield ""
    yield from textwrap.wrap(
        "Written by `make docs` from the catalogue (`scenarios/promises/`, whose README explains "
        "rigs, sources and upstream's tests) and from the tests. `make promises` lists the same "
        "with the last verdicts.",
        LINE,
    )
    yield ""
    yield f"{checked(counted['all'])} promises have a check."
    declared = sum(bool(promise.needs) for promise in suite.promises.values())
    if declared:
        yield from textwrap.wrap(
            f"{declared} of the others need a capability that a platform may lack: there they "
            "count as *not supported* ([words.md](words.md) lists which platform has which).",
            LINE,
        )
    yield ""
    yield "By rig:"
    yield ""
    yield from table(
        ("rig", "checked"),
        ([f"`{rig}`", checked(counts)] for rig, counts in counted["rigs"].items()),
    )
    for area, counts in counted["areas"].items():
        yield ""
        yield f"## {area.replace('_', ' ').capitalize()}"
        yield ""
        yield f"{checked(counts)} have a check."
        yield ""
        for promise in suite.promises.values():
            if promise.area == area:
                yield from _promise(promise, suite, known)
    yield ""
    for code, page in suite.promises.sources.items():
        yield f"[{code}]: {address(page, known.release)}"


def _promise(promise: Promise, suite: Suite, known: KnownDeviations) -> Iterator[str]:
    yield from item(f"**{promise.id}** {promise.requirement}", "- ")
    upstream = "" if promise.upstream.startswith("none") else f" Upstream: {promise.upstream}."
    yield from item(f"Source: {_source(promise, suite)}. Rig `{promise.rig}`.{upstream}")
    for test in suite.tests.get(promise.id, ()):
        yield from item(f"- `{test}`")
    if promise.id not in suite.tests:
        yield from item(f"- {_no_check(promise)}")
    for entry in known:
        if promise.id in entry.promises:
            yield from item(f"- does not hold in {known.release}: {entry.id}, {entry.seen}")


def _no_check(promise: Promise) -> str:
    if not promise.needs:
        return "no check yet"
    names = " and ".join(f"`{one}`" for one in promise.needs)
    return f"not supported without {names}: {promise.reason}"


def _source(promise: Promise, suite: Suite) -> str:
    parts = []
    for part in promise.source.split("; "):
        code, rest = split_source(part)
        parts.append(f"[{code}]{rest}" if code in suite.promises.sources else part)
    return "; ".join(parts)
