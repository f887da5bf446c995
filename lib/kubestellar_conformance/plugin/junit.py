"""Writes JUnit's two elements by verdict: ``failure`` for a deviation, ``error`` for a broken
check. Adds the run's platform and versions as properties of the suite.

pytest writes them by phase instead: an exception in a test's body is a failure, one in a fixture is
an error. Its writer has no hook for this, so the one method that adds these elements is wrapped, on
the writer of this run only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from _pytest.junitxml import bin_xml_escape, xml_key

from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.plugin.verdicts import facts
from kubestellar_conformance.reporting.allure_results import version
from kubestellar_conformance.reporting.verdicts import Verdict

_WORDS = {Verdict.DEVIATES: "failure", Verdict.FIXED: "failure", Verdict.BROKEN: "error"}


def pytest_sessionstart(session: pytest.Session) -> None:
    xml: Any = session.config.stash.get(xml_key, None)
    if xml is None:
        return
    opened: Callable[[Any], Any] = xml._opentestcase

    def opentestcase(report: Any) -> Any:
        case, noted = opened(report), facts(report)
        if noted is None:
            return case
        verdict = Verdict(noted["verdict"])
        if (word := _WORDS.get(verdict)) is not None:
            said = noted["message"] if verdict is Verdict.FIXED else None
            case._add_simple = _always(word, type(case)._add_simple, case, said)
        return case

    xml._opentestcase = opentestcase


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Before pytest writes the file."""
    xml: Any = session.config.stash.get(xml_key, None)
    run = run_of(session.config)
    if xml is None or not run.record.selection.collected:
        return
    xml.add_global_property("run", run.id)
    xml.add_global_property("platform", run.platform_name)
    xml.add_global_property("release", run.known.release)
    for one in (run.folder.started() or {}).get("components", ()):
        xml.add_global_property(f"component.{one['name']}", version(one))


def _always(
    word: str, add: Callable[..., None], case: Any, said: str | None
) -> Callable[..., None]:
    """Adds an element by ``add``, called ``word`` if it is one of the two. ``said``: its message,
    where pytest's would name the wrong phase.
    """

    def add_simple(tag: str, message: str, data: str | None = None) -> None:
        if tag in ("failure", "error"):
            tag, message = word, message if said is None else bin_xml_escape(said)
        add(case, tag, message, data)

    return add_simple
