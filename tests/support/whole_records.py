"""Records that name their suite and machine, for the tests of what compares and judges records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubestellar_conformance.reporting.suite_digest import digest_of_parts
from tests.support.run_records import EXAMPLE, FAILED, GREEN, KNOWN, record

MACHINE = {
    "cores": 2,
    "memory_mib": 24000,
    "system": "Debian",
    "kernel": "6.1",
    "architecture": "x86_64",
}
PARTS = {"promises": "sha256:11", "known_deviations": "sha256:22", "scenarios": "sha256:33"}


def suite(**parts: str) -> dict[str, Any]:
    """The identity of a suite with the four tests of `record`."""
    digests = {**PARTS, **parts}
    tests = sorted(name.partition("[")[0] for name in (EXAMPLE, FAILED, KNOWN, GREEN))
    return {"name": "scenarios", "digest": digest_of_parts({**digests}), **digests, "tests": tests}


def whole(**fields: Any) -> dict[str, Any]:
    """A record of a whole run of that suite."""
    return record(run="20261126-065512-1", suite=suite(), machine=MACHINE, **fields)


def written(path: Path, content: dict[str, Any]) -> Path:
    """The file that has the record."""
    path.write_text(json.dumps(content, indent=2))
    return path
