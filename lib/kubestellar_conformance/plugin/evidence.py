"""The evidence of each test, also of one that passes: collected while it runs, written by the
process that runs it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from typing import Any

import pytest

from kubestellar_conformance.files import write_json
from kubestellar_conformance.plugin.promises import own_promises
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.evidence import Evidence
from kubestellar_conformance.reporting.hops import hops
from kubestellar_conformance.story.steps import collecting

_EVIDENCE = pytest.StashKey[Evidence]()
_USE = ("contract", "allowed", "taken", "outcome")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    run = run_of(item.config)
    with collecting(run.scrubber) as evidence:
        if run.is_scenario(item.nodeid):
            item.stash[_EVIDENCE] = evidence
        return (yield)


def evidence_of(item: pytest.Item) -> Evidence | None:
    """The evidence of the test so far; None for a test of the harness itself."""
    return item.stash.get(_EVIDENCE, None)


def guilty(item: pytest.Item, error: BaseException | None) -> list[str]:
    """The promises of a step that are blamed for the error of a phase."""
    evidence = evidence_of(item)
    return [] if evidence is None or error is None else list(evidence.guilty(error))


def closed(run: Run, item: pytest.Item) -> dict[str, Any]:
    """Write the evidence of a finished test, and return the part that its report carries."""
    evidence = evidence_of(item)
    if evidence is None:
        return {}
    content = run.scrubber.scrub(evidence.to_dict())
    for step in evidence.steps:
        step.error = None  # it holds on to all that its frames hold on to
    for note in content["notes"]:
        note["promises"] = note["promises"] or list(own_promises(item))
    file = evidence_file(item.nodeid)
    waits = [{key: wait[key] for key in _USE} for wait in content["waits"]]
    told = {
        "steps": content["steps"],
        "notes": content["notes"],
        "waits": waits,
        "hops": hops(content["timeline"]),
        "shared_names": evidence.shared_names,
    }
    try:
        write_json(run.folder.report / file, {"nodeid": item.nodeid, **content})
    except OSError as error:  # a full disk, say
        folder = (run.folder.report / file).parent
        return {**told, "unwritten": f"evidence cannot be written to {folder}: {error.strerror}"}
    return {**told, "evidence": file}


def evidence_file(nodeid: str) -> str:
    """The file of a test's evidence, from the folder of the record on."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", nodeid)[-100:].strip("-")
    return f"evidence/{stem}-{hashlib.sha256(nodeid.encode()).hexdigest()[:8]}.json"
