"""A run's record for GitHub Actions: the Markdown of a step summary, and annotations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kubestellar_conformance.reporting.coverage import COLUMNS
from kubestellar_conformance.reporting.markdown import table
from kubestellar_conformance.reporting.verdicts import Verdict

MOST = 10
"""GitHub shows so many annotations of a kind per step."""
_LINES = 40
"""Lines of a message in the summary; the record has them all."""
_WORDS = {Verdict.FIXED: "no longer deviates, so its known deviation has to go"}


def noted(record: Mapping[str, Any]) -> Iterator[str]:
    """In a job of GitHub Actions, by its variables: append to the step summary, and yield the lines
    to print. Elsewhere nothing.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    yield from workflow_commands(record)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(record))
        except OSError as error:
            yield f"::warning title=No step summary::{summary}: {error.strerror}"


def step_summary(record: Mapping[str, Any]) -> str:
    """The result in Markdown: whether the run is whole, counts by area, and each red test with its
    message.
    """
    return "\n".join(_summary(record)) + "\n"


def _summary(record: Mapping[str, Any]) -> Iterator[str]:
    red = _red(record)
    yield f"## KubeStellar conformance: {_headline(record, red)}"
    yield ""
    if not record["complete"]:
        yield f"**Partial run**: {_inline('; '.join(record['selection']['why_partial']))}"
        yield ""
    platform = (record["platform"] or {}).get("name") or "no platform"
    yield f"Release {record['release']} on {platform}, {record['ended']}."
    yield ""
    counted = record["coverage"]
    columns = ("promises", *COLUMNS)
    yield from table(
        ("area", *columns),
        (
            [area, *(str(counts[column] or "-") for column in columns)]
            for area, counts in [*counted["areas"].items(), ("**all areas**", counted["all"])]
        ),
        numbers=len(columns),
    )
    if failure := _failure(record):
        yield from ("", f"**The run could not continue**: {_inline(failure)}")
    for problem in record["problems"]:
        yield from ("", f"**Broken**: {_inline(problem)}")
    for test in red:
        yield from ("", f"### {_word(test)}: `{test['nodeid']}`", "")
        yield from (", ".join(test["promises"]) or "No promise", "", "```text")
        yield from str(test["message"]).replace("```", "` ` `").splitlines()[:_LINES]
        yield "```"


def _headline(record: Mapping[str, Any], red: list[Mapping[str, Any]]) -> str:
    if red:
        return f"{len(red)} of {len(record['tests'])} tests are red"
    if _failure(record):
        return "the run could not continue"
    if record["problems"]:
        return "broken outside the tests"
    if record["exit_status"]:
        return f"the run ended with exit status {record['exit_status']}"
    return "as expected" if record["complete"] else "as expected, as far as it went"


def workflow_commands(record: Mapping[str, Any]) -> Iterator[str]:
    """A workflow command for each red test, at most ten, and for a run that is partial or broken
    outside its tests, or could not continue.
    """
    if failure := _failure(record):
        yield f"::error title=the run could not continue::{_data(failure)}"
    for problem in record["problems"]:
        yield f"::error title=broken::{_data(problem)}"
    red = _red(record)
    for test in red[:MOST]:
        title = f"{_word(test)}: {', '.join(test['promises']) or 'no promise'}"
        file = test["nodeid"].partition("::")[0]
        told = f"{test['nodeid']}\n{test['message']}"
        yield f"::error file={_property(file)},title={_property(title)}::{_data(told)}"
    if len(red) > MOST:
        yield f"::error title=and more::{len(red) - MOST} more tests are red: see the step summary"
    if not record["complete"]:
        told = "; ".join(record["selection"]["why_partial"])
        yield f"::notice title=Partial run::{_data(told)}"


def _failure(record: Mapping[str, Any]) -> str:
    return str((record["failure"] or {}).get("message", ""))


def _red(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [test for test in record["tests"] if Verdict(test["verdict"]).red]


def _word(test: Mapping[str, Any]) -> str:
    verdict = Verdict(test["verdict"])
    return _WORDS.get(verdict, verdict.value)


def _inline(text: str) -> str:
    return " ".join(text.split())


def _data(text: str) -> str:
    """Escaped as the text of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
