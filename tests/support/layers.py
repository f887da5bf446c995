"""Reads the source to see what it imports and does, for `test_layers`; every finding is one
line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

PACKAGE = "kubestellar_conformance"
ORDER = (
    "errors",
    "output",
    "signals",
    "capabilities",
    "paths",
    "files",
    "safe_yaml",
    "time_left",
    "watching",
    "access",
    "catalogue",
    "components",
    "images",
    "spaces",
    "conditions",
    "diagnosis",
    "waiting",
    "fleet",
    "platforms",
    "reader",
    "reporting",
    "story",
    "plugin",
    "fixtures",
    "platform_commands",
    "cli",
    "__main__",
)
"""The layers of the library, lowest first: each imports only itself and lower ones."""
ALONE = {"status_reporter": {"errors", "access", "watching", "status_reporter"}}
"""What stands beside the layers, since it runs in a process of its own, and what it may import."""
BORROWED = {"fleet": {"status_reporter"}}
"""What a layer imports beside the lower ones: a fleet writes WorkStatuses by the rules of the
status reporter, whose contract is pure functions and has to stay one.
"""
VOCABULARY = f"{PACKAGE}.story"
"""The only part of the library that a story imports."""
PEERS = ("embedded", "existing", "kind")
"""The platforms. None imports another: what two of them need is in `common` or `workloads`."""
STORIES_MAY_NOT = (PACKAGE, "kubernetes", "urllib3", "requests", "time", "tests")
STORY_LINES = 40
CHECKS = {"eventually", "stays", "hold", "accepts", "refuses"}
"""The verbs of a space that check something."""
_GROUPS = {"wecs", "wdses", "spaces", "clusters"}
_MEMBERS = {"wec1", "wec2", "wds1", "wds2"}


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that is imported, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def wrong_imports(layer: str, tree: ast.AST) -> list[str]:
    """Imports of the library that go upwards, or out of it, or are relative (and so not to be
    judged).
    """
    allowed = ALONE.get(layer) or {"", *ORDER[: ORDER.index(layer) + 1], *BORROWED.get(layer, ())}
    found = []
    for line, name in imports(tree):
        top, _, rest = name.partition(".")
        if top in ("fixtures", "scenarios", "tests", ""):
            found.append(f"{line}: {layer} imports {name}")
        elif (
            top == PACKAGE
            and rest
            and (below := rest.partition(".")[0]) not in allowed | {"__version__"}
        ):
            found.append(f"{line}: {layer} imports {below}")
    return found


def wrong_among_platforms(package: str, tree: ast.AST) -> list[str]:
    """Imports by which a platform leans on another, or what they share leans on one of them."""
    found = []
    for line, name in imports(tree):
        root, _, other = name.removeprefix(f"{PACKAGE}.").partition(".")
        other = other.partition(".")[0]
        above = other in PEERS or (package, other) == ("common", "workloads")
        if root == "platforms" and other != package and above:
            found.append(f"{line}: {package} imports {other}")
    return found


def wrong_in_story(tree: ast.AST) -> list[str]:
    """What a story may not do: reach below its vocabulary, sleep, loop over clusters, be long,
    promise nothing.
    """
    found = [
        f"{line}: imports {name}"
        for line, name in imports(tree)
        if any(_within(name, module) for module in STORIES_MAY_NOT)
        and not _within(name, VOCABULARY)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and _name(node) == "sleep":
            found.append(f"{node.lineno}: sleeps")
        if isinstance(node, ast.For | ast.comprehension) and _over_clusters(node.iter):
            found.append(f"{node.iter.lineno}: loops over clusters")
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found += _wrong_in_test(node)
    return found


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def _wrong_in_test(test: ast.FunctionDef) -> Iterator[str]:
    lines = (test.end_lineno or test.lineno) - test.lineno + 1
    if lines > STORY_LINES:
        yield f"{test.lineno}: {test.name} has {lines} lines, at most {STORY_LINES}"
    if not any(map(_names_promises, test.decorator_list)) and not _has_step_with_promise(test):
        rows = [row for mark in test.decorator_list for row in ast.walk(mark) if _is_row(row)]
        without = [row for row in rows if not any(map(_names_promises, ast.walk(row)))]
        if not rows:
            yield f"{test.lineno}: {test.name} names no promise"
        yield from (f"{row.lineno}: this row names no promise" for row in without)
    called = {_name(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    if "note" in called and not called & CHECKS:
        yield f"{test.lineno}: {test.name} notes what it sees and checks nothing"


def _is_row(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and _name(node.func) in ("case", "param")


def _names_promises(node: ast.AST) -> bool:
    """``promises("X")`` or ``f(..., promises="X")``, but for empty ones."""
    if not isinstance(node, ast.Call):
        return False
    if _name(node.func) == "promises":
        return bool(node.args)
    return any(one.arg == "promises" and _filled(one.value) for one in node.keywords)


def _filled(value: ast.expr) -> bool:
    return not isinstance(value, ast.Tuple | ast.List) or bool(value.elts)


def _has_step_with_promise(test: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call)
        and _name(node.func) == "step"
        and any(one.arg == "promise" for one in node.keywords)
        for node in ast.walk(test)
    )


def _over_clusters(iterated: ast.expr) -> bool:
    names = {_name(node) for node in ast.walk(iterated)}
    return bool(names & _GROUPS) or len(names & _MEMBERS) > 1


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def layer_of(path: Path, library: Path) -> str:
    """The layer that a file of the library belongs to; empty for the package's own file."""
    first = path.relative_to(library).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first
