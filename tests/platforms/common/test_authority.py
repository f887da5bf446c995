"""The authority of a control plane that KubeFlex made: OpenSSL refuses its certificates as they
are, and takes ours.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from kubestellar_conformance.platforms.common.authority import acceptable, accepting

OF_NOTHING = hashlib.sha1(b"", usedforsecurity=False).digest()
START = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
PEM = serialization.Encoding.PEM


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _builder(subject: str, key: rsa.RSAPrivateKey, number: int) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    dates = (
        x509.CertificateBuilder()
        .not_valid_before(START)
        .not_valid_after(START + datetime.timedelta(days=9))
    )
    return (
        dates.subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(number)
    )


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """What KubeFlex's code makes, as far as it matters: `ca.crt`, `ca.key`, `apiserver.crt`,
    `apiserver.key`.
    """
    ca, server = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    authority = (
        _builder("kubernetes", ca, 1654)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca.public_key()), critical=False)
        .sign(ca, hashes.SHA256())
    )
    leaf = (
        _builder("kube-apiserver", server, 1658)
        .add_extension(x509.AuthorityKeyIdentifier(OF_NOTHING, None, None), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("kubeflex-control-plane")]), critical=False
        )
        .sign(ca, hashes.SHA256())
    )
    return {
        "ca.crt": authority.public_bytes(PEM),
        "ca.key": _pem(ca),
        "apiserver.crt": leaf.public_bytes(PEM),
        "apiserver.key": _pem(server),
    }


def _connect(made: dict[str, bytes], authority: bytes, folder: Path) -> None:
    """A handshake with a server of that certificate, by a client that trusts ``authority``
    alone.
    """
    for name in ("apiserver.crt", "apiserver.key"):
        (folder / name).write_bytes(made[name])
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "apiserver.crt", folder / "apiserver.key")
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()  # the client did not like it

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client = ssl.create_default_context(cadata=authority.decode())
        with client.wrap_socket(here, server_hostname="kubeflex-control-plane"):
            pass
    finally:
        here.close()
        thread.join()


def test_kubeflex_s_own_authority_is_refused(made: dict[str, bytes], tmp_path: Path) -> None:
    """When this fails, OpenSSL or what KubeFlex makes has changed, and `acceptable` may go."""
    with pytest.raises(
        ssl.SSLCertVerificationError, match="unable to get local issuer certificate"
    ):
        _connect(made, made["ca.crt"], tmp_path)


def test_ours_is_accepted(made: dict[str, bytes], tmp_path: Path) -> None:
    _connect(made, acceptable(made["ca.crt"]), tmp_path)


def test_another_key_of_the_same_name_is_not(made: dict[str, bytes], tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    impostor = (
        _builder("kubernetes", key, 1654)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(OF_NOTHING), critical=False)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(
        ssl.SSLCertVerificationError, match=r"certificate signature failure|unable to get"
    ):
        _connect(made, acceptable(impostor.public_bytes(PEM)), tmp_path)


def test_the_copy_has_the_same_name_key_dates_and_limits(made: dict[str, bytes]) -> None:
    old, new = x509.load_pem_x509_certificates(acceptable(made["ca.crt"]))
    assert old == x509.load_pem_x509_certificate(made["ca.crt"])
    assert (new.public_key(), new.subject) == (old.public_key(), old.subject)
    assert (new.not_valid_before_utc, new.not_valid_after_utc) == (
        old.not_valid_before_utc,
        old.not_valid_after_utc,
    )
    assert {e.oid for e in old.extensions} - {e.oid for e in new.extensions} == {
        x509.SubjectKeyIdentifier.oid
    }


def test_a_kubeconfig_s_cluster_gets_it_from_data_or_a_file(
    made: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "ca.crt").write_bytes(made["ca.crt"])
    data = base64.b64encode(made["ca.crt"]).decode()
    for given in (
        {"certificate-authority-data": data},
        {"certificate-authority": str(tmp_path / "ca.crt")},
    ):
        cluster = accepting({"server": "https://x", "tls-server-name": "y", **given})
        assert (cluster["server"], cluster["tls-server-name"]) == ("https://x", "y")
        assert "certificate-authority" not in cluster
        assert (
            len(
                x509.load_pem_x509_certificates(
                    base64.b64decode(cluster["certificate-authority-data"])
                )
            )
            == 2
        )


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"insecure-skip-tls-verify": True},
        {"certificate-authority": "/nowhere"},
        {"certificate-authority-data": "x"},
    ],
)
def test_what_has_none_or_cannot_be_read_stays(given: dict[str, object]) -> None:
    assert accepting({"server": "https://x", **given}) == {"server": "https://x", **given}
