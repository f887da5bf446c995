"""Keys and certificates: a TLS server and client that trust each other, nobody else, and matching
key pairs.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.pki import Pki
from tests.support.embedded import in_thread

SPACES = ["kind-kubeflex", "its1"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return pki.create(tmp_path_factory.mktemp("pki") / "credentials", SPACES)


def handshake(
    server: Pki, client: Pki, user: str | None, host: str = "127.0.0.1"
) -> x509.Certificate | None:
    """Connect with both sides checking; the certificate that the server saw. Raises what either
    side raised.
    """
    at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(server.ca))
    at_server.load_cert_chain(server.certificate("server"), server.key("server"))
    at_server.verify_mode = ssl.CERT_REQUIRED
    at_client = ssl.create_default_context(cafile=str(client.ca))
    if user:
        at_client.load_cert_chain(client.certificate(user), client.key(user))
    seen: list[x509.Certificate | Exception] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection = listener.accept()[0]
            try:
                with at_server.wrap_socket(connection, server_side=True) as secured:
                    seen.append(
                        x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
                    )
                    secured.sendall(b"hello")
            except OSError as error:
                seen.append(error)

        thread = in_thread(serve)
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=5) as plain,
                at_client.wrap_socket(plain, server_hostname=host) as secured,
            ):
                secured.recv(5)
        finally:
            thread.join(5)
    [found] = seen
    if isinstance(found, Exception):
        raise found
    return found


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "kubernetes.default.svc", pki.SERVICE_CLUSTER_IP]
)
def test_the_server_is_trusted_under_its_names(keys: Pki, host: str) -> None:
    assert handshake(keys, keys, "admin", host) is not None


def test_the_server_is_not_trusted_under_another_name(keys: Pki) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(keys, keys, "admin", "example.com")


@pytest.mark.parametrize(
    ("user", "name", "group"),
    [
        ("admin", "admin", "system:masters"),
        ("server", "server", "kubestellar-conformance"),
    ],
)
def test_a_client_is_known_by_name_and_group(keys: Pki, user: str, name: str, group: str) -> None:
    seen = handshake(keys, keys, user)
    assert seen is not None
    assert [part.value for part in seen.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == [
        name
    ]
    assert [
        part.value for part in seen.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    ] == [group]


def test_the_front_proxy_is_known_to_its_own_ca_alone(keys: Pki) -> None:
    """Go tries each CA of the same subject, so the two have different ones."""
    clients, front_proxy, certificate = (
        x509.load_pem_x509_certificate(file.read_bytes())
        for file in (keys.ca, keys.front_proxy_ca, keys.certificate("front-proxy-client"))
    )
    certificate.verify_directly_issued_by(front_proxy)
    assert front_proxy.subject != clients.subject
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "front-proxy-client"


def test_a_client_without_a_certificate_is_refused(keys: Pki) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(keys, keys, None)


def test_another_platform_s_are_of_no_use(keys: Pki, tmp_path: Path) -> None:
    other = pki.create(tmp_path / "other", [])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(keys, other, "admin")
    mixed = Pki(tmp_path / "mixed")
    mixed.folder.mkdir()
    mixed.ca.write_bytes(keys.ca.read_bytes())
    for file in (mixed.certificate("admin"), mixed.key("admin")):
        file.write_bytes((other.folder / file.name).read_bytes())
    with pytest.raises(ssl.SSLError):
        handshake(keys, mixed, "admin")


def test_certificates_last_longer_than_a_snapshot_and_bear_a_clock_set_back(keys: Pki) -> None:
    now = datetime.datetime.now(datetime.UTC)
    for name in ("ca", "server", "admin", "front-proxy-ca", "front-proxy-client"):
        certificate = x509.load_pem_x509_certificate((keys.folder / f"{name}.crt").read_bytes())
        assert certificate.not_valid_before_utc < now - datetime.timedelta(minutes=55)
        assert certificate.not_valid_after_utc > now + datetime.timedelta(days=300)


def test_each_space_has_a_service_account_key_pair_of_its_own(keys: Pki) -> None:
    shown = []
    for space in SPACES:
        private = serialization.load_pem_private_key(
            keys.service_account_key(space).read_bytes(), None
        )
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert keys.service_account_public_key(space).read_bytes() == public
        shown.append(public)
    assert len(set(shown)) == len(SPACES)


def test_every_file_is_its_owner_s_alone(keys: Pki) -> None:
    files = list(keys.folder.iterdir())
    assert len(files) == 9 + 2 * len(SPACES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
