"""Texts that a record need not have: source and check of a requirement, and the docstrings of the
tests. They come from the suite at hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kubestellar_conformance.reporting.site.record import Requirement
from kubestellar_conformance.reporting.sources import Source, sources_of
from kubestellar_conformance.reporting.suite import Suite


class Texts:
    """The texts of one suite, which may be of another version than a record: a text that it lacks
    is empty.
    """

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._read: dict[str, dict[str, str]] = {}

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
        return self._docs(path).get(name.partition("[")[0], "")

    def place(self, nodeid: str) -> int:
        """The number of a test's function in its file, as the source has it; 0 if it is not
        there.
        """
        path, _, name = nodeid.partition("::")
        names = list(self._docs(path))
        name = name.partition("[")[0]
        return names.index(name) if name in names else 0

    def _docs(self, path: str) -> dict[str, str]:
        """The docstrings of a file of the suite by the test's name, which is empty for the
        module's.
        """
        if path not in self._read:
            self._read[path] = dict(self._of_file(path))
        return self._read[path]

    def _of_file(self, path: str) -> Iterator[tuple[str, str]]:
        folder = self._suite.folder
        file = folder.parent / path if folder else None
        if file is None or not file.is_file():  # the record is of another version of the suite
            return
        tree = ast.parse(file.read_bytes(), path)
        yield "", ast.get_docstring(tree) or ""
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                yield node.name, ast.get_docstring(node) or ""
