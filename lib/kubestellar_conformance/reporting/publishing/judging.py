"""Whether the record of a run may be published: never one that nobody could repeat."""

from __future__ import annotations

from collections.abc import Iterator

from kubestellar_conformance.reporting.checkout import DIRTY
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.suite_digest import PARTS


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
