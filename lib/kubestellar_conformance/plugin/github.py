"""Under GitHub Actions: annotations for red tests, and a step summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kubestellar_conformance.reporting.github import step_summary, workflow_commands


def tell(record: Mapping[str, Any], write_line: Callable[[str], object]) -> None:
    """Tell GitHub of a run, where its variables say that this is a job of GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in workflow_commands(record):
        write_line(line)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(record))
        except OSError as error:
            write_line(f"::warning title=No step summary::{summary}: {error.strerror}")
