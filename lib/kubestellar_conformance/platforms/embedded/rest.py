"""Plain requests to one API server, for the start of a platform.

The official client's discovery costs several requests and much CPU per server, and during a start
the paths are known. After the start everything goes through `kubestellar_conformance.spaces`.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import urllib3

from kubestellar_conformance.access import keep_protocols
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common.kubeconfigs import address
from kubestellar_conformance.platforms.common.manifests import documents
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.watching import lines

MANAGER = "kubestellar-conformance"

# Only the kinds that a start creates: by kind, the plural and whether it is namespaced.
_RESOURCES = {
    "Namespace": ("namespaces", False),
    "ServiceAccount": ("serviceaccounts", True),
    "Secret": ("secrets", True),
    "ConfigMap": ("configmaps", True),
    "Node": ("nodes", False),
    "Role": ("roles", True),
    "RoleBinding": ("rolebindings", True),
    "ClusterRole": ("clusterroles", False),
    "ClusterRoleBinding": ("clusterrolebindings", False),
    "CustomResourceDefinition": ("customresourcedefinitions", False),
    "ControlPlane": ("controlplanes", False),
    "PostCreateHook": ("postcreatehooks", False),
    "ManagedCluster": ("managedclusters", False),
}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Rest:
    """One API server, as the administrator."""

    def __init__(
        self, name: str, port: int, pki: Pki, cancelled: threading.Event | None = None
    ) -> None:
        self.name = name
        self._cancelled = cancelled or threading.Event()
        self.url = address(port)
        context = ssl.create_default_context(cafile=str(pki.ca))
        context.load_cert_chain(pki.certificate("admin"), pki.key("admin"))
        keep_protocols(context)
        self._pool = urllib3.PoolManager(ssl_context=context, maxsize=8, retries=False)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content: str = "application/json",
        missing_ok: bool = False,
    ) -> Obj:
        """One request. `Broken` with the server's message if it is refused; {} if the object is
        absent and ``missing_ok``.
        """
        data = None if body is None else json.dumps(body)
        try:
            response = self._pool.request(
                method, self.url + path, body=data, headers={"Content-Type": content}, timeout=20.0
            )
        except urllib3.exceptions.HTTPError as error:
            raise Broken(
                f"{method} {path} at {self.name} ({self.url}) got no answer: {error}"
            ) from None
        if response.status == 404 and missing_ok:
            return {}
        if response.status >= 300:
            try:
                message = json.loads(response.data).get("message", "")
            except ValueError:
                message = response.data[:200].decode(errors="replace")
            raise Broken(
                f"{method} {path} at {self.name} was refused with {response.status}: {message}"
            )
        result: Obj = json.loads(response.data)
        return result

    def ready(self, timeout: float = 1.0) -> bool:
        """Whether ``/readyz`` answers 200 now."""
        try:
            return bool(
                self._pool.request("GET", self.url + "/readyz", timeout=timeout).status == 200
            )
        except urllib3.exceptions.HTTPError:
            return False

    def get(self, path: str) -> Obj:
        """The object at a path, {} if absent."""
        return self.request("GET", path, missing_ok=True)

    def apply(self, *objects: Obj) -> None:
        """Server-side apply the objects, one after the other."""
        for obj in objects:
            self.request(
                "PATCH",
                f"{object_path(obj)}?fieldManager={MANAGER}&force=true",
                obj,
                content="application/apply-patch+yaml",
            )

    def merge(self, path: str, patch: Obj) -> Obj:
        """Apply a JSON merge patch."""
        return self.request("PATCH", path, patch, content="application/merge-patch+json")

    def token(self, namespace: str, account: str) -> str:
        """A token of a ServiceAccount, valid for a year (so that a snapshot can be used again)."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        spec = {"expirationSeconds": 31536000}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return str(self.request("POST", path, body)["status"]["token"])

    def wait(
        self, path: str, name: str, what: str, test: Callable[[Obj], bool], timeout: float = 60.0
    ) -> Obj:
        """Wait by a watch on the collection at ``path`` until the object of that name satisfies
        ``test``.

        ``timeout`` is in seconds; then `Broken`, naming ``what`` was expected and the object as
        last seen.
        """
        deadline = time.monotonic() + timeout
        last: Obj = {}
        while time.monotonic() < deadline:
            # Ends when the server closes the watch or the kind is not served yet: listing again is
            # cheap then.
            for last in self._watched(path, name, deadline):
                if test(last):
                    return last
            if self._cancelled.wait(0.02):
                raise Broken(f"waiting for {path}/{name} at {self.name} was cancelled")
        seen = json.dumps(last.get("status", last))[:400] if last else "absent"
        raise Broken(
            f"{path}/{name} at {self.name}: {what} not seen in {timeout:.0f} s; last seen: {seen}"
        )

    def wait_gone(self, path: str, name: str, timeout: float = 60.0) -> None:
        """Wait until the object of that name is absent. For removals, where seconds do not
        matter.
        """
        deadline = time.monotonic() + timeout
        while self.get(f"{path}/{name}"):
            if time.monotonic() > deadline or self._cancelled.wait(0.1):
                raise Broken(
                    f"{path}/{name} at {self.name} was not gone {timeout:.0f} s after its deletion"
                )

    def _watched(self, path: str, name: str, deadline: float) -> Iterator[Obj]:
        query = f"{path}?watch=true&fieldSelector=metadata.name={name}&timeoutSeconds=5"
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            left = min(5.0, max(0.1, deadline - time.monotonic()))
            response = self._pool.request(
                "GET",
                self.url + query,
                preload_content=False,
                timeout=urllib3.Timeout(connect=2, read=left),
            )
            try:
                if response.status != 200:
                    return
                for line in lines(response):
                    event = json.loads(line)
                    if event["type"] in ("ADDED", "MODIFIED"):
                        yield event["object"]
            finally:
                response.close()

    def apply_crds(self, files: Iterable[Path]) -> list[str]:
        """Apply every CustomResourceDefinition in those files, and return their names."""
        names = []
        for file in files:
            for document in documents(file.read_text()):
                if document.get("kind") == "CustomResourceDefinition":
                    self.apply(document)
                    names.append(document["metadata"]["name"])
        return names

    def wait_established(self, names: Iterable[str], timeout: float = 60.0) -> None:
        """Wait until those CustomResourceDefinitions are served, which is a moment after they are
        Established.
        """
        for name in names:
            crd = self.wait(
                CRDS, name, "Established", lambda crd: is_true(crd, "Established"), timeout
            )["spec"]
            for version in crd["versions"]:
                if version["served"]:
                    path = f"/apis/{crd['group']}/{version['name']}/{crd['names']['plural']}"
                    self._wait_served(path, name, timeout)

    def _wait_served(self, path: str, name: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self.get(f"{path}?limit=1"):
            if time.monotonic() > deadline:
                raise Broken(
                    f"{path} is not served by {self.name} {timeout:.0f} s after {name} is "
                    "established"
                )
            if self._cancelled.wait(0.02):
                raise Broken(f"waiting for {path} at {self.name} was cancelled")


def is_true(obj: Obj, kind: str) -> bool:
    """Whether a status condition is True."""
    return any(
        c["type"] == kind and c["status"] == "True"
        for c in (obj.get("status") or {}).get("conditions") or []
    )


def object_path(obj: Obj) -> str:
    """The REST path of an object of one of the kinds that a start-up creates."""
    plural, namespaced = _RESOURCES[obj["kind"]]
    version = obj["apiVersion"]
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    if namespaced:
        root += f"/namespaces/{obj['metadata']['namespace']}"
    return f"{root}/{plural}/{obj['metadata']['name']}"
