"""The site of a large record: it is made in seconds, and small enough to be sent."""

from __future__ import annotations

import time
from pathlib import Path

from kubestellar_conformance.reporting.site.build import files, site_of
from kubestellar_conformance.reporting.suite import Suite
from tests.support.run_records import promise, record, result, write_run

TESTS, FAILING, EXAMPLES = 400, 20, 20
SECONDS, BYTES = 3.0, 5_000_000


def _large() -> dict[str, object]:
    """400 tests on as many promises: twenty fail, and twenty follow a documented scenario."""
    nodeids = [f"scenarios/area/test_{number // 20}.py::test_{number}" for number in range(TESTS)]
    nodeids[-EXAMPLES:] = [
        f"scenarios/examples/test_scenario_{number % 4}.py::test_{number}"
        for number in range(EXAMPLES)
    ]
    verdicts = ["deviates"] * FAILING + ["conforms"] * (TESTS - FAILING)
    return record(
        promises=[
            promise(f"AREA-{number}", f"area_{number // 40}", "holds", nodeid)
            for number, nodeid in enumerate(nodeids)
        ],
        tests=[
            result(nodeid, verdict, f"AREA-{number}")
            for number, (nodeid, verdict) in enumerate(zip(nodeids, verdicts, strict=True))
        ],
    )


def test_400_tests_take_three_seconds_and_five_megabytes(tmp_path: Path, suite: Suite) -> None:
    path = write_run(tmp_path / "run", _large())
    begun = time.process_time()  # of this process alone: the machine may be busy
    site = dict(files(site_of([path], suite), "html"))
    taken = time.process_time() - begun
    size = sum(len(text.encode()) for text in site.values())
    print(f"{len(site)} files of {size / 1e6:.1f} MB in {taken:.1f} s of CPU")  # noqa: T201
    assert len(site) > TESTS + FAILING
    assert taken <= SECONDS
    assert size <= BYTES
