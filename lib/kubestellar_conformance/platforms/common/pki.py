"""Keys and certificates of one platform: a CA, certificates of servers and clients, and the key
pairs of ServiceAccounts.

The certificates are made by trustme. Each is valid for servers and for clients, so a client's
rights depend on its name alone, and a server's certificate is in no group that Kubernetes knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubestellar_conformance.files import write_private

if TYPE_CHECKING:
    import trustme

SERVICE_CLUSTER_IP = "10.96.0.1"
_OURS = "kubestellar-conformance"


@dataclass(frozen=True)
class Pki:
    """The files, all with mode 0600 in one folder."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def front_proxy_ca(self) -> Path:
        """The CA of API aggregation alone, as kubeadm makes it. With the CA of all clients in its
        place, an API server verifies each client's certificate twice at each request.
        """
        return self.folder / "front-proxy-ca.crt"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def service_account_key(self, space: str) -> Path:
        """The private key that signs that space's ServiceAccount tokens."""
        return self.folder / f"service-account-{space}.key"

    def service_account_public_key(self, space: str) -> Path:
        return self.folder / f"service-account-{space}.pub"


def create(folder: Path, spaces: list[str]) -> Pki:
    """Make the CAs, the certificates of the server, the administrator and the front proxy, and a
    ServiceAccount key pair per space.
    """
    import trustme  # only where keys are made: it takes its time to load

    pki, authority = Pki(folder), trustme.CA(organization_name=_OURS)
    write_private(pki.ca, authority.cert_pem.bytes())
    write_private(pki.key("ca"), authority.private_key_pem.bytes())
    hosts = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    issue(pki, "server", "127.0.0.1", SERVICE_CLUSTER_IP, *hosts)
    issue(pki, "admin", organization="system:masters")
    front_proxy = trustme.CA(organization_name=f"{_OURS} front proxy")
    write_private(pki.front_proxy_ca, front_proxy.cert_pem.bytes())
    _issue(front_proxy, pki, "front-proxy-client")
    for space in spaces:
        service_account_keys(pki, space)
    return pki


def issue(pki: Pki, name: str, *hosts: str, organization: str = _OURS) -> None:
    """Make a key and a certificate of the clients' CA, in the files of that name.

    A server's certificate is valid for these hosts (names or addresses). A client has none: it is
    the user ``name`` in the group ``organization``.
    """
    import trustme

    authority = trustme.CA.from_pem(pki.ca.read_bytes(), pki.key("ca").read_bytes())
    _issue(authority, pki, name, *hosts, organization=organization)


def _issue(
    authority: trustme.CA, pki: Pki, name: str, *hosts: str, organization: str = _OURS
) -> None:
    # Go refuses a certificate without any subject alternative name, so a client's has one too.
    issued = authority.issue_cert(
        *(hosts or (name,)), common_name=name, organization_name=organization
    )
    write_private(pki.certificate(name), issued.cert_chain_pems[0].bytes())
    write_private(pki.key(name), issued.private_key_pem.bytes())


def service_account_keys(pki: Pki, space: str) -> None:
    """Make the key pair with which a space signs and verifies its ServiceAccount tokens."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    write_private(
        pki.service_account_key(space),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ),
    )
    write_private(
        pki.service_account_public_key(space),
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
