"""Makes an `Installation` from the user's settings: options before a file, a file before the
environment.

Every fault that can be found without contacting a cluster is found here, each as one line that says
what to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kubestellar_conformance import paths
from kubestellar_conformance.access import read_yaml
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common.labels import labels_of
from kubestellar_conformance.platforms.existing.installation import Installation, Wec
from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig

_SIMPLE = (
    "host_context",
    "its_cp",
    "its_context",
    "wds_cp",
    "wds_context",
    "label_query_both",
    "label_query_one",
)
_REQUIRED = ("host_context", "its_context", "wds_context", "label_query_both", "label_query_one")
_NUMBERED = re.compile(r"wec([1-9]\d*)_(name|context)")


def resolve(options: Mapping[str, Any], base: Path, environment: Mapping[str, str]) -> Installation:
    """The installation that the user describes. Relative paths in options start from the folder
    ``base``.
    """
    file = options.get("existing")
    from_file = _file(paths.given(file, base, "--ks-existing")) if file else {}
    found = {key: value for key, value in _options(options, base).items() if value}
    found = {**from_file, **found}
    # Settings that are given elsewhere need not be complete in the environment.
    found = {**_environment(environment, with_wecs="wecs" not in found), **found}
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        flags = ", ".join(f"--ks-{name.replace('_', '-')}" for name in missing)
        raise UserError(
            f"the existing installation is not fully described, {' and '.join(missing)} not "
            f"given: use {flags}, or a "
            "file (--ks-existing), or export the documentation's shell variables of these names"
        )
    wecs = tuple(found.pop("wecs", ()))
    if len(wecs) < 2:
        raise UserError(
            f"two WECs are needed and {len(wecs)} given: use --ks-wec "
            "CONTEXT[=MANAGEDCLUSTER NAME] for each, or "
            "wec1_context and wec2_context in a file (--ks-existing) or exported to the environment"
        )
    found.setdefault("its_cp", found["its_context"])
    found.setdefault("wds_cp", found["wds_context"])
    if "kubeconfig" not in found:
        found["kubeconfig"] = _paths("~/.kube/config", Path.cwd(), "kubeconfig")
    installation = Installation(**found, wecs=wecs)
    _check(installation)
    return installation


def _check(installation: Installation) -> None:
    for name in ("label_query_both", "label_query_one"):
        query = getattr(installation, name)
        try:
            labels_of(query)
        except ValueError:
            raise UserError(
                f"{name} {query!r}: expected key=value, or several of them with commas between"
            ) from None
    names = [place.name for place in installation.places()]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"two spaces are called {name!r}: ITS and WDS have the names of their "
                "ControlPlanes (--ks-its-cp, --ks-wds-cp), WECs those of their ManagedClusters "
                "(--ks-wec CONTEXT=NAME); name each once"
            )
    kubeconfig = Kubeconfig.read(installation.kubeconfig)
    for place in installation.places():
        kubeconfig.only(place.context)


def _options(options: Mapping[str, Any], base: Path) -> dict[str, Any]:
    found: dict[str, Any] = {name: options.get(name) for name in _SIMPLE}
    found["wecs"] = [_wec(text, "--ks-wec") for text in options.get("wec") or ()]
    if options.get("kubeconfig"):
        found["kubeconfig"] = _paths(options["kubeconfig"], base, "--ks-kubeconfig")
    return found


def _environment(environment: Mapping[str, str], *, with_wecs: bool) -> dict[str, Any]:
    said = {key: value for key, value in environment.items() if value}
    found: dict[str, Any] = {name: said[name] for name in _SIMPLE if name in said}
    if with_wecs:
        found["wecs"] = _numbered(said, "the environment")
    if environment.get("KUBECONFIG"):
        found["kubeconfig"] = _paths(environment["KUBECONFIG"], Path.cwd(), "KUBECONFIG")
    return found


def _file(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path)
    except OSError as error:
        raise UserError(f"--ks-existing {path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UserError(f"--ks-existing {path}: is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"--ks-existing {path}: expected lines like 'host_context: kind-kubeflex'")
    given = {str(key).replace("-", "_"): value for key, value in content.items()}
    wecs = given.pop("wecs", None) or []
    unknown = [
        key for key in given if key not in (*_SIMPLE, "kubeconfig") and not _NUMBERED.fullmatch(key)
    ]
    if unknown:
        known = ", ".join((*_SIMPLE, "wec1_name", "wec1_context", "...", "wecs", "kubeconfig"))
        raise UserError(f"--ks-existing {path}: unknown key {unknown[0]!r}: use {known}")
    wrong = [key for key, value in given.items() if not isinstance(value, str)]
    if wrong or not isinstance(wecs, list):
        raise UserError(
            f"--ks-existing {path}: {(wrong or ['wecs'])[0]} has to be "
            f"{'text' if wrong else 'a list'}"
        )
    found: dict[str, Any] = {key: value for key, value in given.items() if key in _SIMPLE and value}
    named = [_wec(one, f"--ks-existing {path}: wecs") for one in wecs]
    if named := named or _numbered(given, f"--ks-existing {path}"):
        found["wecs"] = named
    if given.get("kubeconfig"):
        found["kubeconfig"] = _paths(
            given["kubeconfig"], path.parent, f"--ks-existing {path}: kubeconfig"
        )
    return found


def _numbered(given: Mapping[str, str], where: str) -> list[Wec]:
    """``wec1_context`` and ``wec1_name``, ``wec2_...``, by their numbers."""
    numbers = sorted({int(match[1]) for key in given if (match := _NUMBERED.fullmatch(key))})
    return list(_in_order(given, numbers, where))


def _in_order(given: Mapping[str, str], numbers: list[int], where: str) -> Iterator[Wec]:
    for number in numbers:
        context = given.get(f"wec{number}_context")
        if not context:
            raise UserError(
                f"{where} has wec{number}_name but not wec{number}_context: give the WEC's "
                "context too"
            )
        yield Wec(context, given.get(f"wec{number}_name") or context)


def _wec(given: object, where: str) -> Wec:
    if (
        isinstance(given, dict)
        and isinstance(given.get("context"), str)
        and not given.keys() - {"context", "name"}
    ):
        return Wec(given["context"], str(given.get("name") or given["context"]))
    # A context's name may have an equals sign in it; a ManagedCluster's may not.
    context, _, name = (
        given.rpartition("=") if isinstance(given, str) and "=" in given else (given, "", given)
    )
    if not (isinstance(context, str) and isinstance(name, str) and context and name):
        raise UserError(
            f"{where}: {given!r}: expected CONTEXT or CONTEXT=NAME, the name being the "
            "ManagedCluster's"
        )
    return Wec(context, name)


def _paths(text: str, base: Path, what: str) -> str:
    files = [paths.given(part, base, what) for part in text.split(os.pathsep) if part]
    return os.pathsep.join(str(file.absolute()) for file in files)
