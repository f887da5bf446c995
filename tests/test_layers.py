"""The shape of the source: imports go one way, stories stay stories, modules stay small, no host of
a registry.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
from pathlib import Path

import pytest

from tests.support import layers

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "lib" / layers.PACKAGE
SCENARIOS = ROOT / "scenarios"
LONGEST, MEDIAN = 500, 120
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("goproxy", "io"),
        ("goproxy", "cn"),
        ("registry", "npmjs", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("repo1", "maven", "org"),
    )
]


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _sources(*folders: Path) -> list[Path]:
    return [
        ROOT / "conftest.py",
        *(path for folder in folders for path in sorted(folder.rglob("*.py"))),
    ]


def _files() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [
        path
        for name in listed.stdout.decode().split("\0")
        if name and (path := ROOT / name).is_file()
    ]


def test_the_library_imports_only_downwards() -> None:
    found = []
    for path in sorted(LIBRARY.rglob("*.py")):
        if layer := layers.layer_of(path, LIBRARY):
            assert layer in (*layers.ORDER, *layers.ALONE), (
                f"{path} is in no layer: give it a place in ORDER"
            )
            found += [
                f"{path.relative_to(ROOT)}:{line}"
                for line in layers.wrong_imports(layer, _parsed(path))
            ]
    assert found == []


def test_platforms_are_peers_on_common_ground() -> None:
    platforms = LIBRARY / "platforms"
    packages = [path for path in platforms.iterdir() if (path / "__init__.py").exists()]
    assert {path.name for path in packages} == {*layers.PEERS, "common", "workloads"}
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in packages
        for path in sorted(package.rglob("*.py"))
        for line in layers.wrong_among_platforms(package.name, _parsed(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("kind", "from kubestellar_conformance.platforms.embedded.layout import RunFolder"),
        ("existing", "from kubestellar_conformance.platforms import api, kind"),
        ("embedded", "def f():\n    import kubestellar_conformance.platforms.existing"),
        ("workloads", "from kubestellar_conformance.platforms.existing import options"),
        ("common", "from kubestellar_conformance.platforms.workloads.parts import Part"),
    ],
)
def test_a_platform_that_leans_on_another_is_found(package: str, source: str) -> None:
    assert layers.wrong_among_platforms(package, ast.parse(source))


def test_a_platform_on_common_ground_is_not() -> None:
    source = (
        "from kubestellar_conformance.platforms.common import pidfd\n"
        "from kubestellar_conformance.platforms.workloads.parts import Part\n"
        "from kubestellar_conformance.platforms.kind import kept"
    )
    assert layers.wrong_among_platforms("kind", ast.parse(source)) == []


def test_fixtures_do_not_know_the_scenarios_nor_each_other() -> None:
    for path in sorted((ROOT / "fixtures").rglob("*.py")):
        names = {name.partition(".")[0] for _, name in layers.imports(_parsed(path))}
        assert not names & {"fixtures", "scenarios", "tests", ""}, path


def test_stories_are_stories() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(SCENARIOS.rglob("*.py"))
        for line in layers.wrong_in_story(_parsed(path))
    ]
    assert found == []


def test_modules_are_small() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in _sources(ROOT / "lib", ROOT / "fixtures", SCENARIOS, ROOT / "tests")
    }
    assert {path.name: lines for path, lines in lengths.items() if lines > LONGEST} == {}
    assert statistics.median(lengths.values()) <= MEDIAN


def test_no_host_of_a_package_registry() -> None:
    found = []
    for path in _files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {host}" for host in HOSTS if host in text]
    assert found == []


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("errors", "import kubestellar_conformance.spaces"),
        ("spaces", "from kubestellar_conformance.conditions import has"),
        ("spaces", "def f():\n    from kubestellar_conformance import platforms"),
        ("reporting", "import kubestellar_conformance.cli"),
        ("waiting", "import fixtures.spaces"),
        ("platforms", "from . import api"),
        ("status_reporter", "from kubestellar_conformance.spaces import Kind"),
    ],
)
def test_an_import_upwards_is_found(layer: str, source: str) -> None:
    assert layers.wrong_imports(layer, ast.parse(source))


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        (
            "reporting",
            "from kubestellar_conformance.errors import Broken\nimport kubestellar_conformance",
        ),
        ("waiting", "from kubestellar_conformance.spaces.refs import Ref\nimport time"),
        ("status_reporter", "from kubestellar_conformance.errors import Broken"),
    ],
)
def test_an_import_downwards_is_not(layer: str, source: str) -> None:
    assert layers.wrong_imports(layer, ast.parse(source)) == []


TABLE = '@pytest.mark.parametrize("n", [{}])\ndef test_x(wds, n):\n    wds.apply(n)\n'
GOOD = '@promises("T-1")\ndef test_x(wds):\n    wds.apply(x)\n'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import kubernetes.client\n" + GOOD, "imports kubernetes"),
        (
            "from kubestellar_conformance.platforms import Platform\n" + GOOD,
            "imports kubestellar_conformance",
        ),
        ("from time import sleep\n" + GOOD, "imports time"),
        (GOOD + "    clock.sleep(1)\n", "sleeps"),
        (GOOD + "    for wec in wecs:\n        pass\n", "loops over clusters"),
        (GOOD + "    x = [wec.name for wec in (wec1, wec2)]\n", "loops over clusters"),
        (GOOD + "    x = {s: 1 for s in system.spaces}\n", "loops over clusters"),
        (GOOD + "    pass\n" * 40, "has 42 lines"),
        (GOOD.replace('"T-1"', ""), "names no promise"),
        ("def test_x(wds):\n    pass\n", "names no promise"),
        (TABLE.format('case("a", 1, promises="T-1"), case("b", 2)'), "this row names no promise"),
        (TABLE.format('case("a", 1, promises=())'), "this row names no promise"),
        (TABLE.format("pytest.param(1, marks=slow)"), "this row names no promise"),
        (GOOD + '    note("which wins", wds.get(x))\n', "notes what it sees and checks nothing"),
    ],
)
def test_what_a_story_may_not_do_is_found(source: str, said: str) -> None:
    assert said in "\n".join(layers.wrong_in_story(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        TABLE.format('case("a", 1, promises="T-1"), case("b", 2, promises=("T-1", "T-2"))'),
        TABLE.format('pytest.param(1, marks=promises("T-1"))'),
        '@promises("T-1")\n' + TABLE.format('case("a", 1), case("b", 2, promises="T-2")'),
        '@on_topologies(promises={"two": "T-1"})\ndef test_x(wds):\n    wds.apply(x)\n',
        'def test_x(wds):\n    with step("It arrives", promise="T-1"):\n        wds.apply(x)\n',
        GOOD + '    wds.eventually(has(x))\n    note("which wins", wds.get(x))\n',
    ],
)
def test_a_promise_may_stand_on_rows_and_steps(source: str) -> None:
    assert layers.wrong_in_story(ast.parse(source)) == []


def test_a_good_story_is_left_alone() -> None:
    source = (
        "from kubestellar_conformance.story import promises\n"
        + GOOD
        + "    for number in range(3):\n        wds.scale(x, number)\n"
    )
    assert layers.wrong_in_story(ast.parse(source)) == []
