"""``contexts.by_blocks("kflex")``: the documented ways to a kubeconfig that has a context for each
ControlPlane.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from kubestellar_conformance.access import read_yaml
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.files import write_private
from kubestellar_conformance.reader.page import shell_blocks
from kubestellar_conformance.reader.shell import bash
from kubestellar_conformance.spaces import Ref, Space
from kubestellar_conformance.story.kubeconfigs import kubeconfig_of
from kubestellar_conformance.story.programs import at_home, finished, last_line

HEADING: Final = "Kubeconfig files and contexts for Control Planes"
Way = Literal["kflex", "kubectl"]
_BLOCKS: Final[dict[Way, tuple[int, ...]]] = {"kflex": (2,), "kubectl": (4, 6)}
"""The numbers of each way's blocks for all ControlPlanes, under the heading."""


@dataclass(frozen=True)
class Documented:
    """The Markdown of the page "KubeStellar Core Chart", and the script ``import-cp-contexts.sh``,
    of the release under test.
    """

    page: str
    script: Path


class Contexts:
    """A user's home in ``folder``, whose kubeconfig has at first the hosting cluster's context
    alone. ``programs``: the folders that come first on its PATH.
    """

    def __init__(
        self, documented: Documented, programs: Sequence[Path], folder: Path, host: Space
    ) -> None:
        self._documented, self._home = documented, folder
        (folder / ".kube").mkdir(mode=0o700)
        self._file = write_private(folder / ".kube" / "config", kubeconfig_of(host).encode())
        path = [*map(str, programs), os.environ.get("PATH", os.defpath)]
        self._environment = at_home(folder, PATH=os.pathsep.join(path))

    def by_blocks(self, way: Way) -> None:
        """Run the page's blocks for all ControlPlanes, with kflex or with kubectl. Raises
        `Deviation` if one fails, and `UserError` if the page lacks it.
        """
        blocks = shell_blocks(self._documented.page)
        texts = {block.number: block.text for block in blocks if block.heading == HEADING}
        if lacking := [number for number in _BLOCKS[way] if number not in texts]:
            raise UserError(f"the page has no block {lacking[0]} under {HEADING!r}")
        for number in _BLOCKS[way]:
            self._run(f"block {number} under {HEADING!r}", ["-ec", texts[number]])

    def by_script(self, *flags: str) -> None:
        """Run the script, which the page fetches, with these flags. Raises `Deviation` if it
        fails.
        """
        script = self._documented.script
        self._run(" ".join([script.name, *flags]), [str(script), *flags])

    @property
    def names(self) -> list[str]:
        """The names of the kubeconfig's contexts, in alphabetical order."""
        contexts = read_yaml(self._file)["contexts"]
        return sorted(str(one["name"]) for one in contexts)

    def lists(self, context: str, namespace: Ref) -> bool:
        """Whether a list of the namespaces by that context has this one. Raises `Deviation` if
        kubectl fails.
        """
        listing = f"kubectl --context {context} get namespaces -o name"
        return f"namespace/{namespace.name}" in self._run(listing, ["-ec", listing]).split()

    def _run(self, doing: str, arguments: Sequence[str]) -> str:
        argv = [*bash(), *arguments]
        done = finished(doing, argv, env=self._environment, within="recovery", cwd=self._home)
        if done.status != 0:
            raise Deviation(f"{doing} fails: {last_line(done)}")
        return done.output
