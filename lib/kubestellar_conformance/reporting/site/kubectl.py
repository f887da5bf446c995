"""A write of the harness as a reader makes it by hand: a manifest, and the command that uses it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from kubestellar_conformance.reporting.site.evidence import Write
from kubestellar_conformance.reporting.site.naming import ShortNames

_FIRST: Final = ("apiVersion", "kind", "metadata", "spec")
_LONGEST: Final = 400
"""Characters of one value that a page shows; some tests write values of megabytes."""
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class ByHand:
    """``command`` in a shell with the run's kubeconfig; ``manifest``: the YAML that it reads, empty
    if it reads none.
    """

    command: str
    manifest: str = ""


def by_hand(write: Write, names: ShortNames) -> ByHand:
    """The kubectl form of a write."""
    start = f"kubectl --context {shlex.quote(write.space)}"
    kind, namespace, name = parts(names.plain(write.object))
    target = " ".join(map(shlex.quote, (kind.lower(), name)))
    if namespace:
        target += f" --namespace {shlex.quote(namespace)}"
    body = {key: value for key, value in (write.body or {}).items() if key != "kind"}
    if write.verb in ("apply", "create"):
        file = shlex.quote(f"{kind.lower()}-{name}.yaml")
        return ByHand(f"{start} {write.verb} -f {file}", names.plain(_yaml(write.body or {})))
    if write.verb == "delete":
        return ByHand(f"{start} delete {target}")
    if write.verb == "scale":
        replicas = (body.get("spec") or {}).get("replicas")
        return ByHand(f"{start} scale {target} --replicas={replicas}")
    patch = shlex.quote(names.plain(json.dumps(_shown(body))))
    status = " --subresource=status" if write.verb == "status" else ""
    return ByHand(f"{start} patch {target}{status} --type=merge -p {patch}")


def removal(write: Write, names: ShortNames) -> str:
    """The command that removes the object of a write again."""
    undo = Write(write.at, write.space, "delete", write.object, "", None)
    return by_hand(undo, names).command


def parts(name: str) -> tuple[str, str, str]:
    """Kind, namespace (empty if it has none) and name of an object, as evidence names it."""
    kind, _, rest = name.partition(" ")
    namespace, slash, name = rest.rpartition("/")
    return kind, namespace if slash else "", name


def _yaml(body: Mapping[str, Any]) -> str:
    shown = _shown(body)
    first = {key: shown[key] for key in _FIRST if key in shown}
    rest = {key: value for key, value in shown.items() if key not in first}
    text: str = yaml.dump({**first, **rest}, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


def _shown(value: Any) -> Any:
    """The value, with long texts cut."""
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}... ({len(value)} characters)"
    return value
