"""``argo_cd.sync(app)``: Argo CD by its real CLI, and the Git repository that it reads.

Argo CD writes by itself, so the harness takes nothing of it back: `clean` deletes the applications
of a test, and with them all that they brought.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.components.process import Finished
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.platforms import ArgoAddress
from kubestellar_conformance.spaces import Workload
from kubestellar_conformance.story.programs import at_home, finished, last_line
from kubestellar_conformance.waiting.contracts import contracts

_MESSAGE = re.compile(r'msg="((?:[^"\\]|\\.)*)"')
_TIMED_OUT = "timed out ("
"""What the CLI says when it has waited in vain."""
_UNANSWERED = (
    "code = Unavailable",
    "code = DeadlineExceeded",
    "connection refused",
    _TIMED_OUT,
)
"""What the CLI says when it is Argo CD itself that does not do its work."""
_ENDED = ("Succeeded", "Failed", "Error")
"""The phases of an operation that is over (Argo CD's API, OperationState)."""
_PAUSE = 0.5
"""Seconds between two looks at a sync, which takes a second, or some under load."""
_AUTHOR = {"NAME": "kubestellar-conformance", "EMAIL": "conformance@kubestellar.invalid"}


@dataclass(frozen=True)
class Shown:
    """What Argo CD shows of an application: its sync status, its health, and the health of each
    object that has one, by kind.
    """

    sync: str
    health: str
    objects: Mapping[str, str]


class ArgoCd:
    """Argo CD as a user with its CLI and a Git repository has it; both are in ``folder``.

    Each verb raises `Deviation` with Argo CD's own message when Argo CD refuses or fails, and
    `Broken` when it does not end, or does not answer.
    """

    def __init__(self, address: ArgoAddress, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._repository = folder / "repository"
        self._apps: list[str] = []

    def push(self, app: str, what: Workload) -> None:
        """Commit these objects to the folder of the Git repository that is the application's, in
        place of all that was there.
        """
        if not self._repository.exists():
            self._repository.mkdir(parents=True)
            self._git("init", "--quiet", "--initial-branch=main")
        folder = self._repository / app
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for number, obj in enumerate(what.objects):
            file = folder / f"{number}-{obj['kind'].lower()}.yaml"
            file.write_text(yaml.safe_dump(obj), "utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", f"--message={app}")

    def create(self, app: str, *, namespace: str) -> None:
        """Create the application as the page does: the WDS gets its folder of the repository."""
        self._apps.append(app)
        self._run(
            "create",
            app,
            f"--repo=file://{self._repository}",
            f"--path={app}",
            f"--dest-server={self._address.destination}",
            f"--dest-namespace={namespace}",
        )

    def sync(self, app: str, *, prune: bool = False) -> None:
        """Sync the application, and wait until Argo CD has done it, at most as long as the contract
        ``recovery`` allows. ``prune``: what the repository has no more is deleted.
        """
        before = self._operation(app)
        self._run("sync", app, "--async", *(["--prune"] if prune else []))
        # The CLI would wait by a watch, which can be minutes late, and then for a refresh.
        deadline = time.monotonic() + (limit := contracts.seconds("recovery"))
        while (state := self._operation(app)) == before or state.get("phase") not in _ENDED:
            if time.monotonic() > deadline:
                seen = "no new operation" if state == before else f"phase {state.get('phase')}"
                raise Broken(f"argocd app sync {app} did not end within {limit:g} s: {seen}")
            time.sleep(_PAUSE)
        if state["phase"] != "Succeeded":
            told = state.get("message") or f"it ends with phase {state['phase']}"
            raise Deviation(f"argocd app sync {app} fails: {told}")

    def delete(self, app: str) -> None:
        """Delete the application with all that it brought (``--cascade``), and wait for that."""
        self._run("delete", app, "--cascade", "--yes", "--wait")
        self._apps.remove(app)

    def shown(self, app: str) -> Shown:
        """What Argo CD shows of the application, once it has looked at it anew. It is given the
        contract ``available`` to find the application synced, since its own cache of the WDS can
        lag behind the sync that it has done, and ``quiet`` to find it healthy.
        """
        for what, contract in (("--sync", "available"), ("--health", "quiet")):
            self._finished("wait", app, what, f"--timeout={int(contracts.seconds(contract))}")
        status = self._status(app, "--refresh")
        objects = {
            str(one["kind"]): str(one["health"]["status"])
            for one in status.get("resources", [])
            if one.get("health")
        }
        return Shown(status["sync"]["status"], status["health"]["status"], objects)

    def clean(self) -> None:
        """Delete the applications that are left."""
        for app in list(self._apps):
            if self._finished("get", app).status == 0:
                self.delete(app)

    def _status(self, app: str, *more: str) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self._run("get", app, "--output=json", *more))["status"]
        return status

    def _operation(self, app: str) -> Mapping[str, Any]:
        """How the last operation on the application went, as Argo CD's API has it; empty if there
        was none.
        """
        return self._status(app).get("operationState") or {}

    def _run(self, verb: str, app: str, *flags: str) -> str:
        done = self._finished(verb, app, *flags)
        if done.status != 0:
            raise self._failure(verb, app, done)
        return done.stdout

    def _finished(self, verb: str, app: str, *flags: str) -> Finished:
        environment = at_home(self._folder, ARGOCD_BINARY_NAME="argocd")
        settings = f"--config={self._address.settings}"
        argv: list[str | Path] = [self._address.program, settings, "app", verb, app, *flags]
        return finished(f"argocd app {verb} {app}", argv, env=environment, within="recovery")

    @staticmethod
    def _failure(verb: str, app: str, done: Finished) -> Broken | Deviation:
        told = _MESSAGE.findall(done.stderr)
        said = told[-1] if told else last_line(done)
        unanswered = any(words in done.stderr for words in _UNANSWERED)
        return (Broken if unanswered else Deviation)(f"argocd app {verb} {app} fails: {said}")

    def _git(self, *arguments: str) -> None:
        git = shutil.which("git")
        if git is None:
            raise Broken("there is no git on PATH")
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in _AUTHOR.items()
        }
        environment = {
            "HOME": str(self._folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            **identity,
        }
        doing = f"git {arguments[0]}"
        argv = [git, *arguments]
        done = finished(doing, argv, env=environment, within="recovery", cwd=self._repository)
        if done.status != 0:
            raise Broken(f"{doing} fails: {last_line(done)}")
