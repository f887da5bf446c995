"""Reads kubeconfigs as kubectl does (of several files, the first with a setting wins), and extracts
one context.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance import paths
from kubestellar_conformance.access import read_yaml
from kubestellar_conformance.errors import UserError

Entry = dict[str, Any]
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_FILES = {
    "cluster": ("certificate-authority",),
    "user": ("client-certificate", "client-key", "tokenFile"),
}
_IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")


@dataclass(frozen=True)
class Kubeconfig:
    """The merged content of all files; its paths are absolute."""

    files: str
    clusters: dict[str, Entry]
    users: dict[str, Entry]
    contexts: dict[str, Entry]

    @classmethod
    def read(cls, files: str) -> Kubeconfig:
        """Read one file, or several with the path separator between them. A file that does not
        exist is skipped.
        """
        named = [
            paths.given(part, Path(), "kubeconfig") for part in files.split(os.pathsep) if part
        ]
        there = [path for path in named if paths.kind(path, "kubeconfig") == "file"]
        if not there:
            raise UserError(
                f"no kubeconfig at {' or '.join(map(str, named))}: name the one that has the "
                "installation's contexts with --ks-kubeconfig or KUBECONFIG"
            )
        found: dict[str, dict[str, Entry]] = {name: {} for name in _LISTS}
        for path in there:
            for kind, name, entry in _entries(path):
                found[kind].setdefault(name, entry)
        return cls(os.pathsep.join(map(str, there)), **found)

    def only(self, context: str) -> dict[str, Any]:
        """A kubeconfig with that one context. `UserError` if it does not exist or is incomplete."""
        if context not in self.contexts:
            known = ", ".join(sorted(self.contexts)) or "none"
            raise UserError(f"kubeconfig {self.files} has no context {context!r}; it has: {known}")
        chosen = self.contexts[context]
        cluster, user = str(chosen.get("cluster", "")), str(chosen.get("user", ""))
        if not (self.clusters.get(cluster) or {}).get("server"):
            raise UserError(
                f"kubeconfig {self.files}: context {context!r} names the cluster "
                f"{cluster!r}, which it lacks"
            )
        if user not in self.users:
            raise UserError(
                f"kubeconfig {self.files}: context {context!r} names the user {user!r}, which it "
                "lacks"
            )
        if any(self.users[user].get(key) for key in _IMPERSONATION):
            raise UserError(
                f"kubeconfig {self.files}: the user {user!r} of context {context!r} "
                "impersonates another one, which the client used here cannot do: give a context "
                "with credentials of its own"
            )
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": cluster, "cluster": self.clusters[cluster]}],
            "users": [{"name": user, "user": self.users[user]}],
            "contexts": [{"name": context, "context": chosen}],
        }


def _entries(path: Path) -> Iterator[tuple[str, str, Entry]]:
    try:
        content = read_yaml(path) or {}
        for kind, inner in _LISTS.items():
            for entry in content.get(kind) or ():
                if not isinstance(entry["name"], str):
                    raise TypeError(f"{kind} has a name that is not text: put it in quotes")
                yield (
                    kind,
                    entry["name"],
                    _absolute(inner, dict(entry.get(inner) or {}), path.parent),
                )
    except OSError as error:
        raise UserError(f"kubeconfig {path} cannot be read ({error.strerror})") from None
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"kubeconfig {path} is not a kubeconfig: {reason}") from None


def _absolute(kind: str, entry: Entry, folder: Path) -> Entry:
    for key in _FILES.get(kind, ()):
        if entry.get(key):
            entry[key] = str((folder / entry[key]).absolute())
    command = (entry.get("exec") or {}).get("command", "")
    # kubectl looks up a bare name on PATH, and a path relative to the kubeconfig.
    if os.sep in command:
        entry["exec"] = {**entry["exec"], "command": str((folder / command).absolute())}
    return entry
