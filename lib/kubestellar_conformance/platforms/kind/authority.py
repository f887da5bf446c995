"""The certificate authority of a control plane that KubeFlex made, in a form that every client accepts.

KubeFlex (release 0.9.3) writes into the API server's certificate, as its issuer's key identifier, a hash of nothing,
where the authority's own certificate has that of its key. Go's clients do not compare them. OpenSSL's do, and with them
Python's and curl: "unable to get local issuer certificate".
"""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

OF_NOTHING = hashlib.sha1(b"", usedforsecurity=False).digest()
"""The key identifier that KubeFlex's certificates name as their issuer's."""


def acceptable(certificate: bytes, key: bytes) -> bytes:
    """The authority's certificate (PEM) again, with its own key, under the identifier by which others name it."""
    known = x509.load_pem_x509_certificate(certificate)
    signer = serialization.load_pem_private_key(key, password=None)
    if not isinstance(signer, rsa.RSAPrivateKey):
        raise TypeError("the authority's key is not of the kind that KubeFlex makes")
    builder = (
        x509.CertificateBuilder()
        .subject_name(known.subject)
        .issuer_name(known.subject)
        .public_key(known.public_key())
        .serial_number(known.serial_number)
        .not_valid_before(known.not_valid_before_utc)
        .not_valid_after(known.not_valid_after_utc)
        .add_extension(x509.SubjectKeyIdentifier(OF_NOTHING), critical=False)
    )
    for extension in known.extensions:
        if extension.oid != x509.SubjectKeyIdentifier.oid:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
