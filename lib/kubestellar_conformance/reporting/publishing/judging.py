"""Whether the record of a run may be published, and as what: dirty ones never, partial ones only as
partial.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kubestellar_conformance.reporting.checkout import DIRTY
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.suite_digest import PARTS
from kubestellar_conformance.reporting.verdicts import EXIT_DEVIATES, EXIT_OK, Verdict

_NAMED: Final = 3
_JUDGED: Final = (EXIT_OK, EXIT_DEVIATES)
"""A new deviation is a result as well. Any other exit status is that of a run that went wrong."""


def dirt(document: RunDocument, digests: dict[str, str] | None) -> Iterator[str]:
    """Why nobody could repeat the run as it was: what it tried is not the release, or what tried it
    is not what is committed. ``digests``: those of the suite here, None for an installed harness.
    """
    if not document.platform.started:
        yield "its platform did not start"
    if document.overrides:
        yield f"tries other components than the release's: {', '.join(document.overrides)}"
    commit = document.harness.commit or ""
    if commit.endswith(DIRTY):
        yield "the harness had uncommitted changes: commit them, and run it again"
    if document.suite is None:
        yield "does not say which suite it is of"
    elif digests is not None:
        for part in PARTS:
            if getattr(document.suite, part) != digests[part]:
                what = part.replace("_", " ")
                yield f"is of another version of the suite ({what}) than the one here: run it again"
                return


def lacks(document: RunDocument, why_partial: Sequence[str]) -> list[str]:
    """Why the run judges less than the whole suite: tests that did not run, or broke."""
    found = list(why_partial)
    broken = [test.nodeid for test in document.tests if test.verdict is Verdict.BROKEN]
    if broken:
        more = ", ..." if len(broken) > _NAMED else ""
        found.append(f"{len(broken)} broken: {', '.join(broken[:_NAMED])}{more}")
    found += [f"broken outside the tests: {text}" for text in document.problems]
    if not found and document.exit_status not in _JUDGED:
        found.append(f"it ended with exit status {document.exit_status}")
    return found
