"""``python -m kubestellar_conformance.status_reporter``: report for one WEC until SIGTERM or
SIGINT.

Exit status: 0 after such a signal, 1 after an unexpected error (with the traceback), 2 for bad
arguments.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.status_reporter.connection import Connection
from kubestellar_conformance.status_reporter.reporter import Reporter

log = logging.getLogger("kubestellar_conformance.status_reporter")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    parser = argparse.ArgumentParser(
        prog="python -m kubestellar_conformance.status_reporter",
        description="Stand-in for the OCM status add-on's agent: keeps a WEC's WorkStatuses "
        "in the ITS.",
    )
    parser.add_argument("--wec-kubeconfig", type=Path, required=True, metavar="FILE")
    parser.add_argument("--its-kubeconfig", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--cluster-name",
        required=True,
        help="name of the ManagedCluster and of its mailbox namespace",
    )
    parser.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="created when the WEC's AppliedManifestWorks have been listed",
    )
    options = parser.parse_args(arguments)
    ready_file: Path | None = options.ready_file

    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        datefmt="%H:%M:%S",
        format=f"%(asctime)s.%(msecs)03d {options.cluster_name}: %(message)s",
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    ending = {signal.SIGTERM, signal.SIGINT}
    # Blocked in all threads: a handler would not run while the main thread waits for news, if the
    # signal came in the moment before that wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    threading.excepthook = _thread_failed

    def ready() -> None:
        if ready_file is not None:
            ready_file.touch()
        log.info("ready: AppliedManifestWorks listed")

    try:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)  # left by an earlier run
        wec, its = Connection(options.wec_kubeconfig), Connection(options.its_kubeconfig)
    except (UserError, OSError) as problem:
        parser.error(str(problem))
    log.info("from the WEC at %s to the ITS at %s", wec.server, its.server)
    reporter = Reporter(wec, its, options.cluster_name, ready)
    threading.Thread(target=reporter.run, name="reporter", daemon=True).start()
    log.info("exit: %s", signal.Signals(signal.sigwait(ending)).name)
    # No work has to be finished, and a request that the server does not answer must not delay the
    # exit.
    os._exit(0)


def _thread_failed(failure: threading.ExceptHookArgs) -> NoReturn:
    # A dead watch would leave statuses stale without any sign of it.
    if failure.exc_value is not None:
        log.error(
            "unexpected error in %s",
            failure.thread and failure.thread.name,
            exc_info=failure.exc_value,
        )
    os._exit(1)


if __name__ == "__main__":
    main()
