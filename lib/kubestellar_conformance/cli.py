"""``ks-conformance``: the commands behind the Makefile, and the exit status of each."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from kubestellar_conformance import paths
from kubestellar_conformance.errors import Deviation, HarnessError, Unfit, UserError, plainly
from kubestellar_conformance.output import EXIT_BROKEN, output_status, printed
from kubestellar_conformance.reporting import commands as reporting
from kubestellar_conformance.signals import ENDING, may_be_handled

EXIT_DEVIATES, EXIT_USER, EXIT_INTERRUPTED = 1, 4, 130
_AGAIN: Final = "run it again to finish"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}: see {self.prog} --help")


def _path(option: str) -> Callable[[str], Path]:
    return lambda text: paths.given(text, Path.cwd(), f"{option} {text!r}")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ks-conformance",
        description="KubeStellar conformance: components, images, platforms, measurements, reports",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    if not (arguments and arguments[0] in reporting.COMMANDS):
        # Loading the platforms takes longer than most reports.
        from kubestellar_conformance import platform_commands

        platform_commands.add_to(commands.add_parser, _path)
    for name, listing in reporting.COMMANDS.items():
        command = commands.add_parser(name, help=listing.__doc__)
        command.set_defaults(action=printed(listing))
        reporting.add_options(name, command, _path("--scenarios"))
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
    again = False
    try:
        given = sys.argv[1:] if arguments is None else arguments
        args = _parser(given).parse_args(given)
        again = getattr(args, "again", False)
        args.action(args)
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
        print(
            f"ks-conformance: interrupted; {_AGAIN if again else 'nothing is left running'}",
            file=sys.stderr,
        )
        return EXIT_INTERRUPTED
    return output_status()
