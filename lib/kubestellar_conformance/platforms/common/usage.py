"""How a person continues to use a platform that was left up."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import EDGE, Topology


def shell_variables(
    *,
    host_context: str,
    its: tuple[str, str],
    wds: tuple[str, str],
    wecs: Iterable[tuple[str, str]],
    both: str,
    one: str,
) -> dict[str, str]:
    """The shell variables of the example-scenarios page ("Assumptions and Variables").

    ``its``, ``wds`` and ``wecs``: name and context. ``both`` and ``one``: label queries.
    """
    found = {
        "host_context": host_context,
        "its_cp": its[0],
        "its_context": its[1],
        "wds_cp": wds[0],
        "wds_context": wds[1],
    }
    for number, (name, context) in enumerate(wecs, start=1):
        found |= {f"wec{number}_name": name, f"wec{number}_context": context}
    return {**found, "label_query_both": both, "label_query_one": one}


def variables(topology: Topology) -> dict[str, str]:
    """The shell variables for a platform whose contexts have the names of its spaces."""
    wds, its = next(iter(topology.wdses.items()))
    label, value = next(iter(EDGE.items()))
    return shell_variables(
        host_context=topology.host,
        its=(its, its),
        wds=(wds, wds),
        wecs=[(name, name) for name in topology.wecs],
        both=f"{label}={value}",
        one=f"name={next(iter(topology.wecs))}",
    )


_ASKS_A_KUBELET = """#!/bin/sh
{kubectl} "$@"
status=$?
if [ $status -ne 0 ]; then
  for word in "$@"; do
    case $word in
      logs|exec|attach|cp|port-forward) echo {why} >&2; break ;;
    esac
  done
fi
exit $status
"""


def write_environment(
    folder: RunFolder, topology: Topology, kubectl: Path, *, without_kubelet: str = ""
) -> Path:
    """Write a file for a shell to source: KUBECONFIG, kubectl on PATH, the documentation's
    variables.

    ``without_kubelet``: printed when a command fails that only a kubelet could answer.
    """
    programs = folder.root / "bin"
    programs.mkdir(exist_ok=True, mode=0o700)
    link = programs / "kubectl"
    link.unlink(missing_ok=True)
    if without_kubelet:
        why = shlex.quote(f"kubectl: {without_kubelet}")
        link.write_text(_ASKS_A_KUBELET.format(kubectl=shlex.quote(str(kubectl)), why=why))
        link.chmod(0o700)
    else:
        link.symlink_to(kubectl)
    lines = [f"export KUBECONFIG={shlex.quote(str(folder.kubeconfig))}"]
    lines += [f"export PATH={shlex.quote(str(programs))}:$PATH"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables(topology).items()]
    return write_private(folder.root / "env.sh", "\n".join(lines) + "\n")


def text(folder: RunFolder, topology: Topology, *, what: str, ending: Sequence[str]) -> str:
    """The text printed when a platform is left up. ``ending``: how to use it again or stop it."""
    return "\n".join(
        [
            f"The platform is up: {what}, in {folder.root} (logs in {folder.logs}).",
            f"  source {shlex.quote(str(folder.root / 'env.sh'))}  # kubectl and the "
            "documentation's shell variables",
            '  kubectl --context "$wds_context" get bindingpolicies',
            f"  contexts: {', '.join(topology.spaces)}",
            *(f"  {line}" for line in ending),
        ]
    )
