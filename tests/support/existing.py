"""Kubeconfigs and installations for the tests of the platform ``existing``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.platforms.existing.installation import Installation, Wec

DOCUMENTED = {
    "host_context": "kind-kubeflex",
    "its_cp": "its1",
    "its_context": "its1",
    "wds_cp": "wds1",
    "wds_context": "wds1",
    "wec1_name": "cluster1",
    "wec1_context": "cluster1",
    "wec2_name": "cluster2",
    "wec2_context": "cluster2",
    "label_query_both": "location-group=edge",
    "label_query_one": "name=cluster1",
}
"""The variables of Getting Started."""
CONTEXTS = ("kind-kubeflex", "its1", "wds1", "cluster1", "cluster2")


def kubeconfig(
    path: Path, *contexts: str, cluster: dict[str, Any] | None = None, user: Any = None
) -> Path:
    """A kubeconfig whose contexts, clusters and users have the same names."""
    there = cluster or {"server": "https://127.0.0.1:1"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": name, "cluster": there} for name in contexts],
                "users": [
                    {"name": name, "user": user or {"token": f"of-{name}"}} for name in contexts
                ],
                "contexts": [
                    {"name": name, "context": {"cluster": name, "user": name}} for name in contexts
                ],
            }
        )
    )
    return path


def joined(path: Path, **files: Path) -> Path:
    """One kubeconfig with a context for each of these one-context files."""
    whole: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [],
        "users": [],
        "contexts": [],
    }
    for name, file in files.items():
        one = yaml.safe_load(file.read_text())
        for kind, inner in (("clusters", "cluster"), ("users", "user")):
            whole[kind].append({"name": name, inner: one[kind][0][inner]})
        whole["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    path.write_text(yaml.safe_dump(whole))
    return path


def installation(kubeconfig: Path, **changes: Any) -> Installation:
    """That of Getting Started, with some of it replaced."""
    usual: dict[str, Any] = {
        key: value for key, value in DOCUMENTED.items() if not key.startswith("wec")
    }
    wecs = (Wec("cluster1", "cluster1"), Wec("cluster2", "cluster2"))
    return Installation(**{**usual, "wecs": wecs, "kubeconfig": str(kubeconfig), **changes})
