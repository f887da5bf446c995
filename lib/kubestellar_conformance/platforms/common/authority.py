"""The certificate authority of a kubeconfig, in a form that OpenSSL accepts as Go's clients do.

KubeFlex (release 0.9.3) writes a hash of nothing into an API server's certificate as its issuer's
key identifier; the authority's own certificate has the identifier of its key. Go's clients do not
compare the two. OpenSSL does, and with it Python's and curl's clients: "unable to get local issuer
certificate".
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

_DATA, _FILE = "certificate-authority-data", "certificate-authority"


def acceptable(bundle: bytes) -> bytes:
    """The authorities (PEM), each followed by a copy without a key identifier, so that no
    identifier can differ.

    A copy has the same name, key, dates and limits, which are all that a certificate is checked
    against. Only its own signature differs, and nobody checks the signature of a trusted authority.
    `ValueError` if ``bundle`` is not PEM.
    """
    from cryptography import x509  # only where a certificate is read: it takes its time to load
    from cryptography.hazmat.primitives.serialization import Encoding

    known = x509.load_pem_x509_certificates(bundle)
    copies = [_without_identifier(one) for one in known if _has_identifier(one)]
    return b"".join(one.public_bytes(Encoding.PEM) for one in (*known, *copies))


def accepting(cluster: dict[str, Any]) -> dict[str, Any]:
    """A kubeconfig's cluster entry with `acceptable` authorities instead of its own. An entry that
    cannot be read is returned unchanged.
    """
    try:
        if cluster.get(_DATA):
            bundle = base64.b64decode(cluster[_DATA])
        elif cluster.get(_FILE):
            bundle = Path(cluster[_FILE]).read_bytes()
        else:
            return cluster
        found = base64.b64encode(acceptable(bundle)).decode()
    except (OSError, ValueError, binascii.Error):
        return cluster  # the client reports the error
    return {name: value for name, value in cluster.items() if name != _FILE} | {_DATA: found}


def _has_identifier(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    return any(
        extension.oid == x509.SubjectKeyIdentifier.oid for extension in certificate.extensions
    )


def _without_identifier(known: x509.Certificate) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    builder = (
        x509.CertificateBuilder()
        .subject_name(known.subject)
        .issuer_name(known.issuer)
        .public_key(known.public_key())
        .serial_number(known.serial_number)
        .not_valid_before(known.not_valid_before_utc)
        .not_valid_after(known.not_valid_after_utc)
    )
    for extension in known.extensions:
        if extension.oid != x509.SubjectKeyIdentifier.oid:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    # OpenSSL accepts it as an authority only if its signature is of a kind that its key could have
    # made.
    if isinstance(known.public_key(), rsa.RSAPublicKey):
        return builder.sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
