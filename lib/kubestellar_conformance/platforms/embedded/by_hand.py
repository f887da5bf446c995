"""Commands on the parts of a platform that was left up: the verbs of a test, by hand.

Each finds the platform by itself: the only one that is up, the one whose env.sh the shell has
sourced, or the one that ``--run`` names.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import (
    BuildCache,
    Override,
    Provisioned,
    load_catalogue,
    parse_override,
    progress_on,
    provision,
)
from kubestellar_conformance.components.sources import as_known
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked, write_private_json
from kubestellar_conformance.platforms.base import full_name
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded.process import ExitedAtOnce, NotReady, Process

_NAMESPACE = "-system"
"""Ending of the namespaces of control planes, by which the documentation names their parts."""
_Command = Callable[[argparse.Namespace], Iterator[str]]


def kept(name: str | None = None) -> RunFolder:
    """The folder of the embedded platform that was left up. `UserError` if none exists, or several
    and the user names none.
    """
    found = [one for one in runs.running() if runs.is_kept(one) and one.platform_file.exists()]
    if name is not None:
        found = [one for one in found if name in (one.root.name, str(one.root))]
    if not found:
        called = f" called {name}" if name else ""
        raise UserError(f"no embedded platform{called} was left up: start one with 'make platform'")
    sourced = [one for one in found if str(one.kubeconfig) == os.environ.get("KUBECONFIG")]
    if len(found) > 1 and not sourced:
        names = ", ".join(one.root.name for one in found)
        raise UserError(
            f"several platforms were left up: source the env.sh of one, or stop all "
            f"but one of {names}"
        )
    return (sourced or found)[0]


def facts(folder: RunFolder) -> dict[str, Any]:
    """The facts of a platform that was left up, for the record of a run that uses it."""
    found: dict[str, Any] = json.loads(folder.platform_file.read_text())["facts"]
    return found


def _parts(folder: RunFolder) -> dict[str, Process]:
    names = json.loads(folder.platform_file.read_text())["processes"]
    return {name: Process.named(folder, name) for name in names}


def _part(args: argparse.Namespace) -> Process:
    """The part that the user names, as the harness does, or as the documentation does by its
    Deployment or StatefulSet and namespace.
    """
    known = _parts(kept(args.run))
    space, slash, name = args.part.rpartition("/")
    return known[full_name(known, f"{space.removesuffix(_NAMESPACE)}{slash}{name}")]


def parts(args: argparse.Namespace) -> Iterator[str]:
    """List the parts of the platform that was left up, and whether each runs."""
    for name, part in _parts(kept(args.run)).items():
        flags = "  (with other flags)" if part.changed else ""
        yield f"{name:44} {part.state}{flags}"


def stop(args: argparse.Namespace) -> Iterator[str]:
    """Stop a part of the platform that was left up."""
    part = _part(args)
    part.stop()
    yield f"{part.name} is stopped"


def start(args: argparse.Namespace) -> Iterator[str]:
    """Start a part that was stopped or has exited, and wait until it is ready."""
    part = _part(args)
    part.start()
    yield from _ready(part)


def restart(args: argparse.Namespace) -> Iterator[str]:
    """Restart a part, with other flags if some are given, else with its own."""
    part = _part(args)
    flags = dict(_flag(text) for text in args.flags)
    part.restart(**flags)
    yield from _ready(part, f", with {', '.join(args.flags)}" if flags else "")


def pause(args: argparse.Namespace) -> Iterator[str]:
    """Pause a part: it keeps its memory and does nothing."""
    part = _part(args)
    part.pause()
    yield f"{part.name} is paused"


def resume(args: argparse.Namespace) -> Iterator[str]:
    """Resume a part that was paused."""
    part = _part(args)
    part.resume()
    yield f"{part.name} runs again"


def logs(args: argparse.Namespace) -> Iterator[str]:
    """Print the last lines of a part's log; its path is printed first."""
    part = _part(args)
    yield f"# {part.log}"
    yield from part.log_tail(args.lines)


def replace(args: argparse.Namespace) -> Iterator[str]:
    """Build a component from a checkout and run it in place of the present one."""
    folder, began = kept(args.run), time.monotonic()
    override = parse_override(args.source)
    components = load_catalogue().replaced_by(override.name)
    running = _parts(folder)
    concerned = {
        name: part
        for name, part in running.items()
        if Path(part.spec.program).name in {one.name for one in components if one.package}
    }
    if not concerned:
        programs = sorted({Path(part.spec.program).name for part in running.values()})
        raise UserError(
            f"{args.source}: no part of the platform runs {override.name}: use one of "
            f"{', '.join(programs)}, or their modules"
        )
    built = _built({Path(one.spec.program).name for one in concerned.values()}, override, args)
    yield f"built in {time.monotonic() - began:.0f} s"
    _note(folder, override, built)
    for name, part in concerned.items():
        new = str(built[Path(part.spec.program).name].binary)
        if new == part.spec.program:
            yield f"{name} runs this build already"
            continue
        _exchange(part, new, args.source)
        yield from _ready(part, f", {time.monotonic() - began:.0f} s after the command")


def _built(names: set[str], override: Override, args: argparse.Namespace) -> Provisioned:
    return provision(sorted(names), [override], BuildCache(args.ks_cache_dir), progress_on())


def _ready(part: Process, more: str = "") -> Iterator[str]:
    yield f"{part.name} is ready{more}"
    if part.warning:
        yield f"warning: {part.warning}"


def _exchange(part: Process, program: str, source: str) -> None:
    """Run another program, of that source, under the same command line."""
    before = part.spec
    part.stop()
    argv = tuple(program if one == before.program else one for one in before.argv)
    part.spec = changed(before, argv=argv, wrapped=program if before.wrapped else "")
    try:
        part.start()
    except (ExitedAtOnce, NotReady) as error:
        raise UserError(f"{error}; check {source}, and replace it again") from None


def _note(folder: RunFolder, override: Override, built: Provisioned) -> None:
    """Note the build, so that the records of later runs on this platform name it."""
    with locked(folder.state / "replaced.lock"):
        known = json.loads(folder.platform_file.read_text())
        new = {one["name"]: one for one in built.describe()}
        about = known["facts"]
        about["components"] = [new.get(one["name"], one) for one in about["components"]]
        about["overrides"] = [
            *(one for one in about.get("overrides", ()) if not one.startswith(f"{override.name}=")),
            *as_known([override]),
        ]
        write_private_json(folder.platform_file, known)


def _flag(text: str) -> tuple[str, str]:
    name, equals, value = text.lstrip("-").partition("=")
    if not equals:
        raise UserError(f"{text!r}: write a flag as NAME=VALUE, for example v=5")
    return name.replace("-", "_"), value


COMMANDS: dict[str, _Command] = {
    "parts": parts,
    "stop": stop,
    "start": start,
    "restart": restart,
    "pause": pause,
    "resume": resume,
    "logs": logs,
    "replace": replace,
}


def add_options(name: str, parser: argparse.ArgumentParser, path: Callable[[str], Path]) -> None:
    """Add the arguments of one command. ``path`` reads a path that the user gives."""
    add = parser.add_argument
    add("--run", metavar="RUN", help="name or folder of the run that left the platform up")
    if name == "replace":
        add("source", metavar="NAME=SOURCE", help="a component and the folder of its checkout")
        add("--ks-cache-dir", type=path, metavar="DIR", help="folder of built components")
    elif name != "parts":
        add(
            "part",
            metavar="PART",
            help="for example wds1/transport-controller ('parts' lists them)",
        )
    if name == "restart":
        add("flags", nargs="*", metavar="FLAG=VALUE", help="for example v=5")
    if name == "logs":
        add("--lines", "-n", type=int, default=20, help="number of lines (default: %(default)s)")
