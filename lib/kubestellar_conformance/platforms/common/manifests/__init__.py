"""Manifests with ``${...}`` for varying values, and small objects that need no file."""

from __future__ import annotations

from pathlib import Path
from string import Template

import yaml

from kubestellar_conformance.safe_yaml import LOADER
from kubestellar_conformance.spaces.refs import Obj

_HERE = Path(__file__).parent


def documents(text: str) -> list[Obj]:
    """The objects of a YAML text."""
    return [document for document in yaml.load_all(text, Loader=LOADER) if document]


def filled(file: Path, **values: str | int) -> list[Obj]:
    """The objects of a file. `KeyError` if a value that it asks for is missing."""
    return documents(Template(file.read_text(encoding="utf-8")).substitute(values))


def objects(name: str) -> list[Obj]:
    """The objects of ``name.yaml`` in this folder."""
    return filled(_HERE / f"{name}.yaml")


def namespace(name: str) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(name: str, in_namespace: str, content: dict[str, str]) -> Obj:
    metadata = {"name": name, "namespace": in_namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": content}
