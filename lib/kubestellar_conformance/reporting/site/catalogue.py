"""Texts that a record need not have: source and check of a requirement, and the docstrings of the
tests. They come from the suite at hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from kubestellar_conformance.reporting.site.record import Requirement
from kubestellar_conformance.reporting.sources import Source, sources_of
from kubestellar_conformance.reporting.suite import Suite


class Texts:
    """The texts of one suite, which may be of another version than a record: a text that it lacks
    is empty.
    """

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    def check(self, row: Requirement) -> str:
        """How a check of the requirement can fail."""
        promise = self._suite.promises.get(row.id)
        return row.check or (promise.check if promise else "")

    def sources(self, row: Requirement, release: str) -> list[Source]:
        """Where the requirement is written, in the given release."""
        promise = self._suite.promises.get(row.id)
        text = row.source or (promise.source if promise else "")
        return sources_of(text, self._suite.promises.sources, release)

    def doc(self, nodeid: str) -> str:
        """The docstring of a test, or of a module (a node id without ``::``), in one paragraph per
        blank line.
        """
        path, _, name = nodeid.partition("::")
        return self._docs.get((path, name.partition("[")[0]), "")

    @cached_property
    def _docs(self) -> dict[tuple[str, str], str]:
        return dict(self._read())

    def _read(self) -> Iterator[tuple[tuple[str, str], str]]:
        folder = self._suite.folder
        for path in sorted(folder.rglob("test_*.py")) if folder else ():
            name = path.relative_to(folder.parent).as_posix() if folder else ""
            tree = ast.parse(path.read_bytes(), name)
            yield (name, ""), ast.get_docstring(tree) or ""
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                    yield (name, node.name), ast.get_docstring(node) or ""
