"""The options that describe an existing installation, the same for pytest and for
``ks-conformance``.
"""

from __future__ import annotations

from typing import Any

STOP_COMPONENTS = "stop-components"
NAME = "existing"
SENSELESS = {
    "--ks-keep": "an existing installation is never taken down, and what a run makes there "
    "is always removed",
    "--ks-component": "nothing is replaced in an existing installation; it is tested as it is",
    "--ks-no-snapshot": "an existing installation has no snapshot",
}
"""Options of other platforms, and why they make no sense here."""

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--ks-existing",
        {"metavar": "FILE", "help": "YAML file that describes an existing installation"},
    ),
    (
        "--ks-kubeconfig",
        {"metavar": "FILE", "help": "its kubeconfig (default: $KUBECONFIG, then ~/.kube/config)"},
    ),
    (
        "--ks-host-context",
        {"metavar": "CONTEXT", "help": "context of the KubeFlex hosting cluster"},
    ),
    ("--ks-its-context", {"metavar": "CONTEXT", "help": "context of the ITS"}),
    (
        "--ks-its-cp",
        {
            "metavar": "NAME",
            "help": "ControlPlane that is the ITS (default: called like the context)",
        },
    ),
    ("--ks-wds-context", {"metavar": "CONTEXT", "help": "context of the WDS"}),
    (
        "--ks-wds-cp",
        {
            "metavar": "NAME",
            "help": "ControlPlane that is the WDS (default: called like the context)",
        },
    ),
    (
        "--ks-wec",
        {
            "metavar": "CONTEXT[=NAME]",
            "action": "append",
            "help": "context of a WEC, and its ManagedCluster where that is not called so; "
            "once for each WEC",
        },
    ),
    (
        "--ks-label-query-both",
        {"metavar": "QUERY", "help": "key=value,...: the ManagedClusters of all these WECs"},
    ),
    (
        "--ks-label-query-one",
        {"metavar": "QUERY", "help": "key=value,...: the ManagedCluster of the first WEC alone"},
    ),
)

ALLOW: tuple[str, dict[str, Any]] = (
    "--ks-allow",
    {
        "metavar": "WHAT",
        "action": "append",
        "help": f"on an existing installation: let tests do that ({STOP_COMPONENTS}); else "
        "they are not supported",
    },
)


def given(namespace: object) -> dict[str, Any]:
    """What was given on the command line, by the name of the setting."""
    names = [flag.removeprefix("--ks-").replace("-", "_") for flag, _ in OPTIONS]
    found = {name: getattr(namespace, f"ks_{name}", None) for name in names}
    return {name: value for name, value in found.items() if value}
