"""How a person goes on with a platform that was left up."""

from __future__ import annotations

import shlex
from pathlib import Path

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import EDGE, Topology


def variables(topology: Topology) -> dict[str, str]:
    """The shell variables of the example-scenarios page ("Assumptions and Variables"), for this
    platform.
    """
    wds, its = next(iter(topology.wdses.items()))
    found = {
        "host_context": topology.host,
        "its_cp": its,
        "its_context": its,
        "wds_cp": wds,
        "wds_context": wds,
    }
    for number, name in enumerate(topology.wecs, start=1):
        found |= {f"wec{number}_name": name, f"wec{number}_context": name}
    label, value = next(iter(EDGE.items()))
    return {
        **found,
        "label_query_both": f"{label}={value}",
        "label_query_one": f"name={next(iter(topology.wecs))}",
    }


def write_environment(folder: RunFolder, topology: Topology, kubectl: Path) -> Path:
    """A file to be sourced by a shell: KUBECONFIG, kubectl on PATH, the documentation's
    variables.
    """
    programs = folder.root / "bin"
    programs.mkdir(exist_ok=True, mode=0o700)
    link = programs / "kubectl"
    link.unlink(missing_ok=True)
    link.symlink_to(kubectl)
    lines = [f"export KUBECONFIG={shlex.quote(str(folder.kubeconfig))}"]
    lines += [f"export PATH={shlex.quote(str(programs))}:$PATH"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables(topology).items()]
    return write_private(folder.root / "env.sh", "\n".join(lines) + "\n")


def text(folder: RunFolder, topology: Topology) -> str:
    """What is printed when a platform is left up."""
    contexts = ", ".join(topology.spaces)
    return "\n".join(
        [
            f"The platform is up, in {folder.root} (logs in {folder.logs}).",
            f"  source {shlex.quote(str(folder.root / 'env.sh'))}  # kubectl and the "
            "documentation's shell variables",
            '  kubectl --context "$wds_context" get bindingpolicies',
            f"  contexts: {contexts}",
            f"  stop it:  make platform-stop RUN={shlex.quote(folder.root.name)}",
        ]
    )
