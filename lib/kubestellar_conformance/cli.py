"""The commands behind the Makefile: get the components, keep a platform up, stop it, measure it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kubestellar_conformance import paths
from kubestellar_conformance.components import (
    BuildCache,
    parse_override,
    progress_on,
    provision_all,
)
from kubestellar_conformance.errors import Deviation, HarnessError, Unfit, UserError, plainly
from kubestellar_conformance.fleet import bench as fleet
from kubestellar_conformance.images import make_images
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.embedded import bench, by_hand
from kubestellar_conformance.platforms.embedded.bench_repair import repair
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.existing import commands as existing
from kubestellar_conformance.platforms.kind import kept as kind_clusters
from kubestellar_conformance.platforms.kind.platform import KindPlatform
from kubestellar_conformance.platforms.signals import ENDING, may_be_handled, unbreakable
from kubestellar_conformance.reporting import commands as reporting
from kubestellar_conformance.waiting import bench as latency

EXIT_DEVIATES, EXIT_USER, EXIT_BROKEN, EXIT_INTERRUPTED = 1, 4, 10, 130
EXIT_UNREAD = 128 + signal.SIGPIPE  # as of a program that the signal ended
_AGAIN = "run it again to finish"


_UNPRINTED: list[OSError] = []
"""Why standard output did not take what this command printed, if it did not."""


def _say(text: object) -> None:
    """Print a line of the command's output at once. If nobody can read it, the command still does
    its work: it may be removing something.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        _UNPRINTED.append(error)
        # What is printed from here on, and Python's own flush at its end, would fail too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _output_status() -> int:
    """The exit status of a command that has done its work. A reader that has seen enough (``|
    head``) is no reason for a message.
    """
    if not _UNPRINTED:
        return 0
    error = _UNPRINTED.pop()
    if isinstance(error, BrokenPipeError):
        return EXIT_UNREAD
    print(f"ks-conformance: broken: standard output: {error.strerror}", file=sys.stderr)
    return EXIT_BROKEN


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
        _say(
            f"{item['name']:34}"
            + (f"absent: {absent}" if absent else f"{item['version']:14} {item['cache']}")
        )


def images(args: argparse.Namespace) -> None:
    """Make all images of the kind platform, and print the archive of each."""
    overrides = [parse_override(text) for text in args.ks_component]
    for image in make_images(BuildCache(args.ks_cache_dir), progress_on(), overrides).all:
        _say(f"{image.reference:78} {'made' if image.made else 'cached':7} {image.archive}")


def platform(args: argparse.Namespace) -> None:
    """Start a platform, leave it up, and print how to use it."""
    parent = paths.writable_folder(Path.cwd() / "run", "the run's folder")
    up = EmbeddedPlatform(_settings(args, runs.new_run_folder(parent)))
    try:
        up.up()
        up.keep()
        up.detach()
        _say(
            f"up in {up.record()['start_seconds']} s"
            + (" (from the snapshot)" if up.record()["restored"] else "")
        )
        _say(up.usage())
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
        _say(f"stopped {folder.root}")
    if not kept:
        _say("no platform was left up")


def bench_startup(args: argparse.Namespace) -> None:
    """Measure the start from nothing, the start from the snapshot, and the stop."""
    _say(bench.startup(args.runs, args.ks_component, args.ks_cache_dir))


def doctor(args: argparse.Namespace) -> None:
    """Check whether an existing installation can be tested: list its parts, the missing ones, and
    how to get those.
    """
    report = existing.doctor(args)
    _say(report.text())
    if report.problems:
        count = len(report.problems)
        problems = "problem" if count == 1 else "problems"
        raise UserError(f"{count} {problems} must be fixed before the installation can be tested")


def cleanup(args: argparse.Namespace) -> None:
    """Remove the leftovers of one run from an existing installation, found by the run's label."""
    for line in existing.cleanup(args):
        _say(line)


def bench_latency(args: argparse.Namespace) -> None:
    """Measure the time from an event at an API server until the waiting test continues, on a
    complete platform.
    """
    with _platform_to_measure(args) as up:
        _say(
            f"{os.cpu_count()} cores; "
            f"{latency.measure(up.folder.kubeconfig, up.system.wds.context, args.runs)}"
        )


def printed(
    lines: Callable[[argparse.Namespace], Iterable[str]],
) -> Callable[[argparse.Namespace], None]:
    """A command that prints the lines which ``lines`` yields."""

    def action(args: argparse.Namespace) -> None:
        for line in lines(args):
            _say(line)

    return action


def bench_repair(args: argparse.Namespace) -> None:
    """Measure how long an object that was deleted or edited in a WEC takes to be repaired (some
    minutes).
    """
    with _platform_to_measure(args) as up:
        for line in repair(up.system):
            _say(line)


def bench_fleet(args: argparse.Namespace) -> None:
    """Measure how long virtual WECs take to appear, to get an object, and to be removed."""
    with _platform_to_measure(args) as up:
        for line in fleet.measure(up.system, args.runs):
            _say(line)


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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}: see {self.prog} --help")


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def _path(option: str) -> Callable[[str], Path]:
    return lambda text: paths.given(text, Path.cwd(), f"{option} {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ks-conformance",
        description="KubeStellar conformance: components, images, platforms, measurements, reports",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, action in (
        ("build", build),
        ("images", images),
        ("platform", platform),
        ("bench-startup", bench_startup),
        ("bench-latency", bench_latency),
        ("bench-repair", bench_repair),
        ("bench-fleet", bench_fleet),
    ):
        command = commands.add_parser(name, help=action.__doc__)
        command.set_defaults(action=action)
        add = command.add_argument
        add(
            "--ks-component",
            action="append",
            default=[],
            metavar="NAME=SOURCE",
            help="replace a component by a version, a checkout or a binary; may be repeated",
        )
        cache = _path("--ks-cache-dir")
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
        command = commands.add_parser(name, help=action.__doc__)
        command.set_defaults(action=action)
        existing.add_options(command)
        if action is cleanup:
            command.add_argument("run", metavar="RUN-ID", help="the run's id, as in its record")
            folder = _path("--ks-run-dir")
            command.add_argument(
                "--ks-run-dir",
                type=folder,
                metavar="DIR",
                help="the run's folder (default: run/<RUN-ID>)",
            )
    for name, listing in reporting.COMMANDS.items():
        command = commands.add_parser(name, help=listing.__doc__)
        command.set_defaults(action=printed(listing))
        reporting.add_options(name, command, _path("--scenarios"))
    for name, listing in by_hand.COMMANDS.items():
        command = commands.add_parser(name, help=listing.__doc__)
        command.set_defaults(action=printed(listing))
        by_hand.add_options(name, command, _path("--ks-cache-dir"))
    stop = commands.add_parser("platform-stop", help=platform_stop.__doc__)
    stop.add_argument("run", nargs="?", help="name or folder of the run")
    stop.set_defaults(action=platform_stop)
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Stopping the processes is short from here on, and no second Ctrl-C may cut it short.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. An error is one line on standard error and an exit status."""
    handled = list(filter(may_be_handled, ENDING))
    before = {number: signal.signal(number, _interrupt) for number in handled}
    try:
        return _run(arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(arguments: Sequence[str] | None) -> int:
    action = None
    try:
        args = _parser().parse_args(arguments)
        action = args.action
        action(args)
    except UserError as error:
        print(f"ks-conformance: {error}", file=sys.stderr)
        return EXIT_USER
    except Unfit as error:
        print(f"ks-conformance: {error}", file=sys.stderr)
        return error.status
    except Deviation as error:
        print(f"ks-conformance: deviates: {error}", file=sys.stderr)
        return EXIT_DEVIATES
    except HarnessError as error:
        print(f"ks-conformance: broken: {error}", file=sys.stderr)
        return EXIT_BROKEN
    except OSError as error:  # a full disk, say
        print(f"ks-conformance: broken: {plainly(error)}", file=sys.stderr)
        return EXIT_BROKEN
    except KeyboardInterrupt:
        again = action in (platform_stop, cleanup)
        print(
            f"ks-conformance: interrupted; {_AGAIN if again else 'nothing is left running'}",
            file=sys.stderr,
        )
        return EXIT_INTERRUPTED
    return _output_status()
