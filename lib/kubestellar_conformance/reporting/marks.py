"""Reads from the source, without running anything, which tests of the suite name which promises.

A promise is named by a test or a whole module (``@promises("X-1")``, ``pytestmark``), by a row of a
table (``case("id", ..., promises="X-1")``, or any other call in a decorator that takes the keyword
``promises``; a dict there maps rows to promises), or by a step (``with step("...",
promise="X-1")``). Ids are literals. Tables may be constants of the module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance.errors import UserError

DECLARED = (
    "promises(*ids): the promises that the test checks, by their ids in the catalogue",
    "exclusive: the test stops or pauses parts of the platform, or selects the WECs of all tests, "
    "so no other test uses it meanwhile",
    "capability(*names): capabilities of the platform without which the check makes no sense",
    "api_server_alone: the answers of the WDS's API server decide the check",
    "own_wds: the tests of the module have a WDS to themselves",
    "fleet(**members): the virtual WECs of the module, with the labels of each",
)
"""The marks that the harness gives a meaning, as pytest lists them."""
_ROWS = {"case": None, "param": "id"}
"""Calls that make a row, and the keyword that holds the row's id; None: the first argument."""
_NAMES_A_PROMISE = b"promise"
"""In each step that names a promise. A function without it is not walked: each run reads the whole
suite, and a walk through a syntax tree takes ten times as long as the parser.
"""
_MARK = re.compile(rb"\bmark\b(?:\.(\w+))?")
"""The word in Python's source, and the name directly after it; else an empty one, so that the
syntax tree decides.
"""


@dataclass(frozen=True)
class Mark:
    """One place where the suite names a promise.

    ``test``: node id of the test, with ``[row]`` if only that row names the promise. ``step``:
    title of the step, if only that step names it. ``where``: path and line.
    """

    promise: str
    test: str
    where: str
    step: str | None = None

    def __str__(self) -> str:
        return self.test if self.step is None else f"{self.test}, step {self.step!r}"


def read_marks(suite: Path, root: Path) -> list[Mark]:
    """The marks of every Python file in the suite's folder. `UserError` for a file that is not
    Python.
    """
    found: list[Mark] = []
    for path in _files(suite):
        found += read_file(path, path.relative_to(root).as_posix())
    return found


def _files(suite: Path) -> Iterator[Path]:
    for path in sorted(suite.rglob("*.py")):
        if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(suite).parts):
            yield path


def read_file(path: Path, name: str) -> Iterator[Mark]:
    """The marks of one Python file, called ``name`` in node ids. Raises `UserError` as above."""
    content = _content(path, name)
    tree = _parsed(content, name)
    return _Module(name, tree, content).marks()


def _content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error


def _parsed(content: bytes, name: str) -> ast.Module:
    try:
        return ast.parse(content, name)
    except SyntaxError as error:
        raise UserError(f"{name}:{error.lineno}: is not Python: {error.msg}") from error


@dataclass(frozen=True)
class UsedMark:
    """One use of ``pytest.mark.<name>``; ``where``: path and line."""

    name: str
    where: str


def undeclared_marks(suite: Path, root: Path, declared: Container[str]) -> Iterator[UsedMark]:
    """The marks that the files of the suite use, but for the ``declared`` ones. pytest itself
    refuses such a mark as it imports the file, with a traceback and the status of an interruption.
    """
    for path in _files(suite):
        name = path.relative_to(root).as_posix()
        content = _content(path, name)
        if all(after.decode() in declared for after in _MARK.findall(content)):
            continue
        for node in ast.walk(_parsed(content, name)):
            if not isinstance(node, ast.Attribute) or not _is_pytest_mark(node.value):
                continue
            if node.attr not in declared:
                yield UsedMark(node.attr, f"{name}:{node.lineno}")


def _is_pytest_mark(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "mark"
        and isinstance(node.value, ast.Name)
        and node.value.id == "pytest"
    )


def by_promise(marks: Iterable[Mark]) -> dict[str, list[str]]:
    """The places that name each promise, as text, each once."""
    found: dict[str, dict[str, None]] = {}
    for mark in marks:
        found.setdefault(mark.promise, {})[str(mark)] = None
    return {promise: list(places) for promise, places in found.items()}


class _Module:
    """One file."""

    def __init__(self, name: str, tree: ast.Module, content: bytes) -> None:
        self._name, self._tree, self._lines = name, tree, content.splitlines()
        self._constants = dict(_assignments(tree))
        self._open: list[str] = []

    def marks(self) -> Iterator[Mark]:
        everywhere = self._constants.get("pytestmark")
        for names, function in _functions(self._tree):
            test = "::".join((self._name, *names))
            if function.name.startswith("test"):
                decorators = [*([everywhere] if everywhere else []), *function.decorator_list]
                for decorator in decorators:
                    yield from self._decorator(test, decorator)
            lines = self._lines[function.lineno - 1 : function.end_lineno]
            if not any(_NAMES_A_PROMISE in line for line in lines):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _name(node.func) == "step":
                    yield from self._step(test, node)

    def _decorator(self, test: str, node: ast.expr) -> Iterator[Mark]:
        """Marks of one decorator, of a list of them (as ``pytestmark`` may be), or of a table."""
        if isinstance(node, ast.Call) and _name(node.func) == "promises":
            yield from self._ids(test, node.args)
            return
        if isinstance(node, ast.Call) and _name(node.func) in _ROWS:
            test += f"[{self._row(node)}]"
        if isinstance(node, ast.Name):
            if (value := self._constants.get(node.id)) and node.id not in self._open:
                self._open.append(node.id)  # a constant may be made from its own earlier value
                yield from self._decorator(test, value)
                self._open.remove(node.id)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.keyword) and child.arg == "promises":
                yield from self._keyword(test, child.value)
            elif isinstance(child, ast.keyword):
                yield from self._decorator(test, child.value)
            elif isinstance(child, ast.expr):
                yield from self._decorator(test, child)

    def _keyword(self, test: str, value: ast.expr) -> Iterator[Mark]:
        if not isinstance(value, ast.Dict):
            yield from self._ids(test, [value])
            return
        for key, ids in zip(value.keys, value.values, strict=True):
            if key is not None:
                yield from self._ids(f"{test}[{_literal(key)}]", [ids])

    def _step(self, test: str, call: ast.Call) -> Iterator[Mark]:
        title = _literal(call.args[0]) if call.args else ""
        for keyword in call.keywords:
            if keyword.arg in ("promise", "promises"):
                yield from self._ids(test, [keyword.value], title)

    def _row(self, call: ast.Call) -> str:
        keyword = _ROWS[_name(call.func)]
        if keyword is None:
            return _literal(call.args[0]) if call.args else ""
        return next((_literal(one.value) for one in call.keywords if one.arg == keyword), "...")

    def _ids(self, test: str, nodes: Iterable[ast.expr], step: str | None = None) -> Iterator[Mark]:
        for node in nodes:
            where = f"{self._name}:{node.lineno}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield Mark(node.value, test, where, step)
            elif isinstance(node, ast.Tuple | ast.List):
                yield from self._ids(test, node.elts, step)
            else:
                raise UserError(
                    f"{where}: write the id of the promise itself, not {ast.unparse(node)}: the "
                    "promises that the suite checks are read from its source"
                )


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((_name(target), node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield _name(node.target), node.value


def _functions(
    tree: ast.Module | ast.ClassDef, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (*above, node.name), node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, (*above, node.name))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> str:
    """The text of a literal; the source of any other expression, without quotes and an f before
    them.
    """
    if isinstance(node, ast.Constant):
        return str(node.value)
    text = ast.unparse(node)
    return text[2:-1] if isinstance(node, ast.JoinedStr) else text
