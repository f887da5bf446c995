"""Reads the suite's YAML lists, with errors that name file and line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.safe_yaml import LOADER


@dataclass(frozen=True)
class Row:
    """One mapping of a list: its fields, and its place in the file (``path:line``)."""

    where: str
    fields: dict[str, Any]

    def only(self, allowed: set[str]) -> None:
        """Refuse any other field."""
        if unknown := sorted(set(self.fields) - allowed):
            raise UserError(
                f"{self.where}: unknown field {unknown[0]!r}: use {', '.join(sorted(allowed))}"
            )

    def text(self, field: str) -> str:
        """The text of a field, in one line. `UserError` if it is absent, blank or not text."""
        value = self.fields.get(field)
        if not isinstance(value, str) or not value.strip():
            raise UserError(f"{self.where}: needs text under {field!r}")
        return " ".join(value.split())

    def texts(self, field: str) -> tuple[str, ...]:
        """The texts listed under a field, at least one; `UserError` otherwise."""
        value = self.fields.get(field)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(item, str) for item in value)
        ):
            raise UserError(f"{self.where}: needs a list of at least one text under {field!r}")
        return tuple(value)


def read_rows(path: Path) -> list[Row]:
    """The mappings that a YAML file lists; an empty file lists none. A one-line `UserError` for any
    other content.
    """
    try:
        loader = LOADER(path.read_text(encoding="utf-8"))  # a safe loader either way
        try:
            return _rows(path, loader)
        finally:
            loader.dispose()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error


def _rows(path: Path, loader: Any) -> list[Row]:
    node = loader.get_single_node()
    if node is None:
        return []
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"{_where(path, node)}: expected a list, found a {_kind(node)}")
    return [_row(path, loader, item) for item in node.value]


def _row(path: Path, loader: Any, node: yaml.Node) -> Row:
    where = _where(path, node)
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{where}: expected a mapping, found a {_kind(node)}")
    fields: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in fields:
            raise UserError(f"{_where(path, key)}: duplicate field {name!r}")
        fields[name] = loader.construct_object(value, deep=True)
    return Row(where, fields)


def _where(path: Path, node: yaml.Node) -> str:
    return f"{path}:{node.start_mark.line + 1}"


def _kind(node: yaml.Node) -> str:
    return type(node).__name__.removesuffix("Node").lower()
