"""The official Kubernetes client on one space: its dynamic client, discovery kept in memory, every
wait bounded.

The dynamic client's own discovery keeps a file in the shared temp folder by host and port, which
another platform's API server on the same port would find; it also asks without a time-out. One
request for a group and version is all that is needed here, so `GroupVersions` takes its place.

The official client is imported where it is used: see `access`.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from weakref import WeakSet

import urllib3

from kubestellar_conformance.access import note_sockets, open_client, read_settings
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces.discovery import GroupVersions, Served, Timeout, serves
from kubestellar_conformance.spaces.refs import CRD, DEFAULT_NAMESPACE, Kind, Obj, Ref

FIELD_MANAGER = "kubestellar-conformance"
USUAL: Timeout = (3.0, 30.0)
SHORT: Timeout = (2.0, 2.0)
CONNECTIONS = 64
_COME_BACK_LATER = 429
"""What an API server answers to the first lists of a kind that nobody has asked for yet: it fills
its cache then.
"""
_CREATED = 201
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class Unreachable(Broken):
    """The API server of a space does not answer, so the product cannot be judged."""

    def __init__(self, space: str, server: str, doing: str, cause: str) -> None:
        super().__init__(
            f"space {space}: its API server at {server} did not answer ({doing}): {cause}"
        )
        self.space = space
        self.cause = cause


class UnknownKind(Broken):
    """The API server of a space does not serve a kind, after discovery was asked anew."""

    def __init__(self, space: str, kind: Kind) -> None:
        super().__init__(
            f"space {space} does not serve the kind {kind.name} of {kind.api_version}; is "
            "its CRD there?"
        )
        self.space = space
        self.kind = kind


class Refused(Deviation):
    """The API server refused a request. ``status`` is the HTTP status, ``reason`` and ``detail``
    what it said.
    """

    def __init__(self, space: str, doing: str, status: int, reason: str, detail: str) -> None:
        super().__init__(f"space {space}: {doing} was refused with {status} {reason}: {detail}")
        self.space = space
        self.status = status
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API server answered. ``created``: it made the object by this request (HTTP 201)."""

    body: Obj
    created: bool


class Client:
    """Requests to the API server of one space, made when asked for: building it contacts nobody."""

    def __init__(self, space: str, kubeconfig: Path, context: str | None = None) -> None:
        from kubernetes.dynamic import DynamicClient

        self.space = space
        settings, tls = read_settings(kubeconfig, context, f" for space {space}")
        self.server = str(settings.host)
        settings.connection_pool_maxsize = CONNECTIONS
        settings.retries = (
            False  # a retry multiplies the time-out, and hides that a server went away
        )
        if urlsplit(self.server).hostname in ("127.0.0.1", "localhost", "::1"):
            settings.proxy = None
        self._api = open_client(settings, tls)
        self._sockets: WeakSet[socket.socket] = note_sockets(self._api)
        make: Any = DynamicClient
        self._dynamic: Any = make(self._api, discoverer=GroupVersions)
        self._discovery: GroupVersions = self._dynamic.resources
        self.down: Callable[[], str | None] = lambda: None
        """Why the API server cannot answer though it runs; asked before each request."""

    def close(self) -> None:
        self._api.rest_client.pool_manager.clear()

    def interrupt(self) -> None:
        """Let the requests under way fail at once, in whichever thread: `down` has a reason now."""
        for used in list(self._sockets):
            with suppress(OSError):  # it has been closed meanwhile
                socket.socket.shutdown(used, socket.SHUT_RDWR)

    def served(self, kind: Kind, timeout: Timeout = USUAL) -> Served:
        """How this space serves ``kind``. Raises `UnknownKind` when it does not, `Unreachable`.

        A CRD is established a moment before its kind is served, both when it is new and when the
        API server has been restarted. Such a kind is asked for again, for some seconds; after them
        the API server counts as not reachable.
        """
        for pause in (*_PAUSES, None):
            if (found := self._found(kind, timeout)) is not None:
                return found
            if not self._established(kind, timeout):
                raise UnknownKind(self.space, kind)
            if pause is not None:
                time.sleep(pause)
        doing, cause = f"discovery of {kind.api_version}", f"{kind}'s CRD is established"
        raise Unreachable(self.space, self.server, doing, f"not found, though {cause}")

    def _found(self, kind: Kind, timeout: Timeout) -> Served | None:
        try:
            return self._discovery.find(kind, timeout)
        except _failures() as problem:
            self._failed(problem, f"discovery of {kind.api_version}")

    def _established(self, kind: Kind, timeout: Timeout) -> bool:
        if not kind.group or kind == CRD or (crds := self._found(CRD, timeout)) is None:
            return False
        try:
            answer = self.request("get", crds.path(), doing="list of the CRDs", timeout=timeout)
        except Refused:
            return False
        return any(serves(crd, kind) for crd in answer.get("items") or [])

    def forget(self, kind: Kind) -> None:
        """Ask anew the next time: the kind's CRD was removed or changed."""
        self._discovery.forget(kind)

    def path(self, ref: Ref, subresource: str = "") -> str:
        path = self.served(ref.kind).path(ref.namespace or DEFAULT_NAMESPACE, ref.name)
        return f"{path}/{subresource}" if subresource else path

    def delete_this(self, path: str, its_uid: str, *, doing: str) -> None:
        """Request the deletion of exactly this object, not of another one that has its name since.
        One that does not exist counts as deleted.
        """
        options = {"propagationPolicy": "Background", "preconditions": {"uid": its_uid}}
        try:
            self.request("delete", path, body=options, doing=doing)
        except Refused as problem:
            if problem.status not in (404, 409):
                raise

    def request(
        self, method: str, path: str, *, doing: str, timeout: Timeout = USUAL, **params: Any
    ) -> Obj:
        """The JSON document that `answer` gives."""
        return self.answer(method, path, doing=doing, timeout=timeout, **params).body

    def answer(
        self, method: str, path: str, *, doing: str, timeout: Timeout = USUAL, **params: Any
    ) -> Answer:
        """One request, one JSON answer. Raises `Refused` (what the server does not accept) or
        `Unreachable`.

        A server that asks to come back later, for some seconds at most, is asked again: it has done
        nothing yet.
        """
        self._demand_up(doing)
        for pause in (*_PAUSES, None):
            try:
                answer = self._dynamic.request(
                    method, path, serialize=False, _request_timeout=timeout, **params
                )
                return Answer(json.loads(answer.data), answer.status == _CREATED)
            except _failures(ValueError) as problem:
                if pause is None or getattr(problem, "status", None) != _COME_BACK_LATER:
                    self._failed(problem, doing)
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def stream(self, path: str, query: dict[str, str], timeout: Timeout) -> urllib3.HTTPResponse:
        """A GET whose answer is read as it comes (a watch)."""
        try:
            answer: urllib3.HTTPResponse = self._dynamic.request(
                "get",
                path,
                query_params=list(query.items()),
                serialize=False,
                _request_timeout=timeout,
            )
        except _failures() as problem:
            self._failed(problem, f"watch of {path}")
        return answer

    def unreachable(self, timeout: Timeout = SHORT) -> str | None:
        """Why the API server does not answer, within ``timeout`` seconds, or None when it does."""
        try:
            self.request("get", "/api", doing="reaching it", timeout=timeout)
        except Unreachable as problem:
            return problem.cause
        except Refused:
            return None
        return None

    def _demand_up(self, doing: str) -> None:
        if (why := self.down()) is not None:
            raise Unreachable(self.space, self.server, doing, why)

    def _failed(self, problem: Exception, doing: str) -> NoReturn:
        status = getattr(problem, "status", None)
        if isinstance(status, int) and 400 <= status < 500 and status not in (401, 408, 429):
            reason, detail = (
                str(getattr(problem, "reason", "")),
                str(getattr(problem, "body", "") or ""),
            )
            try:
                said = json.loads(detail)
                reason, detail = said.get("reason") or reason, said.get("message") or detail
            except ValueError:
                pass
            # It says all that `problem` does.
            raise Refused(self.space, doing, status, reason, detail) from None
        cause = self.down() or _brief(problem)
        raise Unreachable(self.space, self.server, doing, cause) from problem


def _failures(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """The errors by which the client reports that a request failed, and ``more``."""
    from kubernetes.client.exceptions import ApiException

    return ApiException, urllib3.exceptions.HTTPError, OSError, *more


def _brief(problem: Exception) -> str:
    """The cause in one line: urllib3 wraps the socket's own words in several layers."""
    # By its class this error is a timeout too.
    refused = isinstance(problem, urllib3.exceptions.NewConnectionError)
    if isinstance(problem, urllib3.exceptions.TimeoutError) and not refused:
        return "no answer in time (it may be paused)"
    from kubernetes.client.exceptions import ApiException

    if isinstance(problem, ApiException):
        return " ".join(f"HTTP {problem.status} {problem.reason}".split())
    return " ".join(f"{problem}".rsplit(": ", 1)[-1].split())[:200] or type(problem).__name__
