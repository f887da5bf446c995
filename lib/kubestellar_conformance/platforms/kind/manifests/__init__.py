"""Manifests with ``${...}`` for what differs, filled in and read."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import yaml

Object = dict[str, Any]
_HERE = Path(__file__).parent


def objects(name: str, **values: str | int) -> list[Object]:
    """The objects of ``name.yaml``. `KeyError` when a value that it asks for is missing."""
    text = Template((_HERE / f"{name}.yaml").read_text(encoding="utf-8")).substitute(values)
    return [document for document in yaml.safe_load_all(text) if document]


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(name: str, in_namespace: str, content: dict[str, str]) -> Object:
    metadata = {"name": name, "namespace": in_namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": content}
