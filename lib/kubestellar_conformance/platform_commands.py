"""The commands that get components, keep a platform up, stop it, and measure it."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.components import (
    BuildCache,
    parse_override,
    progress_on,
    provision_all,
)
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.fleet import bench as fleet
from kubestellar_conformance.images import make_images
from kubestellar_conformance.output import printed, say
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.embedded import bench, by_hand
from kubestellar_conformance.platforms.embedded.bench_repair import repair
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.existing import commands as existing
from kubestellar_conformance.platforms.kind import kept as kind_clusters
from kubestellar_conformance.platforms.kind.platform import KindPlatform
from kubestellar_conformance.reporting.plural import counted
from kubestellar_conformance.signals import unbreakable
from kubestellar_conformance.waiting import bench as latency


def _settings(args: argparse.Namespace, run_dir: Path) -> PlatformSettings:
    return PlatformSettings(
        run_dir=run_dir,
        components=args.ks_component,
        cache_dir=args.ks_cache_dir,
        keep=True,
        snapshot=not args.ks_no_snapshot,
    )


def build(args: argparse.Namespace) -> None:
    """Get all components into the cache, and print which were built and which were cached."""
    for item in provision_all(args.ks_component, args.ks_cache_dir, progress_on()).describe():
        absent = item.get("absent")
        say(
            f"{item['name']:34}"
            + (f"absent: {absent}" if absent else f"{item['version']:14} {item['cache']}")
        )


def images(args: argparse.Namespace) -> None:
    """Make all images of the kind platform, and print the archive of each."""
    overrides = [parse_override(text) for text in args.ks_component]
    for image in make_images(BuildCache(args.ks_cache_dir), progress_on(), overrides).all:
        say(f"{image.reference:78} {'made' if image.made else 'cached':7} {image.archive}")


def platform(args: argparse.Namespace) -> None:
    """Start a platform, leave it up, and print how to use it."""
    parent = paths.writable_folder(Path.cwd() / "run", "the run's folder")
    up = EmbeddedPlatform(_settings(args, runs.new_run_folder(parent)))
    try:
        up.up()
        up.keep()
        up.detach()
        say(
            f"up in {up.record()['start_seconds']} s"
            + (" (from the snapshot)" if up.record()["restored"] else "")
        )
        say(up.usage())
    except BaseException:
        with unbreakable():
            up.down()
        raise


def platform_stop(args: argparse.Namespace) -> None:
    """Stop the platforms that were left up, or the one named. The platforms of active runs are not
    touched.
    """
    runs.end_leftovers()
    on_kind = kind_clusters.find()
    kept = [folder for folder in runs.running() if runs.is_kept(folder)] + (
        [on_kind] if on_kind else []
    )
    if args.run:
        kept = [folder for folder in kept if args.run in (folder.root.name, str(folder.root))]
        if not kept:
            raise UserError(
                f"no platform named {args.run} is up: omit the name to stop all that were left up"
            )
    for folder in kept:
        here = PlatformSettings(run_dir=folder.root)
        (KindPlatform(here) if folder == on_kind else EmbeddedPlatform(here)).down()
        say(f"stopped {folder.root}")
    if not kept:
        say("no platform was left up")


def bench_startup(args: argparse.Namespace) -> None:
    """Measure the start from nothing, the start from the snapshot, and the stop."""
    say(bench.startup(args.runs, args.ks_component, args.ks_cache_dir))


def doctor(args: argparse.Namespace) -> None:
    """Check whether an existing installation can be tested: list its parts, the missing ones, and
    how to get those.
    """
    report = existing.doctor(args)
    say(report.text())
    if report.problems:
        problems = counted(len(report.problems), "problem")
        raise UserError(f"{problems} must be fixed before the installation can be tested")


def cleanup(args: argparse.Namespace) -> None:
    """Remove the leftovers of one run from an existing installation, found by the run's label."""
    for line in existing.cleanup(args):
        say(line)


def bench_latency(args: argparse.Namespace) -> None:
    """Measure the time from an event at an API server until the waiting test continues, on a
    complete platform.
    """
    with _platform_to_measure(args) as up:
        say(
            f"{os.cpu_count()} cores; "
            f"{latency.measure(up.folder.kubeconfig, up.system.wds.context, args.runs)}"
        )


def bench_repair(args: argparse.Namespace) -> None:
    """Measure how long an object that was deleted or edited in a WEC takes to be repaired (some
    minutes).
    """
    with _platform_to_measure(args) as up:
        for line in repair(up.system):
            say(line)


def bench_fleet(args: argparse.Namespace) -> None:
    """Measure how long virtual WECs take to appear, to get an object, and to be removed."""
    with _platform_to_measure(args) as up:
        for line in fleet.measure(up.system, args.runs):
            say(line)


@contextmanager
def _platform_to_measure(args: argparse.Namespace) -> Iterator[EmbeddedPlatform]:
    with tempfile.TemporaryDirectory(prefix="ks-bench-") as folder:
        up = EmbeddedPlatform(_settings(args, runs.new_run_folder(Path(folder))))
        try:
            up.up()
            yield up
        finally:
            with unbreakable():
                up.down()


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def add_to(
    add_parser: Callable[..., argparse.ArgumentParser],
    path: Callable[[str], Callable[[str], Path]],
) -> None:
    """Add these commands and their arguments, by argparse's ``add_parser``. ``path`` gives the type
    of an option whose value is a path.
    """
    for name, action in (
        ("build", build),
        ("images", images),
        ("platform", platform),
        ("bench-startup", bench_startup),
        ("bench-latency", bench_latency),
        ("bench-repair", bench_repair),
        ("bench-fleet", bench_fleet),
    ):
        command = add_parser(name, help=action.__doc__)
        command.set_defaults(action=action)
        add = command.add_argument
        add(
            "--ks-component",
            action="append",
            default=[],
            metavar="NAME=SOURCE",
            help="replace a component by a version, a checkout or a binary; may be repeated",
        )
        cache = path("--ks-cache-dir")
        add(
            "--ks-cache-dir",
            type=cache,
            metavar="DIR",
            help="folder of built components and snapshots",
        )
        if action not in (build, images):
            add("--ks-no-snapshot", action="store_true", help="use no snapshot")
        if action in (bench_startup, bench_latency, bench_fleet):
            count = 200 if action is bench_latency else 5
            add(
                "--runs",
                type=_positive,
                default=count,
                help="number of measurements (default: %(default)s)",
            )
    for name, action in (("doctor", doctor), ("cleanup", cleanup)):
        command = add_parser(name, help=action.__doc__)
        command.set_defaults(action=action, again=action is cleanup)
        existing.add_options(command)
        if action is cleanup:
            command.add_argument("run", metavar="RUN-ID", help="the run's id, as in its record")
            folder = path("--ks-run-dir")
            command.add_argument(
                "--ks-run-dir",
                type=folder,
                metavar="DIR",
                help="the run's folder (default: run/<RUN-ID>)",
            )
    for name, listing in by_hand.COMMANDS.items():
        command = add_parser(name, help=listing.__doc__)
        command.set_defaults(action=printed(listing))
        by_hand.add_options(name, command, path("--ks-cache-dir"))
    stop = add_parser("platform-stop", help=platform_stop.__doc__)
    stop.add_argument("run", nargs="?", help="name or folder of the run")
    stop.set_defaults(action=platform_stop, again=True)
