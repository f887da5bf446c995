"""The options that describe an existing installation, shared by pytest and ``ks-conformance``."""

from __future__ import annotations

from typing import Any

STOP_COMPONENTS = "stop-components"
NAME = "existing"
SENSELESS = {
    "--ks-keep": "an existing installation is never taken down, and whatever a run creates there "
    "is always removed",
    "--ks-component": "an existing installation is tested as it is: no component is replaced",
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
        {
            "metavar": "FILE",
            "help": "kubeconfig of the installation (default: $KUBECONFIG, then ~/.kube/config)",
        },
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
            "help": "ControlPlane that is the ITS (default: the name of the context)",
        },
    ),
    ("--ks-wds-context", {"metavar": "CONTEXT", "help": "context of the WDS"}),
    (
        "--ks-wds-cp",
        {
            "metavar": "NAME",
            "help": "ControlPlane that is the WDS (default: the name of the context)",
        },
    ),
    (
        "--ks-wec",
        {
            "metavar": "CONTEXT[=NAME]",
            "action": "append",
            "help": "context of a WEC, and the name of its ManagedCluster if it differs; "
            "once per WEC",
        },
    ),
    (
        "--ks-label-query-both",
        {
            "metavar": "QUERY",
            "help": "key=value,... that selects the ManagedClusters of all these WECs",
        },
    ),
    (
        "--ks-label-query-one",
        {
            "metavar": "QUERY",
            "help": "key=value,... that selects the ManagedCluster of the first WEC",
        },
    ),
)

ALLOW: tuple[str, dict[str, Any]] = (
    "--ks-allow",
    {
        "metavar": "WHAT",
        "action": "append",
        "help": f"on an existing installation: {STOP_COMPONENTS} lets tests stop and start its "
        "parts; without it they are not supported",
    },
)


def given(namespace: object) -> dict[str, Any]:
    """The settings given on the command line, by name."""
    names = [flag.removeprefix("--ks-").replace("-", "_") for flag, _ in OPTIONS]
    found = {name: getattr(namespace, f"ks_{name}", None) for name in names}
    return {name: value for name, value in found.items() if value}
