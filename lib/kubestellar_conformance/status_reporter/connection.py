"""One API server over HTTPS, with the official client's reading of the kubeconfig and its
connection pool.

The generated API is not used: the pool is the same in every release of the client and costs less
per call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from kubestellar_conformance.access import open_client, read_settings
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.status_reporter.resource import Json

CONNECT_SECONDS = 2.0
REPLY_SECONDS = 10.0


class Refused(HarnessError):
    """The API server answered with an error; ``code`` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Unreachable(HarnessError):
    """No complete answer came: the API server is stopped, starting or stuck."""


class Connection:
    """Sends requests to the API server of a kubeconfig's current context. Safe for threads."""

    def __init__(self, kubeconfig: Path) -> None:
        """Read ``kubeconfig`` and send nothing yet. Raises `UserError` if it cannot be used."""
        client = open_client(*read_settings(kubeconfig))
        self._configuration = client.configuration
        self._pool: Any = client.rest_client.pool_manager
        self.server = str(client.configuration.host)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Json:
        """Send one request and return the decoded answer. Raises `Refused` or `Unreachable`."""
        with self._exchange(method, path, query, REPLY_SECONDS, body, content_type) as response:
            answer = json.loads(response.data)
        return answer if isinstance(answer, dict) else {}

    @contextmanager
    def stream(self, path: str, *, query: Mapping[str, str], silence: float) -> Iterator[Any]:
        """A GET whose answer is read as it comes. ``silence`` limits the seconds without a byte."""
        with self._exchange("GET", path, query, silence) as response:
            try:
                yield response
            finally:
                response.close()  # seldom read to its end, so the socket is not reusable

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        patience: float,
        body: object = None,
        content_type: str = "application/json",
    ) -> Iterator[Any]:
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        headers = {
            "Accept": "application/json",
            "Content-Type": content_type,
            **self._credentials(),
        }
        try:
            response = self._pool.request(
                method,
                url,
                headers=headers,
                preload_content=False,
                retries=False,
                body=None if body is None else json.dumps(body),
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=patience),
            )
            try:
                if response.status >= 400:
                    raise Refused(response.status, _reason(response.data))
                yield response
            except BaseException:
                response.close()  # an answer that is not read to its end spoils the socket
                raise
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError, json.JSONDecodeError) as problem:
            raise Unreachable(f"{self.server}: {_brief(problem)}") from problem

    def _credentials(self) -> dict[str, str]:
        settings = self._configuration.auth_settings().values()
        return {s["key"]: s["value"] for s in settings if s["in"] == "header" and s["value"]}


def _reason(data: bytes) -> str:
    try:
        status = json.loads(data)
    except ValueError:
        return data.decode(errors="replace").strip()[:200]
    return str(status.get("message", status)) if isinstance(status, dict) else str(status)


def _brief(problem: BaseException) -> str:
    """The innermost cause, because urllib3's own text repeats the pool and the URL."""
    while problem.__context__ is not None:
        problem = problem.__context__
    return f"{type(problem).__name__}: {problem}".strip()[:200]
