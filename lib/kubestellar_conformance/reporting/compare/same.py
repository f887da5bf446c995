"""Whether two records can be compared, and which figures of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.model.run import RunDocument

_WHAT: Final = {"promises": "catalogues", "scenarios": "scenarios"}
_UNKNOWN: Final = "suite: a record, cut off or of an earlier version, does not say which one"


def demand_one_suite(*documents: RunDocument) -> None:
    """`UserError` if the records are of different suites, with the part that differs. Lists of
    known deviations may differ: they change no test.
    """
    suites = [document.suite for document in documents if document.suite is not None]
    for part, words in _WHAT.items():
        digests = sorted({getattr(suite, part) for suite in suites})
        if len(digests) > 1:
            short = " and ".join(digest[:15] for digest in digests)
            raise UserError(
                f"the records are of different suites: their {words} differ ({short}): run one "
                "version of the suite for both"
            )


def differences(one: RunDocument, other: RunDocument) -> list[str]:
    """How the things tried differ, in a line each: platform, versions, machine, time factor."""
    return [*_differences(one, other)]


def _differences(one: RunDocument, other: RunDocument) -> Iterator[str]:
    if one.suite is None or other.suite is None:
        yield _UNKNOWN
    elif one.suite.known_deviations != other.suite.known_deviations:
        yield "known deviations: the lists differ"
    yield from _differ("machine", _machine(one), _machine(other))
    yield from _differ("time factor", factor(one), factor(other))
    yield from tried_differently(one, other)


def tried_differently(one: RunDocument, other: RunDocument) -> Iterator[str]:
    """How the KubeStellar tried or its platform differ, in a line each."""
    yield from _differ("release", one.release, other.release)
    yield from _differ("platform", one.platform.name, other.platform.name)
    yield from _differ(
        "status reporter", one.platform.status_reporter, other.platform.status_reporter
    )
    mine, theirs = _components(one), _components(other)
    if not (mine and theirs):
        return
    for name in sorted(mine.keys() | theirs.keys()):
        yield from _differ(name, mine.get(name, "absent"), theirs.get(name, "absent"))


def _differ(what: str, one: object, other: object) -> Iterator[str]:
    if one != other and one and other:  # a record that is cut off may lack it
        yield f"{what}: {one} and {other}"


def _components(document: RunDocument) -> dict[str, str]:
    return {
        part.name: f"{part.version or 'absent'} {_build(part.source, part.digest)}".strip()
        for part in document.platform.components
    }


def _build(source: str | None, digest: str | None) -> str:
    """A release is its version; any other build is known by its digest alone."""
    return "" if source in (None, "release") else f"({source} {(digest or '')[:19]})"


def _machine(document: RunDocument) -> str:
    machine = document.machine
    if machine is None:
        return "unknown"
    # The memory that a machine reports varies by a few MiB from boot to boot.
    return f"{machine.cores} cores, {round(machine.memory_mib / 1024)} GiB, {machine.architecture}"


def factor(document: RunDocument) -> float:
    """By which the run multiplied every time contract (``--ks-slow``)."""
    return document.contracts[0].factor if document.contracts else 1.0


def why_no_speed(one: RunDocument, other: RunDocument) -> str | None:
    """Why hops and waits of the two cannot be compared; None if they can."""
    if one.platform.name != other.platform.name:
        names = (document.platform.name or "unknown" for document in (one, other))
        return f"other platform: {' and '.join(names)}"
    if _machine(one) != _machine(other):
        return f"other machine: {_machine(one)} and {_machine(other)}"
    return None
