"""The page of the published reports, in Markdown: what each found, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from kubestellar_conformance.reporting.conformance.model import ConformanceReport, Profile
from kubestellar_conformance.reporting.conformance.verify import why_partial
from kubestellar_conformance.reporting.coverage import COLUMNS
from kubestellar_conformance.reporting.markdown import cell, paragraph, table
from kubestellar_conformance.reporting.model.run import Counts
from kubestellar_conformance.reporting.publishing.again import commands
from kubestellar_conformance.reporting.publishing.published import Published

_ABOUT = (
    "Written by `make publish`, which adds the report of a run, and by `make docs`. Each file is a "
    "ConformanceReport: `ks-conformance verify FILE` says whether it is whole and unaltered, and "
    "[docs/reports.md](../docs/reports.md) explains its keys. A report named `*.partial.yaml` "
    "judges only a part of the suite, and never passes for a whole one."
)

_LACKS = re.compile(r"^platform \S+ lacks the capability ([^:]+?)(:|$)")
"""What each reason begins with, below a heading that names the platform."""


def reports_page(found: Sequence[Published]) -> str:
    """The text of the page."""
    return "\n".join(_page(found)) + "\n"


def _page(found: Sequence[Published]) -> Iterator[str]:
    yield "# Published conformance reports"
    yield ""
    yield from paragraph(_ABOUT)
    yield ""
    if not found:
        yield "No report is published yet."
        return
    yield from table(
        ("release", "platform", "date", "judges", "promises", *COLUMNS),
        (_row(one) for one in found),
        numbers=len(COLUMNS) + 1,
    )
    for one in found:
        yield from _section(one)


def _row(one: Published) -> list[str]:
    counts = _sum(level for each in one.report.profiles for level in (each.core, each.extended))
    whole = "**a part of the suite**" if one.partial else "the whole suite"
    link = f"[{one.platform}]({one.name})"
    return [one.release, link, _date(one.report), whole, *_numbers(counts)]


def _section(one: Published) -> Iterator[str]:
    report = one.report
    yield from ("", f"## Release {one.release} on {one.platform}", "")
    if one.partial:
        ran = len({name.partition("[")[0] for name in report.tests.executed})
        yield f"**A partial run**: {ran} of the suite's {len(report.tests.expected)} test functions"
        yield "were executed. Why:"
        yield ""
        yield from (f"- {cell(text)}" for text in why_partial(report))
        yield ""
    yield from _facts(one)
    yield from ("", "Promises by profile:", "")
    yield from _profiles(report.profiles)
    yield from _deviations(report)
    yield from _unsupported(report)
    yield from ("", "To repeat it, in a clone of this repository:", "", "```sh")
    yield from commands(report, partial=one.partial)
    yield "```"


def _facts(one: Published) -> Iterator[str]:
    report = one.report
    yield f"- Report: [{one.name}]({one.name}), made of the run `{report.run.id}`"
    yield f"- Tests executed: {len(report.tests.executed)}; not run: {len(report.tests.not_run)}"
    yield f"- Suite: `{report.suite.digest}`"
    if (machine := report.run.machine) is not None:
        size = f"{machine.cores} cores, {round(machine.memory_mib / 1024)} GiB"
        yield f"- Machine: {size}, {machine.system}, {machine.architecture}"


def _profiles(profiles: Iterable[Profile]) -> Iterator[str]:
    rows = [
        (one.name, level, counts)
        for one in sorted(profiles, key=lambda one: one.name != "core")
        for level, counts in (("core", one.core), ("extended", one.extended))
        if counts.promises
    ]
    yield from table(
        ("profile", "level", "promises", *COLUMNS),
        ([name, level, *_numbers(counts)] for name, level, counts in rows),
        numbers=len(COLUMNS) + 1,
    )


def _deviations(report: ConformanceReport) -> Iterator[str]:
    if seen := [one for one in report.known_deviations if one.seen]:
        yield from ("", "Known deviations of the release that showed:", "")
        yield from table(
            ("deviation", "promises", "tests", "expected", "seen", "cause"),
            (
                [
                    one.id,
                    _ids(one.promises),
                    str(one.seen),
                    *map(_first, (one.expected, one.observed, one.cause)),
                ]
                for one in seen
            ),
        )
    if report.new_deviations:
        yield from ("", "New deviations:", "")
        yield from table(
            ("test", "promises", "verdict", "where"),
            (
                [f"`{one.test}`", _ids(one.promises), one.verdict, one.where]
                for one in report.new_deviations
            ),
        )


def _unsupported(report: ConformanceReport) -> Iterator[str]:
    yield ""
    if not report.not_supported:
        yield "Nothing was unsupported on this platform."
        return
    yield from ("Not supported on this platform:", "")
    yield from table(
        ("why", "promises", "tests"),
        (
            [_LACKS.sub(r"no `\1`\2", one.reason), _ids(one.promises), str(len(one.tests))]
            for one in report.not_supported
        ),
    )


def _sum(levels: Iterable[Counts]) -> Counts:
    rows = [level.model_dump(by_alias=True) for level in levels]
    return Counts.model_validate(
        {name: sum(row[name] for row in rows) for name in ("promises", *COLUMNS)}
    )


def _numbers(counts: Counts) -> list[str]:
    found = counts.model_dump(by_alias=True)
    return [str(found[name] or "-") for name in ("promises", *COLUMNS)]


def _date(report: ConformanceReport) -> str:
    return report.run.begun.partition("T")[0]


def _ids(names: Iterable[str]) -> str:
    return ", ".join(names)


def _first(text: str) -> str:
    """The first sentence; the report has them all."""
    head, dot, _ = " ".join(text.split()).partition(". ")
    return head + ("." if dot else "")
