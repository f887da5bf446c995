"""kubectl against one API server, for the start of a platform: a failure shows kubectl's own
output.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from kubestellar_conformance.components.process import run
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.spaces.refs import Obj

_ANSWER_SECONDS = 60.0


class Kubectl:
    """One API server, by a kubeconfig of one context."""

    def __init__(self, program: Path, name: str, kubeconfig: Path) -> None:
        self.name, self.kubeconfig, self._program = name, kubeconfig, program

    def run(
        self, *arguments: str, given: str | None = None, seconds: float = _ANSWER_SECONDS
    ) -> str:
        """The output of kubectl. `Broken` with its error output if it fails or takes longer than
        ``seconds``.
        """
        argv = [str(self._program), f"--kubeconfig={self.kubeconfig}", *arguments]
        said = f"kubectl {' '.join(arguments)} at {self.name}"
        try:
            done = run(
                argv,
                given=given,
                seconds=seconds,
                env={
                    **os.environ,
                    "KUBECACHEDIR": str(self.kubeconfig.parent / f"discovery-{self.name}"),
                },
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"{said}: did not end within {seconds:g} s") from None
        if done.status != 0:
            raise Broken(f"{said}: {' '.join(done.stderr.split())[-600:]}")
        return done.stdout

    @staticmethod
    def text(things: Iterable[Obj]) -> str:
        """The objects as text, as kubectl reads them."""
        return yaml.safe_dump_all(list(things))

    def apply(self, things: Iterable[Obj]) -> None:
        """Server-side apply the objects."""
        self.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=kubestellar-conformance",
            "-f",
            "-",
            given=self.text(things),
        )

    def delete(self, *what: str, seconds: float) -> None:
        """Delete the objects if they exist, and wait until they are gone."""
        self.run(
            "delete", "--ignore-not-found", f"--timeout={seconds:g}s", *what, seconds=seconds + 10
        )

    def apply_files(self, files: Sequence[Path]) -> None:
        """Server-side apply of files, and for CustomResourceDefinitions until they are served."""
        named = [f"--filename={file}" for file in files]
        self.run("apply", "--server-side", "--force-conflicts", *named)
        self.run("wait", "--for=condition=Established", "--timeout=30s", *named)

    def wait(self, what: str, condition: str, seconds: float, namespace: str = "") -> None:
        """Wait until the object exists and the condition holds (kubectl's ``--for``, by a
        watch).
        """
        where = [f"--namespace={namespace}"] if namespace else []
        for wanted in ("create", condition):
            self.run(
                "wait",
                what,
                f"--for={wanted}",
                f"--timeout={seconds:g}s",
                *where,
                seconds=seconds + 10,
            )

    def available(self, deployment: str, namespace: str, seconds: float) -> None:
        """Wait until a Deployment is available."""
        self.wait(f"deployment/{deployment}", "condition=Available", seconds, namespace)

    def token(self, account: str, namespace: str) -> str:
        """A token of a ServiceAccount, valid for a year."""
        return self.run(
            "create", "token", account, f"--namespace={namespace}", "--duration=8760h"
        ).strip()

    def listed(self, kind: str) -> list[Obj]:
        """All objects of a kind, in every namespace."""
        found: list[Obj] = json.loads(self.run("get", kind, "--all-namespaces", "--output=json"))[
            "items"
        ]
        return found
