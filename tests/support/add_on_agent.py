"""A program that behaves like the agent of the OCM status add-on where a platform meets it.

    add_on_agent.py agent --hub-kubeconfig FILE --cluster-name NAME [options]

It finds the WEC by KUBECONFIG alone and exits without it, refuses options that the agent does not
have, serves at the addresses of its options (on all addresses where they name no host) and at port
8443 of all addresses. Then it reports status, as the harness's own reporter does.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

SERVING = 8443
ADDRESSES = {"metrics-bind-addr": 8080, "health-probe-bind-address": 8081, "pprof-bind-addr": 8082}
"""Options that name an address, with their default port on all addresses."""


def serve(address: str) -> socket.socket | None:
    """Listen at ``host:port``, ``:port`` (all addresses) or, for ``0``, nowhere."""
    if address == "0":
        return None
    host, _, port = address.rpartition(":")
    served = socket.create_server((host, int(port)))
    served.set_inheritable(True)
    return served


def main(arguments: Sequence[str]) -> NoReturn:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["agent"])
    parser.add_argument("--hub-kubeconfig", required=True)
    parser.add_argument("--cluster-name", required=True)
    for option, port in ADDRESSES.items():
        parser.add_argument(f"--{option}", default=f":{port}")
    options = parser.parse_args(arguments)
    if "KUBECONFIG" not in os.environ:
        sys.exit("unable to load in-cluster configuration: KUBECONFIG is not set")
    addresses = [getattr(options, option.replace("-", "_")) for option in ADDRESSES]
    kept = [serve(address) for address in (*addresses, f":{SERVING}")]
    assert kept[-1] is not None  # they are open as long as this name holds them
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2] / "lib")
    reporter = [sys.executable, "-m", "kubestellar_conformance.status_reporter"]
    wec = f"--wec-kubeconfig={os.environ['KUBECONFIG']}"
    its = f"--its-kubeconfig={options.hub_kubeconfig}"
    os.execv(sys.executable, [*reporter, wec, its, f"--cluster-name={options.cluster_name}"])


def executable(folder: Path) -> Path:
    """This program as a file that can be executed, for ``--ks-component``."""
    file = folder / "ocm-status-addon"
    file.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} "$@"\n')
    file.chmod(0o755)
    return file


if __name__ == "__main__":
    main(sys.argv[1:])
