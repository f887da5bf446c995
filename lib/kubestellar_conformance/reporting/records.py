"""Finds and reads the records of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from kubestellar_conformance import paths
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.model.base import first_fault
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.nesting import demand_shallow
from kubestellar_conformance.reporting.record import SCHEMA
from kubestellar_conformance.reporting.salvage import salvaged, unfinished
from kubestellar_conformance.reporting.session_folder import RECORD, UNFINISHED

GIVEN: Final = "name or folder of the run, or its record (default: the last run)"
"""What a command says of an argument that `find` takes."""


def newest_first(folder: Path) -> list[Path]:
    """The records of all runs below ``folder`` (usually ``run``), the latest first."""
    found = folder.glob(f"*/report/{RECORD}")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def find(run: str | None, folder: Path) -> Path:
    """The record of a run, given by name, by folder (the run's, or the record's) or by the
    record's own path; None: the latest. A run that was killed has an unfinished one. `UserError`
    if no such record exists.
    """
    if run is None:
        found = newest_first(folder)
        if not found:
            raise UserError(f"{folder} has no record of a run: give a run's folder")
        return found[0]
    given = Path(run)
    for path in (given, *_in((given, given / "report", folder / run / "report"))):
        if paths.kind(path, "record") == "file":
            return path
    raise UserError(f"{run}: is neither a run in {folder}, nor a run's folder, nor its {RECORD}")


def _in(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from (place / RECORD, place / UNFINISHED)


def read(path: Path) -> dict[str, Any]:
    """The content of a record, with the defaults of keys that an earlier version did not write. One
    that is cut off is read as a partial one (`salvaged`). `UserError` when the file is not a
    record.
    """
    return load(path).model_dump(mode="json")


def load(path: Path) -> RunDocument:
    """The same as a typed document."""
    content = _content(path)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UserError(f"{path}: is not a record of this harness ({SCHEMA})")
    try:
        return RunDocument.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: is not a record of this harness: {first_fault(error)}") from None


def _content(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        content = unfinished(text) if path.name == UNFINISHED else _whole_or_cut(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not JSON: {error}") from None
    try:
        demand_shallow(content)
    except ValueError as error:
        raise UserError(f"{path}: is not a record of this harness: {error}") from None
    return content


def _whole_or_cut(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        try:
            return salvaged(text)
        except ValueError:
            raise error from None  # it is not the beginning of JSON either


def last_states(folder: Path) -> dict[str, tuple[str, str]]:
    """By promise, its latest state in a run and the run's name. A run that left a promise out does
    not count for it; a record that cannot be read is ignored.
    """
    states: dict[str, tuple[str, str]] = {}
    for path in newest_first(folder):
        try:
            content = read(path)
        except UserError:
            continue
        for name, state in _states(content):
            states.setdefault(name, (state, path.parents[1].name))
    return states


def _states(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for row in content.get("promises", ()):
        if row["state"] not in ("not run", "no check yet"):
            known = " (known deviation)" if row.get("known") else ""
            yield row["id"], row["state"] + known
