"""Keys and certificates of one embedded platform: one CA, one server certificate, client
certificates.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kubestellar_conformance.platforms.common.layout import write_private

LIFETIME = datetime.timedelta(days=365)
SERVICE_CLUSTER_IP = "10.96.0.1"


@dataclass(frozen=True)
class Pki:
    """The files, all of mode 0600 in one folder."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def service_account_key(self, space: str) -> Path:
        """Private key that signs that space's ServiceAccount tokens."""
        return self.folder / f"service-account-{space}.key"

    def service_account_public_key(self, space: str) -> Path:
        return self.folder / f"service-account-{space}.pub"


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common_name: str, organization: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    # Back-dated, so that a clock that is set back a little does not make the certificates invalid.
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
    )


def create(folder: Path, spaces: list[str]) -> Pki:
    """Make the CA, the server's and the administrator's certificates, and a ServiceAccount key pair
    a space.
    """
    pki = Pki(folder)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _name("kubestellar-conformance")
    ca = (
        _builder(authority, authority, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(authority_key, hashes.SHA256())
    )
    write_private(pki.ca, ca.public_bytes(serialization.Encoding.PEM))
    write_private(pki.key("ca"), _pem(authority_key))

    kubernetes = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    issue(
        pki,
        "server",
        "127.0.0.1",
        ExtendedKeyUsageOID.SERVER_AUTH,
        kubernetes,
        ["127.0.0.1", SERVICE_CLUSTER_IP],
    )
    # Go refuses a certificate without any subject alternative name, so the clients' have one too.
    client = ExtendedKeyUsageOID.CLIENT_AUTH
    issue(pki, "admin", "admin", client, ["admin"], [], organization="system:masters")
    issue(pki, "front-proxy-client", "front-proxy-client", client, ["front-proxy-client"], [])
    for space in spaces:
        service_account_keys(pki, space)
    return pki


def issue(
    pki: Pki,
    name: str,
    common_name: str,
    usage: x509.ObjectIdentifier,
    hosts: list[str],
    ips: list[str],
    *,
    organization: str | None = None,
) -> None:
    """Make a key and a certificate of that CA for it, under that name, good for these hosts and
    addresses.
    """
    authority = x509.load_pem_x509_certificate(pki.ca.read_bytes())
    signer = serialization.load_pem_private_key(pki.key("ca").read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the CA's key is not of the kind that it was made as")
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
    certificate = (
        _builder(_name(common_name, organization), authority.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
        .sign(signer, hashes.SHA256())
    )
    write_private(pki.certificate(name), certificate.public_bytes(serialization.Encoding.PEM))
    write_private(pki.key(name), _pem(key))


def service_account_keys(pki: Pki, space: str) -> None:
    """Make the key pair with which a space signs and checks its ServiceAccount tokens."""
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
