"""Saves the logs of all parts in the run's folder, before the clusters are deleted with them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart

SECONDS = 4.0
LINES = 20000


def save(folder: RunFolder, parts: Mapping[str, KnownPart]) -> None:
    """Write the log of each part's pod, as far as it is available: a cluster that does not answer
    keeps its logs.
    """
    program = folder.root / "bin" / "kubectl"
    if not program.exists():
        return  # it never came up, and the failure has the relevant lines
    with ThreadPoolExecutor(4) as pool:
        for part in parts.values():
            pool.submit(
                _save,
                folder,
                Kubectl(program, part.space, folder.space_kubeconfig(part.space)),
                part,
            )


def _save(folder: RunFolder, kubectl: Kubectl, part: KnownPart) -> None:
    ref = part.refs[0]
    what = (
        f"{ref.kind.name.lower()}/{ref.name}",
        f"--namespace={ref.namespace}",
        f"--tail={LINES}",
    )
    try:
        text = kubectl.run("logs", *what, "--all-containers", seconds=SECONDS)
    except Broken as error:
        text = f"(not available: {error})\n"
    write_private(folder.logs / f"{part.name.replace('/', '-')}.log", text)
