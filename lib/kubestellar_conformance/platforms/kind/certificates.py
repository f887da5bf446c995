"""Credentials of the control planes that are pods, made as the embedded platform makes its own.

Their server certificate is another one: it has the addresses at which pods are reached.
"""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kubestellar_conformance.platforms.embedded import pki
from kubestellar_conformance.platforms.embedded.kubeconfigs import certificate_user
from kubestellar_conformance.platforms.embedded.layout import write_private


def create(folder: Path) -> pki.Pki:
    """A CA and client certificates."""
    return pki.create(folder, [])


def add(made: pki.Pki, space: str, address: str) -> None:
    """A control plane's key pair for ServiceAccounts, and its server certificate for the node's address."""
    pki.service_account_keys(made, space)
    authority = x509.load_pem_x509_certificate(made.ca.read_bytes())
    signer = serialization.load_pem_private_key(made.key("ca").read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the CA's key is not of the kind that it was made as")
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(f"kube-apiserver.{space}-system.svc")]
    names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in (address, "127.0.0.1")]
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + pki.LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    write_private(made.certificate(_server(space)), certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(made.key(_server(space)), pem)


def remove(made: pki.Pki, space: str) -> None:
    """Forget what `add` made."""
    for file in (
        made.certificate(_server(space)), made.key(_server(space)), made.service_account_key(space),
        made.service_account_public_key(space),
    ):  # fmt: skip
        file.unlink(missing_ok=True)


def _server(space: str) -> str:
    return f"server-{space}"


def files(made: pki.Pki, space: str) -> dict[str, str]:
    """What the API server and the controller manager of a space find in their Secret, by file name."""
    of = {"ca": "ca", "server": _server(space), "front-proxy-client": "front-proxy-client"}
    found = {f"{name}.crt": made.certificate(file).read_text() for name, file in of.items() if name != "ca"}
    found |= {f"{name}.key": made.key(file).read_text() for name, file in of.items()}
    return {
        **found, "ca.crt": made.ca.read_text(),
        "service-account.key": made.service_account_key(space).read_text(),
        "service-account.pub": made.service_account_public_key(space).read_text(),
    }  # fmt: skip


def administrator(made: pki.Pki) -> dict[str, str]:
    """The administrator as a user of a kubeconfig."""
    return certificate_user(made)
