"""Judges the phases of a test: by what they raise, and by the list of known deviations."""

from __future__ import annotations

import pytest

from kubestellar_conformance.plugin.collection import ENTRY
from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.reporting.known import KnownDeviation
from kubestellar_conformance.reporting.verdicts import Verdict, of_exception, parts, worst

_OWED = pytest.StashKey[bool]()
"""Whether the body has passed and the test's entry says that something fails each time."""


def judge(item: pytest.Item, error: BaseException | None, phase: str) -> Verdict:
    """The verdict of a phase (``setup``, ``call``, ``teardown``) that ended with this exception.

    It is a known deviation only if the list explains each deviation among the exception's parts. An
    xfail mark and its options change nothing.
    """
    if error is None:
        entry = item.stash.get(ENTRY, None)
        if phase == "call":
            item.stash.setdefault(_OWED, entry is not None and not entry.intermittent)
        return Verdict.CONFORMS
    if isinstance(error, pytest.skip.Exception):
        return Verdict.NOT_RUN
    found = [_judge(item, part, phase) for part in parts(error)]
    verdict = worst(one for one, _ in found)
    if verdict is Verdict.KNOWN:
        _note(item, [entry for _, entry in found if entry is not None])
    return verdict


def owed(item: pytest.Item) -> bool:
    """Whether the test has not shown what its entry says it shows each time, though its body was
    run. After the clean-up that is a fixed deviation; before it, it may still show.
    """
    return item.stash.get(_OWED, False)


def _judge(
    item: pytest.Item, error: BaseException, phase: str
) -> tuple[Verdict, KnownDeviation | None]:
    """The verdict on one error, and the entry that explains it."""
    verdict, text = of_exception(error, phase), str(error)
    if verdict is not Verdict.DEVIATES:
        return verdict, None
    entry = item.stash.get(ENTRY, None)
    if entry is None or not entry.explains(text):
        entry = run_of(item.config).known.anywhere(text)
    return (verdict if entry is None else Verdict.KNOWN), entry


def _note(item: pytest.Item, entries: list[KnownDeviation]) -> None:
    """Note which entries a known deviation has shown. The test's own is never hidden by one that is
    about all tests.
    """
    if item.stash.get(ENTRY, None) in entries:
        item.stash[_OWED] = False
    elif not owed(item):
        item.stash[ENTRY] = entries[0]
        item.user_properties.append(("known_deviation", entries[0].id))
