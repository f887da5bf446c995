"""Kubeconfig documents, always with their certificates inline so that a file can be moved."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.platforms.common.pki import Pki


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def address(port: int) -> str:
    """The URL of an API server of this platform."""
    return f"https://127.0.0.1:{port}"


def certificate_user(pki: Pki, name: str = "admin") -> dict[str, str]:
    """A kubeconfig user that presents a client certificate."""
    return {
        "client-certificate-data": _encoded(pki.certificate(name)),
        "client-key-data": _encoded(pki.key(name)),
    }


def kubeconfig(pki: Pki, entries: dict[str, tuple[int, dict[str, Any]]]) -> str:
    """A kubeconfig with one context for each entry ``name: (port, user)``; the first is the current
    one.
    """
    return document(
        pki.ca.read_bytes(), {name: (address(port), user) for name, (port, user) in entries.items()}
    )


def document(authority: bytes, entries: dict[str, tuple[str, dict[str, Any]]]) -> str:
    """The same for each entry ``name: (server's URL, user)``; ``authority`` is the CA's certificate
    (PEM) of all.
    """
    ca = base64.b64encode(authority).decode()
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": ca}}
            for name, (server, _) in entries.items()
        ],
        "users": [{"name": name, "user": user} for name, (_, user) in entries.items()],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name}} for name in entries
        ],
        "current-context": next(iter(entries)),
    }
    return yaml.safe_dump(content, sort_keys=False)
