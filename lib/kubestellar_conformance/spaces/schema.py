"""The messages for an API server that refuses an object which it should accept, or accepts one
which it should refuse.
"""

from __future__ import annotations

from kubestellar_conformance.spaces.refs import BINDING_POLICY, Kind, Obj, Ref

INVALID = (400, 422)
"""HTTP statuses of an object that does not fit its schema: a field not known, a value not valid."""


def to_be_refused(space: str, obj: Obj, saying: str) -> str:
    """The expectation of the API server of a space."""
    wanted = f", saying /{saying}/" if saying else ""
    return f"{Ref.of(obj)} in {space}: expected to be refused as invalid{wanted}"


def whose_schema(space: str, kind: Kind | Obj) -> str:
    """The line that names the part that installs the CRD by which KubeStellar's own kinds are
    validated; empty for other kinds.
    """
    group = kind.group if isinstance(kind, Kind) else Kind.of(kind).group
    if group != BINDING_POLICY.group:
        return ""
    return (
        f"\nresponsible: {space}/kubestellar-controller-manager, which installs the kind's "
        "CustomResourceDefinition"
    )
