"""The static reading of the suite: every form in which a test names a promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.marks import (
    Mark,
    UsedMark,
    by_promise,
    read_marks,
    undeclared_marks,
)

ROOT = Path(__file__).parents[2]


def _read(tmp_path: Path, source: str) -> dict[str, list[str]]:
    folder = tmp_path / "suite" / "area"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(source)
    marks = by_promise(read_marks(tmp_path / "suite", tmp_path))
    return {
        promise: [place.removeprefix("suite/area/test_it.py::") for place in places]
        for promise, places in marks.items()
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param(
            '@promises("X-1", "X-2")\ndef test_a(): ...',
            {"X-1": ["test_a"], "X-2": ["test_a"]},
            id="on a test",
        ),
        pytest.param(
            '@pytest.mark.promises("X-1")\ndef test_a(): ...', {"X-1": ["test_a"]}, id="by pytest"
        ),
        pytest.param(
            'class TestA:\n    @promises("X-1")\n    def test_a(self): ...',
            {"X-1": ["TestA::test_a"]},
            id="in a class",
        ),
        pytest.param(
            'pytestmark = [exclusive, promises("X-1")]\ndef test_a(): ...\ndef test_b(): ...',
            {"X-1": ["test_a", "test_b"]},
            id="on a module",
        ),
        pytest.param(
            '@pytest.mark.parametrize("n", [case("one word", 1), case("two", 2, promises="X-1"),\n'
            '    case("three", 3, promises=("X-1", "X-2"))])\ndef test_a(n): ...',
            {"X-1": ["test_a[two]", "test_a[three]"], "X-2": ["test_a[three]"]},
            id="on rows",
        ),
        pytest.param(
            'TABLE: list = [case("two", 2, promises="X-1")]\n'
            '@pytest.mark.parametrize("n", TABLE)\ndef test_a(n): ...\n'
            '@pytest.mark.parametrize("n", [*TABLE])\ndef test_b(n): ...',
            {"X-1": ["test_a[two]", "test_b[two]"]},
            id="on rows of a constant",
        ),
        pytest.param(
            'T = [case("a", promises="X-1")]\nT = [*T, case("b", promises="X-2")]\n'
            '@pytest.mark.parametrize("n", T)\ndef test_a(n): ...',
            {"X-2": ["test_a[b]"]},
            id="a constant of itself ends",
        ),
        pytest.param(
            '@pytest.mark.parametrize("n", [pytest.param(1, id="one", marks=promises("X-1")),\n'
            '    pytest.param(2, marks=[slow, promises("X-2")])])\ndef test_a(n): ...',
            {"X-1": ["test_a[one]"], "X-2": ["test_a[...]"]},
            id="on pytest's rows",
        ),
        pytest.param(
            '@on_topologies(promises={"two": "X-1"})\ndef test_a(n): ...',
            {"X-1": ["test_a[two]"]},
            id="on rows that a decorator makes",
        ),
        pytest.param(
            '@promises("X-1")\ndef test_a():\n    with step("It arrives", promise="X-2"), x:\n'
            '        with step(f"in {wec}", promise="X-3"):\n            pass',
            {
                "X-1": ["test_a"],
                "X-2": ["test_a, step 'It arrives'"],
                "X-3": ["test_a, step 'in {wec}'"],
            },
            id="on steps",
        ),
        pytest.param(
            'def story():\n    with step("It arrives", promise="X-1"): ...',
            {"X-1": ["story, step 'It arrives'"]},
            id="on a step of a helper",
        ),
        pytest.param(
            'def test_a():\r\n    "A form feed \f is no line."\r\n    with step(\r\n'
            '        "It arrives",\r\n        promise="X-1"): ...\r\ndef test_b(): ...',
            {"X-1": ["test_a, step 'It arrives'"]},
            id="on a step, lines below the function's head",
        ),
        pytest.param(
            '@promises("X-1")\ndef helper(): ...\nx = "X-2"', {}, id="on anything else: not at all"
        ),
        pytest.param(
            '@promises("X-1")\n@promises("X-1")\ndef test_a(): ...',
            {"X-1": ["test_a"]},
            id="twice: once",
        ),
    ],
)
def test_where_a_promise_may_stand(
    tmp_path: Path, source: str, found: dict[str, list[str]]
) -> None:
    assert _read(tmp_path, source) == found


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@promises(*IDS)\ndef test_a(): ...", ":1: write the id of the promise itself, not *IDS"),
        ('@promises(f"X-{n}")\ndef test_a(): ...', ":1: write the id of the promise itself"),
        (
            'def test_a():\n    with step("It arrives", promise=name): ...',
            ":2: write the id of the promise itself, not name",
        ),
        ("\ndef test_a(:", ":2: is not Python: "),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        _read(tmp_path, source)
    assert str(raised.value).startswith(f"suite/area/test_it.py{said}")
    assert "\n" not in str(raised.value)


def test_a_mark_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text('\n@promises("X-1")\ndef test_a(): ...\n')
    (mark,) = read_marks(tmp_path, tmp_path)
    assert mark == Mark("X-1", "test_it.py::test_a", "test_it.py:2")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("@pytest.mark.slow\ndef test_a(): ...", None),
        ("x = pytest.mark.slow\n\ny = pytest.mark.slo", ("slo", 3)),
        ("# a mark\ny = pytest.mark.slow(pytest.mark.slo)", ("slo", 2)),
        ("y = pytest . mark . slo", ("slo", 1)),
        ("y = (\n    pytest.mark\n    .slo\n)", ("slo", 2)),
        ("y = pytest.mark.\\\n    slo", ("slo", 1)),
        ("y = pytest.mark.slower", ("slower", 1)),
        ("# pytest.mark.slo\ny = other.mark.slo, mark.slo, 'pytest.mark.slo'", None),
    ],
)
def test_marks_that_nobody_declared(
    tmp_path: Path, source: str, found: tuple[str, int] | None
) -> None:
    (tmp_path / "test_it.py").write_text(source)
    expected = [] if found is None else [UsedMark(found[0], f"test_it.py:{found[1]}")]
    assert list(undeclared_marks(tmp_path, tmp_path, {"slow"})) == expected


COLLECT = """
import json, sys, pytest

class Marks:
    def pytest_collection_finish(self, session):
        found = {}
        for item in session.items:
            for mark in item.iter_markers("promises"):
                for name in mark.args:
                    found.setdefault(name, set()).add(item.nodeid.partition("[")[0])
        print("MARKS", json.dumps({name: sorted(tests) for name, tests in found.items()}))

pytest.main(["scenarios", "--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[Marks()])
"""


def test_pytest_finds_the_same_in_the_suite() -> None:
    """But for promises on steps, which no collection sees."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], cwd=ROOT, text=True, capture_output=True, check=False
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("MARKS ")), None)
    assert line is not None, done.stdout + done.stderr
    read: dict[str, set[str]] = {}
    for mark in read_marks(ROOT / "scenarios", ROOT):
        if mark.step is None:
            read.setdefault(mark.promise, set()).add(mark.test.partition("[")[0])
    assert json.loads(line.removeprefix("MARKS ")) == {
        name: sorted(tests) for name, tests in read.items()
    }
