"""The pages of tests: documented scenarios, failures, and the lists of both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.model import Site, SitePage
from kubestellar_conformance.reporting.site.record import SeenDeviation
from kubestellar_conformance.reporting.site.story import Story, story, with_names

Scenario = tuple[str, str, str, list[Story]]
"""A documented scenario: its file in the suite, its name, its goal, and its tests."""
_KINDS = {
    "deviates": ("New deviations", "The product breaks a promise, and no list has it yet."),
    "fixed deviation": (
        "Known deviations that no longer show",
        "The list of known deviations expects them to fail, and they hold.",
    ),
    "broken": (
        "Broken tests",
        "The harness or the machine failed: nothing is said about the product.",
    ),
    "known deviation": (
        "Known deviations",
        "The release is known to break these promises; each entry has the tests that show it.",
    ),
}
"""By verdict, in the order of the page: a heading, and what its tests have in common."""


Group = tuple[SeenDeviation | None, tuple[Story, ...]]
"""A known deviation and the tests that are about it; None and all tests of another verdict."""


@dataclass(frozen=True)
class Failed:
    """Tests of one verdict. ``areas``: their groups by area; one area without a name unless they
    are about known deviations.
    """

    verdict: str
    heading: str
    meaning: str
    number: int
    areas: tuple[tuple[str, tuple[Group, ...]], ...]


def story_pages(site: Site) -> Iterator[SitePage]:
    """The pages of all runs' tests that have one, and the two lists."""
    scenarios, failures = [], []
    for column in site.columns:
        found = list(_scenarios(site, column))
        failed = [
            story(column, result, site.texts)
            for result in column.run.results
            if addresses.fails(result)
        ]
        scenarios.append((column, found))
        failures.append((column, list(_by_verdict(column, failed))))
        for module, name, goal, stories in found:
            values = {"column": column, "stories": stories, "goal": goal}
            yield SitePage(addresses.scenario(column, module), "scenario", name, values, stories)
        for one in failed:
            address = addresses.failure(column, one.result.nodeid)
            yield SitePage(address, "failure", one.title, {"column": column, "story": one}, [one])
    yield SitePage(addresses.SCENARIOS, "scenarios", "Scenarios", {"groups": scenarios})
    yield SitePage(addresses.FAILURES, "failures", "Failures", {"groups": failures})


def _scenarios(site: Site, column: Column) -> Iterator[Scenario]:
    found: dict[str, list[Story]] = {}
    for result in column.run.results:
        if addresses.is_documented(result.nodeid) and result.verdict != "not run":
            module = addresses.module_of(result.nodeid)
            found.setdefault(module, []).append(story(column, result, site.texts))
    for module, stories in found.items():
        stories.sort(key=lambda one: site.texts.place(one.result.nodeid))
        yield module, _name(module), site.texts.doc(module), stories


def _by_verdict(column: Column, stories: Sequence[Story]) -> Iterator[Failed]:
    for verdict in dict.fromkeys([*_KINDS, *(one.result.verdict for one in stories)]):
        found = [one for one in stories if one.result.verdict == verdict]
        areas: dict[str, list[Group]] = {}
        for known, group in _by_deviation(found):
            areas.setdefault(column.area_of(known) if known else "", []).append((known, group))
        heading, meaning = _KINDS.get(verdict, (verdict.capitalize(), ""))
        if found:
            ordered = tuple((area, tuple(areas[area])) for area in sorted(areas))
            yield Failed(verdict, heading, meaning, len(found), ordered)


def _by_deviation(stories: Sequence[Story]) -> Iterator[Group]:
    groups: dict[str, list[Story]] = {}
    for one in stories:
        groups.setdefault(one.known.id if one.known else "", []).append(one)
    for name in sorted(groups, key=by_number):
        yield groups[name][0].known, tuple(groups[name])


def by_number(name: str) -> list[tuple[int, str]]:
    """Sorts BIND-2 before BIND-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _name(module: str) -> str:
    """``Scenario 4: singleton status`` for ``.../test_scenario_4_singleton_status.py``."""
    words = module.rpartition("/")[2].removeprefix("test_").removesuffix(".py").split("_")
    name = " ".join(words[:2]).capitalize()
    return f"{name}: {with_names(' '.join(words[2:]))}" if words[2:] else name
