"""``make bench-report``: the CPU that the site of a whole run takes, its pages and its size.

Without a record of a run it makes one of the suite here: each test with the promises that its
source names, those of known deviations with the entry's own text, and evidence for all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.known import KnownDeviations
from kubestellar_conformance.reporting.marks import read_marks
from kubestellar_conformance.reporting.promises import judge
from kubestellar_conformance.reporting.rejudged import shown
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.suite_digest import suite_identity
from kubestellar_conformance.reporting.verdicts import Verdict
from tests.support.run_records import record, result, write_run
from tests.support.whole_records import MACHINE

ROOT: Final = Path(__file__).parents[2]
RELEASE: Final = "0.30.0"


def record_of_the_suite(suite: Suite, known: KnownDeviations, root: Path) -> dict[str, Any]:
    """A record of a whole run in which every known deviation shows, and all else conforms."""
    judged: dict[str, list[str]] = {}
    for promise, places in suite.tests.items():
        for place in places:
            nodeid = place.partition(", step ")[0]
            if "::test" in nodeid:
                judged.setdefault(nodeid, []).append(promise)
    texts = Texts(suite)
    tests = [
        {**_result(nodeid, promises, known), "doc": texts.doc(nodeid)}
        for nodeid, promises in sorted(judged.items())
    ]
    by_promise: dict[str, list[tuple[str, Verdict, str]]] = {}
    for test in tests:
        for promise in test["promises"]:
            row = test["nodeid"], Verdict(test["verdict"]), test["message"]
            by_promise.setdefault(promise, []).append(row)
    rows = judge(suite.promises, by_promise, suite.tests)
    marks = read_marks(root / suite.name, root)
    return record(
        run="bench",
        suite=suite_identity(root / suite.name, suite.name, marks),
        machine=MACHINE,
        exit_status=0,
        known_deviations=[shown(entry.facts(), tests) for entry in known],
        promises=rows,
        coverage=coverage(rows),
        tests=tests,
    )


def _result(nodeid: str, promises: list[str], known: KnownDeviations) -> dict[str, Any]:
    entry = known.of(nodeid)
    if entry is None:
        return result(nodeid, "conforms", *promises)
    return result(nodeid, "known deviation", *promises, known_deviation=entry.id)


def main(arguments: list[str]) -> int:
    """Make the site of a record, or of the one made here, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ks-bench-") as folder:
        if arguments:
            given = arguments[0]
        else:
            suite = Suite.load(ROOT / "scenarios")
            content = record_of_the_suite(suite, suite.known(RELEASE), ROOT)
            given = str(write_run(Path(folder) / "run", content))
        out = Path(folder) / "site"
        before = os.times()
        command = [sys.executable, "-m", "kubestellar_conformance", "report", given]
        status = subprocess.run([*command, "--out", str(out)], check=False, cwd=ROOT).returncode
        after = os.times()
        files = [path for path in out.rglob("*") if path.is_file()]
        cpu = sum(after[2:4]) - sum(before[2:4])
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {size:.1f} MB, {cpu:.1f} s of CPU")  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
