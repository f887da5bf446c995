"""Reads a kubeconfig with the official client, but leaves no credentials in the shared temp folder.

The client writes a kubeconfig's inline certificates and keys to files. It needs them for every new
connection, and they stay when its process is killed. This module reads them once into a TLS context
and removes them before the first request.

The client is imported where it is used: it takes a third of a second to load, and most processes
read no kubeconfig.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakSet

import urllib3
import yaml
from urllib3.util import create_urllib3_context
from urllib3.util.ssl_ import ALPN_PROTOCOLS
from yaml.parser import ParserError
from yaml.scanner import ScannerError

from kubestellar_conformance.errors import UserError

_FRESH = 60.0
"""Seconds for which a connection may be idle and still be used. An API server closes it after 90 s;
a request that it is sent at that moment is lost, and a write cannot be repeated blindly.
"""

# The client caches its files for the whole process, by content.
_READING = threading.Lock()


def read_settings(
    kubeconfig: Path, context: str | None = None, purpose: str = ""
) -> tuple[Any, ssl.SSLContext]:
    """The client's settings for a context (None: the current one), and their TLS context.

    ``purpose`` completes the message of the `UserError` for a kubeconfig that cannot be used.
    """
    from kubernetes import client, config

    settings: Any = client.Configuration()
    load: Any = config.load_kube_config  # not typed in every release of the client
    folder = kubeconfig.parent if os.access(kubeconfig.parent, os.W_OK) else None
    try:
        with _READING, TemporaryDirectory(prefix=".access-", dir=folder) as place:
            load(
                config_file=str(kubeconfig),
                context=context,
                client_configuration=settings,
                persist_config=False,
                temp_file_path=place,
            )
            _demand_credentials(settings, kubeconfig, context)
            tls = _context(settings)
    except yaml.YAMLError as problem:
        raise UserError(
            f"kubeconfig {kubeconfig} cannot be used{purpose}: {wrong_in(problem)}"
        ) from None
    except (
        config.ConfigException,
        AttributeError,
        OSError,
        TypeError,
        ValueError,
    ) as problem:
        raise UserError(f"kubeconfig {kubeconfig} cannot be used{purpose}: {problem}") from problem
    settings.ssl_ca_cert = settings.cert_file = settings.key_file = None
    return settings, tls


def _demand_credentials(settings: Any, kubeconfig: Path, context: str | None) -> None:
    """`ValueError` if the user's program gave none. The client logs that, and goes on as nobody."""
    if settings.api_key or settings.cert_file or settings.username:
        return
    content = read_yaml(kubeconfig)
    contexts = {one["name"]: one["context"] for one in content["contexts"]}
    user = contexts[context or content["current-context"]].get("user")
    users = {one["name"]: one.get("user") or {} for one in content.get("users") or ()}
    if (program := users.get(user, {}).get("exec")) is not None:
        raise ValueError(f"{program.get('command')} gave no credentials for the user {user!r}")


def read_yaml(file: Path) -> Any:
    """The content of a YAML file that may hold secrets. Raises `OSError`, or a `ValueError` that
    quotes nothing of the file.
    """
    text = file.read_text(encoding="utf-8")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as problem:
        raise ValueError(wrong_in(problem)) from None


def wrong_in(problem: Exception) -> str:
    """The fault of a YAML text and its position. The error's own message would quote the line,
    which may hold a token.
    """
    said, mark = type(problem).__name__, getattr(problem, "problem_mark", None)
    if isinstance(problem, ScannerError | ParserError) and "tag handle" not in str(problem.problem):
        said = str(problem.problem)  # these quote a single character at most
    return f"{said} in line {mark.line + 1}, column {mark.column + 1}" if mark else said


def open_client(settings: Any, tls: ssl.SSLContext) -> Any:
    """A client with these settings whose connections all use the TLS context. Sends nothing yet."""
    from kubernetes.client import ApiClient

    client = ApiClient(settings)
    client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = tls
    _connect_by(client, _Http, _Https)
    return client


class _Http(urllib3.connection.HTTPConnection):
    """Says that it is not connected, so that the pool connects anew, after `_FRESH` seconds."""

    _asked = 0.0

    def request(self, *arguments: Any, **more: Any) -> None:
        self._asked = time.monotonic()
        super().request(*arguments, **more)

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._asked < _FRESH


class _Https(urllib3.connection.HTTPSConnection, _Http):
    """The same with TLS."""


def _connect_by(
    client: Any,
    plain: type[urllib3.connection.HTTPConnection],
    tls: type[urllib3.connection.HTTPConnection],
) -> None:
    """Let a client make its connections of these classes."""
    client.rest_client.pool_manager.pool_classes_by_scheme = {
        "http": type("Plain", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("Tls", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }


def note_sockets(client: Any) -> WeakSet[socket.socket]:
    """The sockets of the connections that this client makes from now on, while they are open."""
    found: WeakSet[socket.socket] = WeakSet()

    class Http(_Http):
        def connect(self) -> None:
            super().connect()
            found.add(self.sock)

    class Https(_Https):
        def connect(self) -> None:
            super().connect()
            found.add(self.sock)

    _connect_by(client, Http, Https)
    return found


def _context(settings: Any) -> ssl.SSLContext:
    tls = create_urllib3_context(
        cert_reqs=ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE
    )
    if settings.ssl_ca_cert:
        tls.load_verify_locations(settings.ssl_ca_cert)
    else:
        tls.load_default_certs()
    if settings.cert_file:
        tls.load_cert_chain(settings.cert_file, settings.key_file)
    keep_protocols(tls)
    return tls


def keep_protocols(tls: ssl.SSLContext) -> None:
    """Set the protocols that urllib3 offers once and for all.

    It sets them anew for every connection. OpenSSL frees the former ones then, which a handshake
    of another thread may be about to copy, and the server gets an offer that it cannot decode.
    """
    tls.set_alpn_protocols(ALPN_PROTOCOLS)
    tls.set_alpn_protocols = lambda *_: None  # type: ignore[method-assign]
