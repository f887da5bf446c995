"""Shows a failed scenario on one screen: the story's own lines, the failure, and where to look
next.

pytest shows every frame of a traceback with the representation of each argument. A story's reader
needs the story alone: frames of the harness, of plugins and of the standard library are left out.
An error in the harness itself keeps its last frame there, and its whole traceback goes into the
evidence. ``--tb``, ``--showlocals`` and ``--full-trace`` give pytest's own view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from _pytest._code.code import (
    ExceptionChainRepr,
    ReprEntry,
    ReprFileLocation,
    ReprTraceback,
    TracebackEntry,
)

import kubestellar_conformance
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.plugin.again import command, short
from kubestellar_conformance.plugin.evidence import evidence_file, evidence_of
from kubestellar_conformance.plugin.run import Run, run_of

STORY_LINES = 24
"""The number of lines of a function shown before the failed one; a longer function is cut
inside.
"""
LONGEST, LONGEST_QUOTED = 1200, 260
"""Characters of a line of a message, and of one that quotes a log. The record and the log have all.
"""
SPARED = 80
"""So few characters more are not worth a cut."""
_QUOTED = "| "
_MARGIN, _HERE, _FAILED = "    ", ">   ", "E   "
_NAME = 9
_HARNESS = Path(kubestellar_conformance.__file__).resolve().parent
_LIBRARY = (_HARNESS, (_HARNESS / "fixtures").resolve())  # a link, in a checkout


def wanted(config: pytest.Config) -> bool:
    """Whether to show this screen: not if the user asks for one of pytest's views, or for none
    (``-p no:terminal``).
    """
    option = config.option
    return getattr(option, "tbstyle", "") == "auto" and not (option.showlocals or option.fulltrace)


def screen(
    item: pytest.Item, call: pytest.CallInfo[None], message: str, where: str
) -> ExceptionChainRepr:
    """The screen of a failed phase. ``where``: the place where it stopped, in a few words, for
    summaries.

    It has the form of pytest's own view, since only that crosses from a worker to the controller.
    """
    assert call.excinfo is not None
    run, entries = run_of(item.config), _users(item, call.excinfo.traceback)
    lines = [line for entry in entries for line in _source(entry)]
    lines += [f"{_FAILED}{_cut(line)}".rstrip() for line in message.splitlines()]
    last = entries[-1] if entries else None
    path = str(last.path) if last is not None else str(item.path)
    crash = ReprFileLocation(path, last.lineno + 1 if last is not None else 0, where)
    facts = "\n".join(f"{name:<{_NAME}} {text}" for name, text in _facts(run, item, call, last))
    clean = [run.scrubber.text(line) for line in lines]
    trace = ReprTraceback([ReprEntry(clean, None, None, None, "long")], f"\n{facts}", "long")
    return ExceptionChainRepr([(trace, crash, None)])


def _cut(line: str) -> str:
    """The line, or its begin: a log line can hold a whole object, and a screen has some fifty rows.
    The harness's own lines end with where to look, and are cut only if an object's content makes
    them very long.
    """
    longest = LONGEST_QUOTED if line.lstrip().startswith(_QUOTED) else LONGEST
    more = len(line) - longest
    return line if more <= SPARED else f"{line[:longest]}... ({more} more characters)"


def _users(item: pytest.Item, entries: Sequence[TracebackEntry]) -> list[TracebackEntry]:
    """The frames of the user's own code: the story, and helpers or fixtures beside it."""
    root = item.config.rootpath.resolve()
    return [
        entry
        for entry in entries
        if (path := Path(entry.path).resolve()) == item.path.resolve()
        or (
            path.is_relative_to(root)
            and "site-packages" not in path.parts
            and not _of_harness(entry)
        )
    ]


def _source(entry: TracebackEntry) -> Iterator[str]:
    """The function from its first line to the failed line, which is marked."""
    try:
        source = entry.getsource()
    except (OSError, TypeError):
        source = None
    if source is None:
        return
    at = entry.lineno - entry.getfirstlinesource()
    code = source.deindent().lines
    first = next((n for n, line in enumerate(code) if line.lstrip().startswith("def ")), 0)
    head = _end_of_head(code, first)
    cut = at - STORY_LINES + (head - first)
    for number, line in enumerate(code[first:], first):
        if head < number <= cut:
            if number == cut:
                yield f"{_MARGIN}    ..."
            continue
        yield f"{_HERE if number == at else _MARGIN}{line}".rstrip()
    yield ""


def _end_of_head(code: Sequence[str], first: int) -> int:
    for number, line in enumerate(code[first:], first):
        if line.rstrip().endswith(":"):
            return number
    return first


def _facts(
    run: Run, item: pytest.Item, call: pytest.CallInfo[None], last: TracebackEntry | None
) -> Iterator[tuple[str, str]]:
    """The place of the failure and where to look next, as pairs of a name and a text."""
    evidence, error = evidence_of(item), call.excinfo.value if call.excinfo else None
    left = evidence.left_by(error) if evidence and error else []
    if call.when == "teardown":
        yield "when", "after the test"
    elif call.when == "setup":
        yield "when", "before the test, in a fixture"
    elif left:
        yield "step", left[0].title
    base = item.config.invocation_params.dir
    if last is not None:
        yield "at", f"{short(Path(last.path), base)}:{last.lineno + 1}"
    if (inside := _inside(call, last)) is not None:
        yield "inside", f"{short(Path(inside.path), base)}:{inside.lineno + 1}"
    yield "evidence", short(run.folder.report / evidence_file(item.nodeid), base)
    if run.logs.is_dir():
        yield "logs", short(run.logs, base)
    yield "again", command(item)


def _inside(call: pytest.CallInfo[None], last: TracebackEntry | None) -> TracebackEntry | None:
    """The last frame of the harness, if it raised an exception of an unknown kind."""
    assert call.excinfo is not None
    if isinstance(call.excinfo.value, HarnessError | AssertionError | pytest.fail.Exception):
        return None
    deeper = list(call.excinfo.traceback)
    if last is not None:
        deeper = deeper[deeper.index(last) + 1 :]
    return next(filter(_of_harness, reversed(deeper)), None)


def _of_harness(entry: TracebackEntry) -> bool:
    return any(Path(entry.path).resolve().is_relative_to(folder) for folder in _LIBRARY)
