"""The scripts of our node image, with stand-ins for the programs that they call."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kubestellar_conformance.images import node

SCRIPT = Path(node.__file__).parent / "node_files/kind/bin/keep-addresses-inside.sh"


@pytest.mark.parametrize("there", [False, True], ids=["at first", "again"])
def test_addresses_are_kept_inside_once(tmp_path: Path, there: bool) -> None:
    """The kubelet may start again: a rule that there is does not become two."""
    calls = tmp_path / "calls"
    for name, status in (("iptables", int(not there)), ("ip", 0)):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >>"{calls}"\n[ "$2" != -C ] || exit {status}'
        )
        program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["bash", str(SCRIPT)], env={"PATH": path}, check=True, timeout=60)
    said = calls.read_text().splitlines()
    changed = [line for line in said if "-C" not in line.split()]
    rules = [f"iptables -w -I {chain} -d 10.96.0.0/16 -j REJECT" for chain in ("FORWARD", "OUTPUT")]
    assert changed == [*([] if there else rules), "ip route replace unreachable 10.244.0.0/16"]
