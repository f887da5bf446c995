"""``helm.install(wds, "postgres", chart, namespace=...)``: the real helm, in the spaces of a test.

Helm writes by itself, so the harness takes nothing of it back: a release lives in a Namespace of
the test's own, and goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, Workload
from kubestellar_conformance.story.programs import at_home, finished, last_line

_SECRET = Kind("", "v1", "Secret")
_NO_SERVER = "Kubernetes cluster unreachable"
"""What helm says when it is the API server that does not answer."""


@dataclass(frozen=True)
class Listed:
    """A line of ``helm list``; ``chart`` is its name and version."""

    name: str
    revision: int
    chart: str
    status: str


@dataclass(frozen=True)
class Release:
    """One revision of an installed chart. ``objects``: those of the chart, as helm rendered them;
    ``notes``: what helm tells the user.
    """

    name: str
    namespace: str
    revision: int
    objects: Workload
    notes: str = ""

    @property
    def secret(self) -> Ref:
        """The Secret in which helm keeps this revision; it is not one of the objects."""
        return Ref(_SECRET, self.namespace, f"sh.helm.release.v1.{self.name}.v{self.revision}")

    def of_kind(self, kind: str) -> list[Obj]:
        """The objects of a kind, in the chart's order; none if the release has no such object."""
        return [obj for obj in self.objects.objects if obj["kind"] == kind]

    def named(self, kind: str, name: str) -> Obj:
        """The object of that kind and name. Raises `Broken` if the release has none."""
        for obj in self.of_kind(kind):
            if obj["metadata"]["name"] == name:
                return obj
        raise Broken(f"release {self.name} has no {kind} {name}")

    def labelled(self, labels: Mapping[str, str]) -> Workload:
        """The objects that have these labels."""
        return self._those(labels, have=True)

    def not_labelled(self, labels: Mapping[str, str]) -> Workload:
        """The objects that lack one of these labels."""
        return self._those(labels, have=False)

    def _those(self, labels: Mapping[str, str], *, have: bool) -> Workload:
        found = tuple(
            obj
            for obj in self.objects.objects
            if (labels.items() <= (obj["metadata"].get("labels") or {}).items()) == have
        )
        if not found:
            these = ", ".join(f"{key}={value}" for key, value in labels.items())
            how = "with" if have else "without"
            raise Broken(f"release {self.name} has no object {how} {these}")
        return Workload(self.name, found)


class Helm:
    """Runs helm with nothing of the user's: its settings, cache and data lie in ``folder``.

    Each verb raises `Deviation` with helm's own message when helm fails, and `Broken` when it does
    not end, or cannot reach the API server.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._environment = at_home(
            folder,
            HELM_CACHE_HOME=str(folder / "cache"),
            HELM_CONFIG_HOME=str(folder / "config"),
            HELM_DATA_HOME=str(folder / "data"),
        )

    def install(
        self, space: Space, name: str, chart: Path, /, *, namespace: str, **values: object
    ) -> Release:
        """Install a chart of a folder as the release ``name``, with these values."""
        return self._released(space, "install", name, chart, namespace, _set(values))

    def upgrade(self, space: Space, release: Release, chart: Path, /, **values: object) -> Release:
        """Upgrade a release: its values stay, but for these."""
        more = ["--reuse-values", *_set(values)]
        return self._released(space, "upgrade", release.name, chart, release.namespace, more)

    def uninstall(self, space: Space, release: Release) -> None:
        """Uninstall a release, and with it helm's Secrets of all its revisions."""
        self._run(space, "uninstall", release.name, f"--namespace={release.namespace}")

    def listed(self, spaces: Space | Iterable[Space], namespace: str) -> dict[str, list[Listed]]:
        """The releases that helm lists in a namespace of each space, by the space's name."""
        asked = [spaces] if isinstance(spaces, Space) else list(spaces)
        return {space.name: self._listed(space, namespace) for space in asked}

    def rendered(self, space: Space, name: str, chart: Path, *values: str) -> Release:
        """What an installation of the chart would create and say; nothing is created. ``values`` as
        for ``--set``.
        """
        more = ["--dry-run=client", *(f"--set={value}" for value in values)]
        return self._released(space, "install", name, chart, "default", more)

    def template(self, space: Space, name: str, chart: Path, *values: str) -> Release:
        """What `helm template` prints for the chart, which asks no API server: also of charts whose
        objects exist in the space already. ``values`` as for ``--set``.
        """
        more = [f"--set={value}" for value in values]
        said = self._run(space, "template", name, str(chart), "--namespace=default", *more)
        return Release(name, "default", 1, Workload.from_yaml(said, name=name))

    def _released(
        self,
        space: Space,
        verb: str,
        name: str,
        chart: Path,
        namespace: str,
        more: Iterable[str],
    ) -> Release:
        argv = [verb, name, str(chart), f"--namespace={namespace}", "--output=json", *more]
        return _release(self._run(space, *argv))

    def _listed(self, space: Space, namespace: str) -> list[Listed]:
        said = json.loads(self._run(space, "list", f"--namespace={namespace}", "--output=json"))
        return [
            Listed(one["name"], int(one["revision"]), one["chart"], one["status"]) for one in said
        ]

    def _run(self, space: Space, *argv: str) -> str:
        environment = {
            **self._environment,
            "KUBECONFIG": str(space.kubeconfig),
            "HELM_KUBECONTEXT": space.context,
        }
        doing = f"helm {argv[0]} in {space.name}"
        done = finished(doing, [self._program, *argv], env=environment, within="recovery")
        if done.status == 0:
            return done.stdout
        said = last_line(done)
        raise (Broken if _NO_SERVER in said else Deviation)(f"{doing} fails: {said}")


def _set(values: Mapping[str, object]) -> list[str]:
    return [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]


def _release(said: str) -> Release:
    data: dict[str, Any] = json.loads(said)
    return Release(
        data["name"],
        data["namespace"],
        int(data["version"]),
        Workload.from_yaml(data["manifest"], name=data["name"]),
        str(data["info"].get("notes") or ""),
    )
