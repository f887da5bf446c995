"""The command that runs one test again, with the options of this run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_NOT_AGAIN = ("ks_run_dir", "ks_report", "ks_keep")
"""Options that belong to one run: a folder that is in use, or kept for reading."""
_DEFAULTS = {"ks_platform": "embedded"}


def command(item: pytest.Item) -> str:
    """The command to type in the folder where pytest was called."""
    base = item.config.invocation_params.dir
    path, _, inside = item.nodeid.partition("::")
    file = os.path.relpath(item.config.rootpath / path, base)
    test = "::".join((file, inside)) if inside else file
    return shlex.join([*_program(base), test, *_options(item.config)])


def short(path: Path, base: Path) -> str:
    """The path relative to the folder where pytest was called, or the full path if it is not below
    that.
    """
    return os.path.relpath(path, base) if path.is_relative_to(base) else str(path)


def _program(base: Path) -> list[str]:
    """pytest of the environment that this process runs in."""
    script = Path(sys.prefix) / "bin" / "pytest"
    if not script.is_file():
        return [sys.executable, "-m", "pytest"]
    return [short(script, base)]


def _options(config: pytest.Config) -> Iterator[str]:
    """The given options of the harness, as typed."""
    for name, value in sorted(vars(config.option).items()):
        if not name.startswith("ks_") or name in _NOT_AGAIN or value == _DEFAULTS.get(name):
            continue
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            yield flag
        elif value:
            for one in value if isinstance(value, list) else [value]:
                yield from (flag, str(one))
    if config.option.inifilename:
        yield from ("-c", str(config.option.inifilename))
