"""Credentials of the control planes that are pods, made as the embedded platform makes its own.

Their server certificate is another one: it has the addresses at which pods are reached.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kubestellar_conformance.platforms.embedded import pki
from kubestellar_conformance.platforms.embedded.kubeconfigs import certificate_user
from kubestellar_conformance.platforms.embedded.layout import write_private

_FILES = ("ca", "server", "front-proxy-client")


def create(folder: Path, spaces: Sequence[str], hosts: Sequence[str], address: str) -> pki.Pki:
    """A CA, client certificates, key pairs for ServiceAccounts, and a server certificate for hosts and the address."""
    made = pki.create(folder, list(spaces))
    authority = x509.load_pem_x509_certificate(made.ca.read_bytes())
    signer = serialization.load_pem_private_key(made.key("ca").read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the CA's key is not of the kind that it was made as")
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
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
    write_private(made.certificate("server"), certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(made.key("server"), pem)
    return made


def files(made: pki.Pki, space: str) -> dict[str, str]:
    """What the API server and the controller manager of a space find in their Secret, by file name."""
    found = {f"{name}.crt": made.certificate(name).read_text() for name in _FILES if name != "ca"}
    found |= {f"{name}.key": made.key(name).read_text() for name in _FILES}
    return {
        **found, "ca.crt": made.ca.read_text(),
        "service-account.key": made.service_account_key(space).read_text(),
        "service-account.pub": made.service_account_public_key(space).read_text(),
    }  # fmt: skip


def administrator(made: pki.Pki) -> dict[str, str]:
    """The administrator as a user of a kubeconfig."""
    return certificate_user(made)
