"""The findings of a preflight, as a table for people and as facts for the run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kubestellar_conformance.errors import UserError


@dataclass(frozen=True)
class Finding:
    """The finding on one thing in one space.

    ``do`` is the remedy; it is empty if all is in order. ``seen`` is False for a thing that cannot
    be looked at from here and need not be.
    """

    space: str
    what: str
    found: str
    do: str = ""
    seen: bool = True

    @property
    def mark(self) -> str:
        return "MISSING" if self.do else "ok" if self.seen else "-"

    @property
    def problem(self) -> str:
        return f"{self.space}: {self.what}: {self.found}; {self.do}"


@dataclass
class Report:
    """All findings, and the facts of the installation that the run needs."""

    findings: list[Finding] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """Kubernetes' version by space."""
    components: dict[str, str] = field(default_factory=dict)
    """Versions of the visible parts, from their images, by ``<space>/<part>``."""
    selectors: dict[str, dict[str, str]] = field(default_factory=dict)
    """By WEC: labels that only its ManagedCluster has."""

    def add(self, findings: Iterable[Finding]) -> None:
        self.findings += findings

    @property
    def problems(self) -> list[str]:
        """One line per problem that has to be fixed."""
        return [finding.problem for finding in self.findings if finding.do]

    def demand_green(self) -> None:
        """Raise `UserError` with all problems, if any."""
        if self.problems:
            raise UserError(f"the existing installation is not ready: {' | '.join(self.problems)}")

    def text(self) -> str:
        """The table, and below it each problem with its remedy."""
        spaces = max(len(finding.space) for finding in self.findings)
        whats = max(len(finding.what) for finding in self.findings)
        lines = [
            f"{one.mark:7}  {one.space:{spaces}}  {one.what:{whats}}  {one.found}"
            for one in self.findings
        ]
        return "\n".join([*lines, *([""] if self.problems else []), *self.problems])

    def to_dict(self) -> dict[str, Any]:
        return {
            "findings": [vars(finding) for finding in self.findings],
            "versions": self.versions,
            "components": self.components,
            "selectors": self.selectors,
        }
