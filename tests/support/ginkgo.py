"""``make ginkgo``: upstream's own end-to-end cases on an embedded platform, several times in a row.

Where they pass and a scenario here fails, or the other way round, one of the two is wrong.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from kubestellar_conformance.components import load_catalogue
from kubestellar_conformance.errors import HarnessError, UserError
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.signals import unbreakable
from tests.support.modules import writable_copy

_PACKAGE: Final = "test/e2e/ginkgo"
_SKIPPED: Final = "survives |shards a wrapped|cleans up previously synced"
"""The cases that patch or kill pods of the hosting cluster, which has none here."""
_CONTEXTS: Final = {
    "host-cluster": "kind-kubeflex",
    "its1": "its1",
    "wds1": "wds1",
    "wec1": "cluster1",
    "wec2": "cluster2",
}


def main() -> int:
    """0: all cases passed each time; 1: one did not; 4: bad input; 10: no platform came up."""
    parser = argparse.ArgumentParser(prog="make ginkgo", description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="runs in a row (default: 3)")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="ks-ginkgo-") as scratch:
        try:
            return _run(Path(scratch), times)
        except HarnessError as problem:
            sys.stderr.write(f"{problem}\n")
            return 4 if isinstance(problem, UserError) else 10


def _run(folder: Path, times: int) -> int:
    module = writable_copy(load_catalogue()["kubestellar-controller-manager"], folder)
    program = folder / "ginkgo.test"
    build = ["go", "test", "-c", "-o", str(program), f"./{_PACKAGE}"]
    if subprocess.run(build, cwd=module, check=False).returncode:
        return 4
    up = EmbeddedPlatform(PlatformSettings(run_dir=runs.new_run_folder(folder)))
    try:
        up.up()
        passed = (_pass(program, module / _PACKAGE, up.folder.kubeconfig) for _ in range(times))
        return 0 if all(passed) else 1
    finally:
        with unbreakable():
            up.down()


def _pass(program: Path, folder: Path, kubeconfig: Path) -> bool:
    arguments = [f"-{name}-context={context}" for name, context in _CONTEXTS.items()]
    done = subprocess.run(
        [program, "-test.timeout=30m", "-skip-setup", f"-ginkgo.skip={_SKIPPED}", *arguments],
        cwd=folder,
        env=os.environ | {"KUBECONFIG": str(kubeconfig)},
        check=False,
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
