"""The spaces of an existing installation: contexts, names and label queries, as in the
documentation's variables.

The names are those of the example-scenarios page, "Assumptions and Variables"; a third WEC and more
may be named too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from kubestellar_conformance.platforms.common.usage import shell_variables
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart, known_parts
from kubestellar_conformance.spaces.space import Role


@dataclass(frozen=True)
class Wec:
    """A WEC: the context of its API server, and the name of its ManagedCluster in the ITS."""

    context: str
    name: str


@dataclass(frozen=True)
class SpaceContext:
    """One space: its name here, its role, and the context by which it is reached."""

    name: str
    role: Role
    context: str


@dataclass(frozen=True)
class Installation:
    """``kubeconfig`` is one file or several, as in the environment variable KUBECONFIG."""

    host_context: str
    its_cp: str
    its_context: str
    wds_cp: str
    wds_context: str
    label_query_both: str
    label_query_one: str
    wecs: tuple[Wec, ...]
    kubeconfig: str

    @property
    def host(self) -> str:
        """The name of the hosting cluster's space."""
        taken = {self.its_cp, self.wds_cp, *(wec.name for wec in self.wecs)}
        return f"{self.host_context}-host" if self.host_context in taken else self.host_context

    def places(self) -> Iterator[SpaceContext]:
        """Every space. ITS and WDS have the names of their ControlPlanes, WECs those of their
        ManagedClusters.
        """
        yield SpaceContext(self.host, "host", self.host_context)
        yield SpaceContext(self.its_cp, "its", self.its_context)
        yield SpaceContext(self.wds_cp, "wds", self.wds_context)
        yield from (SpaceContext(wec.name, "wec", wec.context) for wec in self.wecs)

    def parts(self) -> dict[str, KnownPart]:
        """The parts of a documented install of these spaces, by name."""
        wecs = [wec.name for wec in self.wecs]
        return known_parts(self.host, self.its_cp, self.wds_cp, wecs)

    def variables(self) -> dict[str, str]:
        """The documentation's shell variables."""
        return shell_variables(
            host_context=self.host_context,
            its=(self.its_cp, self.its_context),
            wds=(self.wds_cp, self.wds_context),
            wecs=[(wec.name, wec.context) for wec in self.wecs],
            both=self.label_query_both,
            one=self.label_query_one,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Installation:
        known = json.loads(text)
        return cls(**{**known, "wecs": tuple(Wec(**wec) for wec in known["wecs"])})
