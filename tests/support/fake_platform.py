"""A platform of files and one sleeping process, to try the plugin on. What it is told to do stands
in its environment.

Everything it does is a line in ``events.log`` of the run's folder; the state of a part is a file
there, so that all processes of a run see the same.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms import (
    PLATFORMS,
    Capability,
    Extent,
    Platform,
    PlatformSettings,
)
from kubestellar_conformance.platforms.base import full_name
from kubestellar_conformance.platforms.common.starting import Starting, forget, note
from kubestellar_conformance.platforms.outages import Outages
from kubestellar_conformance.plugin import apart
from kubestellar_conformance.spaces import EventLog, Kind, Ref, Refused, Space, Spaces, System
from kubestellar_conformance.spaces.client import Answer
from kubestellar_conformance.spaces.discovery import Served
from kubestellar_conformance.spaces.merge import merged
from kubestellar_conformance.spaces.verbs import ContractName

_ERRORS = {
    "usage": UserError("the source folder /nowhere is not a Go module"),
    "compiler": UserError(
        "it: building /ks failed; the compiler's last lines are below\n    # example.test/pkg\n"
        "    pkg/a.go:1:2: undefined: b\n    pkg/a.go:3:4: c (type *d  has no\n        method c)"
    ),
    "broken": Broken("wds1/kube-apiserver was not ready after 30 s"),
    "deviates": Deviation("wds1/transport-controller ended while starting"),
    "bug": RuntimeError("a hole in the harness"),
}


_KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: fake, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: fake, context: {cluster: fake, user: fake}}]
users: [{name: fake, user: {}}]
"""
_THERE_BEFORE = {
    "its1/ManagedCluster//there-before": {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": {"name": "there-before", "uid": "u0", "labels": {"old": "1", "same": "1"}},
        "spec": {"hubAcceptsClient": True},
    }
}


class FakeClient:
    """Keeps objects as an API server does, in a file of the run's folder that all its processes
    share. Every write is a line in the log.
    """

    def __init__(self, space: str, log: Any, folder: Path) -> None:
        self._space, self._log, self._file = space, log, folder / f"objects-{space}.json"

    def served(self, kind: Kind, timeout: Any = None) -> Served:
        del timeout
        return Served(kind, kind.name, namespaced=kind.name in ("ConfigMap", "Secret"))

    def path(self, ref: Ref, subresource: str = "") -> str:
        path = f"{self._space}/{ref.kind.name}/{ref.namespace}/{ref.name}"
        return f"{path}:{subresource}" if subresource else path

    def request(self, method: str, path: str, **params: Any) -> Any:
        return self.answer(method, path, **params).body

    def answer(
        self, method: str, path: str, *, doing: str, body: Any = None, **params: Any
    ) -> Answer:
        objects = self._objects()
        path, _, subresource = path.partition(":")
        live, name = objects.get(path), path.rpartition("/")[2]
        applied = "apply" in str(params.get("content_type"))
        verb = "apply" if applied else method
        if method != "get":
            self._log(verb, self._space, *([subresource] if subresource else []), name)
        if os.environ.get("FAKE_REFUSES") == f"{verb} {name}":
            raise Refused(self._space, doing, 403, "Forbidden", "not you")
        if live is None and not applied:
            raise Refused(self._space, doing, 404, "NotFound", name)
        if method == "delete":
            objects.pop(path)
        elif method == "patch":
            objects[path] = merged(live or {"metadata": {"uid": f"u{len(objects)}"}}, body)
        self._file.write_text(json.dumps(objects))
        return Answer({"kind": "Status"} if method == "delete" else objects[path], live is None)

    def close(self) -> None:
        pass

    def _objects(self) -> dict[str, Any]:
        if self._file.exists():
            content: dict[str, Any] = json.loads(self._file.read_text())
            return content
        return {path: obj for path, obj in _THERE_BEFORE.items() if path.startswith(self._space)}


class FakeSpace(Space):
    """A space without an API server. It finds that everything holds, unless the environment says
    otherwise.
    """

    def __init__(self, name: str, role: Any, log: Any, folder: Path) -> None:
        kubeconfig = folder / "fake.kubeconfig"
        write_private(kubeconfig, _KUBECONFIG)
        super().__init__(name, role, kubeconfig, "fake")
        self._log, self.client = log, FakeClient(name, log, folder)  # type: ignore[assignment]

    def watch(self, kind: Any) -> Any:
        return SimpleNamespace(kind=kind, live=False, synced=False, ready=lambda _: False)

    def eventually(
        self, subject: Any, *, within: ContractName = "downsync", status: object = None
    ) -> list[Any]:
        del status
        self._log("eventually", self.name, within, subject.subject)
        if (error := os.environ.get(f"FAKE_{within.upper()}")) is not None:
            raise _ERRORS[error]
        return []


class FakeSpaces(Spaces):
    def eventually(
        self, subject: Any, *, within: ContractName = "downsync", status: Any = None
    ) -> dict[str, list[Any]]:
        return {
            space.name: space.eventually(subject, within=within, status=status) for space in self
        }


class FakeSystem(System):
    """Four spaces without an API server behind them."""

    def __init__(self, log: Any, folder: Path) -> None:
        roles = {
            "kind-kubeflex": "host",
            "its1": "its",
            "wds1": "wds",
            "cluster1": "wec",
            "cluster2": "wec",
        }
        super().__init__(FakeSpace(name, role, log, folder) for name, role in roles.items())
        assert isinstance(self.record, EventLog)

    @property
    def itses(self) -> Spaces:
        return FakeSpaces([self.its])

    @property
    def wecs(self) -> Spaces:
        return FakeSpaces([self.wec1, self.wec2])


class FakePart(Outages):
    """One part; ``product`` when its name says that KubeStellar's code runs in it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.product = name == "wds1/transport-controller"
        self.arguments = ["--fake"]
        self.log = folder / f"{name.replace('/', '-')}.log"
        self._file = folder / f"{name.replace('/', '-')}.state"

    @property
    def state(self) -> Any:
        return self._file.read_text() if self._file.exists() else "running"

    def _set(self, state: str) -> None:
        self._file.write_text(state)

    def log_tail(self, lines: int = 10) -> list[str]:
        if self.state == "exited":
            return ["last of all", "panic: nil map; token: s3cr3t-of-the-log"][-lines:]
        return ["running"]

    def stop(self, *, wait: bool = True) -> None:
        del wait
        self._set("stopped")

    def die(self) -> None:
        self._set("exited")

    def settle(self) -> None:
        if self.state == "starting":
            self.start()

    def start(self, *, wait: bool = True) -> None:
        if os.environ.get("FAKE_START") == "fails":
            raise Broken(f"{self.name} was not ready after 60 s")
        if os.environ.get("FAKE_START") == f"refused:{self.name}":
            raise Refused(
                "wds1", f"scale of {self.name}", 409, "Conflict", "somebody else has changed it"
            )
        if os.environ.get("FAKE_START") == "crashes":
            self._set("exited")
        else:
            self._set("running" if wait else "starting")

    def resume(self) -> None:
        self.start()

    changed = False
    mishap = ""

    def restart(self, **flags: str) -> None:
        self.changed = bool(flags)
        with (self.log.parent / "events.log").open("a") as file:
            file.write(f"restart {self.name} {' '.join(flags) or 'as-it-was'} {os.getpid()}\n")
        self.start()

    def pause(self) -> None:
        self._set("paused")


class FakePlatform(Platform):
    name = "fake"
    capabilities = frozenset({Capability.STOP_COMPONENTS})

    def __init__(self, settings: PlatformSettings) -> None:
        super().__init__(settings)
        if limit := os.environ.get("FAKE_TEST_LIMIT"):
            self.test_limit = float(limit)
        if os.environ.get("FAKE_TOPOLOGIES"):
            self.capabilities |= {Capability.TOPOLOGIES}
        self._parts = [
            FakePart(name, self.run_dir) for name in ("etcd", "wds1/transport-controller")
        ]
        self._dead: list[FakePart] = []

    @property
    def repeatable(self) -> bool:
        return "FAKE_REPEATABLE" in os.environ and not self.settings.keep

    @property
    def reused(self) -> bool:
        return "FAKE_REUSED" in os.environ

    def log(self, *words: str) -> dict[str, Any]:
        with (self.run_dir / "events.log").open("a") as file:
            file.write(" ".join((*words, str(os.getpid()))) + "\n")
        return {}

    def up(self) -> None:
        less = self.settings.extent is not Extent.ALL
        self.log("up", *([self.settings.extent.value] if less else []))
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        # Whole or absent: a test looks at it as soon as it is there.
        write_private(self.run_dir / "child.pid", str(child.pid))
        self.log("child-runs")
        time.sleep(float(os.environ.get("FAKE_UP_SECONDS", "0")))
        if (until := os.environ.get("FAKE_UP_UNTIL")) is not None:
            note(self.folder, Starting(1, 2, ["etcd"]))
            deadline = time.monotonic() + 60
            while not Path(until).exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            forget(self.folder)
        apart = "_APART" if self.run_dir.name == "apart" else ""
        if (error := os.environ.get(f"FAKE_UP{apart}")) is not None:
            raise _ERRORS[error]
        self._use(FakeSystem(self.log, self.run_dir))

    def attach(self) -> None:
        self.log("attach")
        self._use(FakeSystem(self.log, self.run_dir))

    def detach(self) -> None:
        self.log("detach")
        super().detach()

    def down(self) -> None:
        self.log("down")
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self.run_dir / "child.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if os.environ.get("FAKE_DOWN") in ("fails", self.run_dir.name):
            raise Broken("etcd cannot be ended")

    def component(self, name: str) -> FakePart:
        parts = {part.name: part for part in self._parts}
        return parts[full_name(parts, name)]

    def components(self) -> Sequence[FakePart]:
        if os.environ.get("FAKE_COMPONENTS") == "refused" and any(
            part.state != "running" for part in self._parts
        ):
            raise Refused("wds1", "get of etcd", 422, "Invalid", "no such thing")
        return self._parts

    def dead(self) -> Sequence[FakePart]:
        self._dead += [
            part for part in self._parts if part.state == "exited" and part not in self._dead
        ]
        return self._dead

    def add_wds(
        self, name: str, *, its: str, hosted: bool = False, from_core_chart: bool = False
    ) -> Space:
        del hosted, from_core_chart
        self.log("add", name, its)
        self.system.add(FakeSpace(name, "wds", self.log, self.run_dir))
        self._parts.append(FakePart(f"{name}/transport-controller", self.run_dir))
        return self.system[name]

    def remove(self, name: str) -> None:
        self.log("remove", name)
        self.system.remove(name)
        self._parts = [part for part in self._parts if not part.name.startswith(f"{name}/")]

    def record(self) -> dict[str, Any]:
        return {
            "components": [{"name": "etcd", "version": "v3.6.5"}],
            "status_reporter": "the harness's own status reporter",
            "admin": {"token": "s3cr3t-of-the-platform"},
        }

    def variables(self) -> dict[str, str]:
        return {"label_query_both": "location-group=edge", "label_query_one": "name=cluster1"}

    def keep(self) -> None:
        pass

    def usage(self) -> str:
        return f"export KUBECONFIG={self.run_dir}/kubeconfig"


PLATFORMS["fake"] = FakePlatform
if (enough := os.environ.get("FAKE_ENOUGH_WORKERS")) is not None:
    apart._WORKERS = int(enough)
