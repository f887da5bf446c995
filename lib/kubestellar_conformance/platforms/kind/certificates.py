"""Credentials of the control planes that are pods, made as on the embedded platform. Only their
server certificate differs: it has the addresses at which pods are reached.
"""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.kubeconfigs import certificate_user


def create(folder: Path) -> pki.Pki:
    """Make a CA and client certificates."""
    return pki.create(folder, [])


def add(made: pki.Pki, space: str, address: str) -> None:
    """Make a control plane's key pair for ServiceAccounts, and its server certificate for the
    node's address.
    """
    pki.service_account_keys(made, space)
    service = f"kube-apiserver.{space}-system.svc"
    pki.issue(made, _server(space), address, "127.0.0.1", service)


def remove(made: pki.Pki, space: str) -> None:
    """Remove the files that `add` made."""
    for file in (
        made.certificate(_server(space)),
        made.key(_server(space)),
        made.service_account_key(space),
        made.service_account_public_key(space),
    ):
        file.unlink(missing_ok=True)


def _server(space: str) -> str:
    return f"server-{space}"


def files(made: pki.Pki, space: str) -> dict[str, str]:
    """The Secret of a space's API server and controller manager, by file name."""
    of = {"ca": "ca", "server": _server(space), "front-proxy-client": "front-proxy-client"}
    found = {
        f"{name}.crt": made.certificate(file).read_text()
        for name, file in of.items()
        if name != "ca"
    }
    found |= {f"{name}.key": made.key(file).read_text() for name, file in of.items()}
    return {
        **found,
        "ca.crt": made.ca.read_text(),
        "front-proxy-ca.crt": made.front_proxy_ca.read_text(),
        "service-account.key": made.service_account_key(space).read_text(),
        "service-account.pub": made.service_account_public_key(space).read_text(),
    }


def administrator(made: pki.Pki) -> dict[str, str]:
    """The administrator as a user of a kubeconfig."""
    return certificate_user(made)
