"""Kubeconfig documents, always with their certificates inline so that a file can be moved."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.platforms.embedded.pki import Pki


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def address(port: int) -> str:
    """The URL of an API server of this platform."""
    return f"https://127.0.0.1:{port}"


def certificate_user(pki: Pki, name: str = "admin") -> dict[str, str]:
    """A kubeconfig user that presents a client certificate."""
    return {"client-certificate-data": _encoded(pki.certificate(name)), "client-key-data": _encoded(pki.key(name))}


def kubeconfig(pki: Pki, entries: dict[str, tuple[int, dict[str, Any]]]) -> str:
    """A kubeconfig with one context for each entry ``name: (port, user)``; the first is the current one."""
    ca = _encoded(pki.ca)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": address(port), "certificate-authority-data": ca}}
            for name, (port, _) in entries.items()
        ],
        "users": [{"name": name, "user": user} for name, (_, user) in entries.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in entries],
        "current-context": next(iter(entries)),
    }
    return yaml.safe_dump(document, sort_keys=False)
