"""Kubeconfigs of this platform, with certificates inline so that each is one file."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.platforms.common.kubeconfigs import document


def kubeconfig(name: str, server: str, ca: str, user: dict[str, Any]) -> str:
    """A kubeconfig with one context, called like the space; ``ca`` is the authority's certificate
    (PEM).
    """
    return document(ca.encode(), {name: (server, user)})


def server_of(access: str) -> tuple[str, str]:
    """The URL of the API server that a kubeconfig of one context leads to, and its authority's
    certificate (PEM).
    """
    cluster = yaml.safe_load(access)["clusters"][0]["cluster"]
    return cluster["server"], base64.b64decode(cluster["certificate-authority-data"]).decode()


def renamed(access: str, context: str) -> str:
    """A kubeconfig of one context, with another name for that."""
    known = yaml.safe_load(access)
    known["contexts"][0]["name"] = known["current-context"] = context
    return yaml.safe_dump(known)


def merged(files: Iterable[Path]) -> str:
    """One kubeconfig with the contexts of all; the first one's is the current one."""
    known = [yaml.safe_load(file.read_text()) for file in files]
    whole = {
        kind: [entry for one in known for entry in one[kind]]
        for kind in ("clusters", "users", "contexts")
    }
    head = {"apiVersion": "v1", "kind": "Config", "current-context": known[0]["current-context"]}
    return yaml.safe_dump({**head, **whole}, sort_keys=False)
