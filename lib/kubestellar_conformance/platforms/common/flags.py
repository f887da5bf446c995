"""Command-line flags of a part that is restarted with other flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def with_flags(arguments: Sequence[str], flags: Mapping[str, str]) -> list[str]:
    """The arguments with these flags replaced; flags that they lack are appended.

    A flag's name is written as in Python: ``max_num_wrapped`` is ``--max-num-wrapped``.
    """
    wanted = {f"--{name.replace('_', '-')}": value for name, value in flags.items()}
    kept: list[str] = []
    value_of_replaced = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if name in wanted:
            value_of_replaced = not equals  # its value may be the next argument
        elif value_of_replaced and not argument.startswith("-"):
            value_of_replaced = False
        else:
            value_of_replaced = False
            kept.append(argument)
    return [*kept, *(f"{name}={value}" for name, value in wanted.items())]
