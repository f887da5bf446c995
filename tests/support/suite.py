"""A small suite in a folder of its own, on the fake platform, run by a pytest of its own."""

from __future__ import annotations

import json
import os
import signal
import textwrap
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.child import OF_THE_SCREEN
from tests.support.warm import warm

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_INI = """
[pytest]
testpaths = suite
ks_scenarios = suite
addopts = -p no:pytest-kind -p no:cacheprovider --strict-markers --strict-config
timeout = 60
timeout_method = signal
markers =
    promises(*ids): promises
    exclusive: alone
    capability(*names): needed
"""
BAD_FIXTURES = """
    @pytest.fixture
    def bad():
        assert 3 == 4

    @pytest.fixture
    def bad_end():
        yield
        raise OSError("no space left")

    @pytest.fixture
    def deviating_end():
        yield
        raise Deviation("not withdrawn")
"""
"""For a suite's text: fixtures that break before a test, and break or deviate after it."""
_CONFTEST = """
import sys
import pytest
sys.path[:0] = {paths!r}
import fake_platform
"""
_PROMISES = "\n".join(
    f"- {{id: {name}, requirement: r, source: s, check: c, upstream: none, rig: A}}"
    for name in ("T-1", "T-2", "T-3")
)


@dataclass
class Ran:
    """A run of the small suite that is over."""

    status: int
    output: str
    seconds: float
    folder: Path
    junit: Path

    @property
    def apart(self) -> Ran:
        """What the run did in the folder of its second platform."""
        return replace(self, folder=self.folder / "apart")

    @property
    def record(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "report" / "run.json").read_text())
        return content

    @property
    def tests(self) -> dict[str, dict[str, Any]]:
        """The tests of the record, by their function's name."""
        return {test["nodeid"].partition("::")[2]: test for test in self.record["tests"]}

    @property
    def verdicts(self) -> dict[str, str]:
        return {name: test["verdict"] for name, test in self.tests.items()}

    @property
    def events(self) -> list[str]:
        """What the fake platform did, without the ids of processes."""
        path = self.folder / "events.log"
        return (
            [line.rpartition(" ")[0] for line in path.read_text().splitlines()]
            if path.exists()
            else []
        )

    @property
    def cases(self) -> dict[str, ET.Element]:
        return {case.attrib["name"]: case for case in ET.parse(self.junit).iter("testcase")}

    def evidence(self, test: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.folder / "report" / self.tests[test]["evidence"]).read_text()
        )
        return content

    def child_lives(self) -> bool:
        """Whether the fake platform's process is still there."""
        path = self.folder / "child.pid"
        if not path.exists():
            return False
        try:
            status = psutil.Process(int(path.read_text())).status()
        except psutil.NoSuchProcess:
            return False
        return bool(
            status != psutil.STATUS_ZOMBIE
        )  # its parent, a worker, may have ended before it

    def end_child(self) -> None:
        """End the process of a fake platform that was left up."""
        os.kill(int((self.folder / "child.pid").read_text()), signal.SIGKILL)


class Suite:
    """A suite with three promises on the fake platform."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.path = pytester.path
        for name in ("KS_SLOW", "PYTEST_ADDOPTS", *OF_THE_SCREEN):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("COLUMNS", "80")
        self.write("pytest.ini", _INI)
        self.write("suite/promises/t.yaml", _PROMISES)
        paths = [str(path) for path in (_ROOT, _ROOT / "lib", _HERE)]
        self.write("conftest.py", _CONFTEST.format(paths=paths))

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def tests(self, text: str, name: str = "suite/test_it.py") -> None:
        """A file of the suite; its usual imports are put before it."""
        head = "import os, time\nimport pytest\nfrom kubestellar_conformance.story import note, promises, step\n"
        self.write(
            name,
            head
            + "from kubestellar_conformance.errors import Broken, Deviation\n"
            + textwrap.dedent(text),
        )

    def known(self, text: str, release: str = "0.30.0") -> None:
        """The known deviations of its area ``t``, which has no folder: tests are ``../test_it.py``."""
        self.write(f"suite/known_deviations/{release}/t.yaml", text)

    def run(self, *args: str) -> Ran:
        """Run it in a process of its own, to its end."""
        begun = time.monotonic()
        arguments = [f"--basetemp={self.path / 'basetemp'}", *self.arguments(*args)]
        status, output = warm().run(arguments, self.path, seconds=300)
        print(output)  # noqa: T201 - pytest shows it where the test fails
        return self.ran(status, output, time.monotonic() - begun)

    def arguments(self, *args: str) -> list[str]:
        default = [
            "--ks-platform=fake",
            f"--ks-run-dir={self.path / 'run'}",
            f"--junitxml={self.path / 'junit.xml'}",
        ]
        return [*default, *args]

    def ran(self, status: int, output: str, seconds: float) -> Ran:
        return Ran(status, output, seconds, self.path / "run", self.path / "junit.xml")
