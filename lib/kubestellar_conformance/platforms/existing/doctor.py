"""The preflight: which parts exist, in which version, which are missing, and how to get them. It
only reads.

All spaces are read side by side. A part that the harness needs and does not find is a problem. A
part that merely cannot be seen from here (controllers that run elsewhere) is reported, but is not a
problem.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kubestellar_conformance.platforms.existing import doctor_its, doctor_rest
from kubestellar_conformance.platforms.existing.findings import Finding, Report
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.spaces.client import Refused, Unreachable
from kubestellar_conformance.spaces.discovery import Timeout
from kubestellar_conformance.spaces.refs import NAMESPACE, Ref, uid
from kubestellar_conformance.spaces.space import Space

FIRST_LOOK: Timeout = (3.0, 10.0)
_ROLES = {"host": "hosting cluster", "its": "ITS", "wds": "WDS", "wec": "WEC"}


@dataclass(frozen=True)
class _Look:
    """A first look at a space: its version, and the identity of its cluster."""

    space: Space
    finding: Finding
    version: str = ""
    identity: str = ""


def examine(installation: Installation, spaces: Sequence[Space]) -> Report:
    """Examine everything. Raises nothing for a problem: problems are in the report."""
    report = Report()
    with ThreadPoolExecutor(len(spaces)) as pool:
        looks = list(pool.map(_first_look, spaces))
        report.add(look.finding for look in looks)
        report.versions = {look.space.name: look.version for look in looks if look.version}
        report.add(_one_cluster(looks))
        reached = [look.space for look in looks if look.version]
        for findings in pool.map(
            lambda space: list(_guarded(space, installation, report)), reached
        ):
            report.add(findings)
    return report


def _first_look(space: Space) -> _Look:
    what = f"{_ROLES[space.role]}, context {space.context}"
    try:
        answer = space.client.request(
            "get", "/version", doing="asking its version", timeout=FIRST_LOOK
        )
    except (Unreachable, Refused) as problem:
        cause = (
            problem.cause
            if isinstance(problem, Unreachable)
            else f"{problem.status} {problem.reason}"
        )
        do = (
            f"start it or correct the context (kubectl --context {space.context} get --raw "
            "/version has to answer)"
        )
        return _Look(
            space, Finding(space.name, what, f"unreachable at {space.client.server}: {cause}", do)
        )
    version = str(answer.get("gitVersion", "?"))
    try:
        identity = uid(space.get(Ref(NAMESPACE, "", "kube-system")) or {})
    except (Unreachable, Refused):
        identity = ""  # a user who may not read it gets no identity
    return _Look(
        space, Finding(space.name, what, f"reachable, Kubernetes {version}"), version, identity
    )


def _one_cluster(looks: Sequence[_Look]) -> Iterator[Finding]:
    """Contexts that point to the same cluster: right for an ITS or a WDS that is the hosting
    cluster, else a mistake.
    """
    by_cluster: dict[str, list[Space]] = defaultdict(list)
    for look in looks:
        if look.identity:
            by_cluster[look.identity].append(look.space)
    for identity, spaces in by_cluster.items():
        roles = {space.role for space in spaces}
        if len(spaces) == 1 or ("host" in roles and "wec" not in roles):
            continue
        contexts = ", ".join(
            f"{space.context} ({_ROLES[space.role]} {space.name})" for space in spaces
        )
        yield Finding(
            spaces[-1].name,
            "a cluster of its own",
            f"these contexts point to one cluster (kube-system has UID {identity}): {contexts}",
            "give each the context of its own cluster; only ITS and WDS may be the hosting cluster",
        )


def wrong_release(report: Report, expected: str) -> Iterator[Finding]:
    """A problem if KubeStellar, by its images, is not the release whose known deviations are
    expected.
    """
    for part, version in report.components.items():
        space, _, name = part.partition("/")
        seen = re.fullmatch(r"v?(\d+\.\d+\.\d+(-.+)?)", version)
        if (
            name == "kubestellar-controller-manager"
            and seen
            and seen[1] != expected.removeprefix("v")
        ):
            found = f"{name} is {version}, but the known deviations of {expected} are expected"
            do = (
                f"give --ks-release {seen[1]} if a list of its known deviations exists, "
                f"or --ks-release {expected} to compare with that release all the same"
            )
            yield Finding(space, "release", found, do)


_Check = Callable[[Space, Installation, Report], Iterator[Finding]]
_CHECKS: Mapping[str, _Check] = {
    "host": doctor_rest.host,
    "its": doctor_its.its,
    "wds": doctor_rest.wds,
    "wec": doctor_rest.wec,
}


def _guarded(space: Space, installation: Installation, report: Report) -> Iterator[Finding]:
    try:
        yield from _CHECKS[space.role](space, installation, report)
    except Unreachable as problem:
        yield Finding(
            space.name,
            "answers",
            problem.cause,
            "see that its API server is healthy, and ask again",
        )
    except Refused as problem:
        do = (
            f"use a context whose user may do that (kubectl --context {space.context} auth "
            "can-i --list)"
        )
        yield Finding(space.name, "permissions", problem.detail or str(problem), do)
