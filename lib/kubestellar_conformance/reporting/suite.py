"""The suite, as the commands read it: catalogue, known deviations, and the marks of its tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kubestellar_conformance import catalogue
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.known import KnownDeviations, load_known
from kubestellar_conformance.reporting.marks import by_promise, read_marks
from kubestellar_conformance.reporting.promises import Promises


@dataclass(frozen=True)
class Suite:
    """``folder``: the suite's folder, None for the catalogue of the installed package, which has no
    tests.
    """

    folder: Path | None
    promises: Promises

    @classmethod
    def load(cls, folder: Path | None) -> Suite:
        """The suite in ``folder``; None: ``scenarios`` in the working folder, else the installed
        catalogue. `UserError` for a folder that is not a suite, and for a fault in its catalogue.
        """
        if folder is None:
            here = Path.cwd() / "scenarios"
            folder = here if (here / "promises").is_dir() else None
        elif not (folder / "promises").is_dir():
            raise UserError(f"{folder}: is not a suite: it has no folder 'promises'")
        source = folder or catalogue.FOLDER
        return cls(folder, Promises.load(source / "promises"))

    @cached_property
    def tests(self) -> dict[str, list[str]]:
        """By promise, the places that name it. They are read from the suite's whole source when
        they are first asked for. `UserError` for a fault in it.
        """
        tests = by_promise(read_marks(self.folder, self.folder.parent)) if self.folder else {}
        for name in tests:
            if (why := self.promises.lacks(name)) is not None:
                raise UserError(f"{tests[name][0]}: {why}")
        if (why := self.promises.declared_without_need(tests)) is not None:
            raise UserError(why)
        return tests

    @property
    def catalogue(self) -> Path:
        """The folder of the catalogue."""
        return (self.folder or catalogue.FOLDER) / "promises"

    @property
    def name(self) -> str:
        """The folder's name in node ids."""
        return self.folder.name if self.folder else "scenarios"

    def known(self, release: str) -> KnownDeviations:
        """The known deviations of a release; none when it has no list."""
        lists = (self.folder or catalogue.FOLDER) / "known_deviations"
        return load_known(lists, release, self.promises, suite=self.name, must_exist=False)
