"""Kubeconfig documents, always with their certificates inline so that a file can be moved."""

from __future__ import annotations

import base64
from collections.abc import Iterable
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
    """A kubeconfig user with a client certificate."""
    return {
        "client-certificate-data": _encoded(pki.certificate(name)),
        "client-key-data": _encoded(pki.key(name)),
    }


def kubeconfig(pki: Pki, entries: dict[str, tuple[int, dict[str, Any]]]) -> str:
    """A kubeconfig with one context per entry ``name: (port, user)``; the first is the current
    one.
    """
    return document(
        pki.ca.read_bytes(), {name: (address(port), user) for name, (port, user) in entries.items()}
    )


def document(authority: bytes, entries: dict[str, tuple[str, dict[str, Any]]]) -> str:
    """A kubeconfig with one context per entry ``name: (server's URL, user)``; ``authority`` is the
    CA's certificate (PEM), the same for all.
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


def single(name: str, server: str, authority: str, user: dict[str, Any]) -> str:
    """A kubeconfig with one context of that name; ``authority`` is the CA's certificate (PEM)."""
    return document(authority.encode(), {name: (server, user)})


def server_of(access: str) -> tuple[str, str]:
    """The URL of the API server of a kubeconfig with one context, and its authority's certificate
    (PEM).
    """
    cluster = yaml.safe_load(access)["clusters"][0]["cluster"]
    return cluster["server"], base64.b64decode(cluster["certificate-authority-data"]).decode()


def renamed(access: str, context: str) -> str:
    """A kubeconfig of one context, with another name for the context."""
    known = yaml.safe_load(access)
    known["contexts"][0]["name"] = known["current-context"] = context
    return yaml.safe_dump(known)


def merged(files: Iterable[Path]) -> str:
    """One kubeconfig with the contexts of all files; the first file's is the current one."""
    known = [yaml.safe_load(file.read_text()) for file in files]
    whole = {
        kind: [entry for one in known for entry in one[kind]]
        for kind in ("clusters", "users", "contexts")
    }
    head = {"apiVersion": "v1", "kind": "Config", "current-context": known[0]["current-context"]}
    return yaml.safe_dump({**head, **whole}, sort_keys=False)
