"""Generates docs/words.md: every word that a story may use, from the docstrings of the code.

The source is read and not imported, so that the page also has the fixtures and the builder, which
are in higher layers, and is made without starting anything.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import kubestellar_conformance
from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.markdown import table
from kubestellar_conformance.reporting.marks import DECLARED
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.waiting import contracts

_PACKAGE: Final = Path(kubestellar_conformance.__file__).parent
_LINE: Final = 100
_VERBS: Final = (
    *("eventually", "stays", "hold", "apply", "create", "accepts", "refuses", "patch", "scale"),
    *("update_status", "delete", "get", "list", "snapshot"),
)
_INTRODUCTION: Final = (
    "Written by `make docs` from the docstrings, for authors of scenarios. The README shows a "
    "whole story; CONTRIBUTING.md says how to add a word."
)


def words_page(suite: Suite) -> str:
    """The page's text. The suite's own conftest adds its fixtures."""
    return "\n".join(_lines(suite)) + "\n"


def _lines(suite: Suite) -> Iterator[str]:
    yield from ("# The words of a story", "", *textwrap.wrap(_INTRODUCTION, _LINE))
    yield from ("", "## Fixtures", "", "A test gets them by naming them as parameters.", "")
    files = sorted((_PACKAGE / "fixtures").glob("*.py"))
    if suite.folder is not None and (suite.folder / "conftest.py").is_file():
        files.append(suite.folder / "conftest.py")
    for path in files:
        yield from _fixtures(path)
    yield from ("", "## Builders: `make`", "")
    yield from _methods(_PACKAGE / "story" / "make.py", "Make", "make.")
    yield from ("", "## Verbs of a space", "")
    yield from _verbs()
    yield from ("", "## Endpoints of a controller", "")
    yield from _methods(_PACKAGE / "waiting" / "endpoint.py", "Endpoints", "endpoints.")
    yield from (
        "",
        "## Conditions",
        "",
        "Imported from `kubestellar_conformance.story.conditions`.",
    )
    yield ""
    yield from _exports(_PACKAGE / "conditions" / "__init__.py")
    yield from ("", "## Other words", "", "Imported from `kubestellar_conformance.story`.", "")
    yield from _exports(_PACKAGE / "story" / "__init__.py")
    yield from ("", "## Marks", "")
    for mark in DECLARED:
        name, _, meaning = mark.partition(": ")
        yield from _item(f"`@pytest.mark.{name}`: {meaning}.")
    yield from ("", "## Time contracts: `within=`", "")
    yield from textwrap.wrap("`--ks-slow FACTOR` lengthens all of them.", _LINE)
    yield ""
    yield from table(
        ("contract", "seconds", "meaning"),
        ([f"`{one.name}`", f"{one.seconds:g}", one.meaning] for one in contracts),
    )
    yield from ("", '## Capabilities: `needs("...")`', "")
    yield from table(
        ("capability", "what a check can do with it", "platforms that must have it"),
        (
            [f"`{one.value}`", one.meaning, ", ".join(one.required_of) or "none"]
            for one in Capability
        ),
    )


def _fixtures(path: Path) -> Iterator[str]:
    for node in _tree(path).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        marks = [
            one for one in node.decorator_list if ast.unparse(one).startswith("pytest.fixture")
        ]
        if marks:
            scope = "module" if "module" in ast.unparse(marks[0]) else ""
            scope = "session" if "session" in ast.unparse(marks[0]) else scope
            shared = {"module": " (one per module)", "session": ""}.get(scope, " (one per test)")
            yield from _item(f"`{node.name}`{shared}: {_text(path, node)}")


def _methods(path: Path, name: str, prefix: str) -> Iterator[str]:
    for node in _class(path, name).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield from _item(f"`{_signature(prefix, node)}`: {_text(path, node)}")


def _verbs() -> Iterator[str]:
    path = _PACKAGE / "spaces" / "space.py"
    body = _class(path, "Space").body
    known = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for name in _VERBS:
        node = known[name]
        yield from _item(f"`{_signature('space.', node)}`: {_text(path, node)}")


def _exports(path: Path) -> Iterator[str]:
    """The functions among the names that a package exports, with the places of their
    definitions.
    """
    for node in _tree(path).body:
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
            f"{_PACKAGE.name}."
        ):
            continue
        parts = (node.module or "").split(".")[1:]
        source = _PACKAGE.joinpath(*parts)
        file = source / "__init__.py" if source.is_dir() else source.with_suffix(".py")
        for alias in node.names:
            if (found := _function(file, alias.name)) is not None:
                yield from _item(f"`{_signature('', found[1])}`: {_text(*found)}")


def _function(path: Path, name: str) -> tuple[Path, ast.FunctionDef] | None:
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return path, node
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            parts = (node.module or "").split(".")[1:]
            return _function(_PACKAGE.joinpath(*parts).with_suffix(".py"), name)
    return None


def _class(path: Path, name: str) -> ast.ClassDef:
    for node in _tree(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    raise UserError(f"{path}: has no class {name}; correct reporting/words.py")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _signature(prefix: str, node: ast.FunctionDef) -> str:
    """The call, without annotations and ``self``."""
    given = ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0]
    assert isinstance(given, ast.FunctionDef)
    arguments = given.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for one in (*every, arguments.vararg, arguments.kwarg):
        if one is not None:
            one.annotation = None
    if arguments.args and arguments.args[0].arg == "self":
        del arguments.args[0]
    return f"{prefix}{node.name}({ast.unparse(arguments)})"


def _text(path: Path, node: ast.FunctionDef) -> str:
    """The docstring as one paragraph. `UserError` for a word without one."""
    text = ast.get_docstring(node)
    if not text:
        raise UserError(f"{path}:{node.lineno}: {node.name} is a word without a docstring")
    return " ".join(text.split())


def _item(text: str) -> list[str]:
    return textwrap.wrap(
        text.replace("``", "`"),
        _LINE,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
