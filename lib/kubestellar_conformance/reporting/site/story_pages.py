"""The pages of tests: documented scenarios, failures, and the lists of both."""

from __future__ import annotations

from collections.abc import Iterator

from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.model import Page, Site
from kubestellar_conformance.reporting.site.story import Story, story

Scenario = tuple[str, str, list[Story]]
"""A documented scenario: its file in the suite, its name, and its tests."""


def story_pages(site: Site) -> Iterator[Page]:
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
        failures.append((column, failed))
        for module, name, stories in found:
            goal = site.texts.doc(module)
            values = {"column": column, "stories": stories, "goal": goal}
            yield Page(addresses.scenario(column, module), "scenario", name, values, stories)
        for one in failed:
            address = addresses.failure(column, one.result.nodeid)
            yield Page(address, "failure", one.title, {"column": column, "story": one}, [one])
    yield Page(addresses.SCENARIOS, "scenarios", "Scenarios", {"groups": scenarios})
    yield Page(addresses.FAILURES, "failures", "Failures", {"groups": failures})


def _scenarios(site: Site, column: Column) -> Iterator[Scenario]:
    found: dict[str, list[Story]] = {}
    for result in column.run.results:
        if addresses.is_documented(result.nodeid) and result.verdict != "not run":
            module = addresses.module_of(result.nodeid)
            found.setdefault(module, []).append(story(column, result, site.texts))
    for module, stories in found.items():
        yield module, _name(module), stories


def _name(module: str) -> str:
    """``Scenario 4: singleton status`` for ``.../test_scenario_4_singleton_status.py``."""
    words = module.rpartition("/")[2].removeprefix("test_").removesuffix(".py").split("_")
    name = " ".join(words[:2]).capitalize()
    return f"{name}: {' '.join(words[2:])}" if words[2:] else name
