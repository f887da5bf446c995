"""Pages that are made from the catalogue and the tests: up to date here, and made right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubestellar_conformance import conditions
from kubestellar_conformance.components.catalogue import load_catalogue
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.known import KnownDeviation, KnownDeviations
from kubestellar_conformance.reporting.pages import catalogue_page, outdated, readme
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.words import words_page

ROOT = Path(__file__).parents[2]
NONE = KnownDeviations("0.30.0")
ROW = (
    "- {{id: {}, requirement: {}, source: BD Basics; BD more, check: c, upstream: none, rig: {}}}\n"
)
MARKS = "<!-- coverage: written by `make docs` -->\nold\n<!-- end of coverage -->"


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Three promises in two areas, one of which a test names."""
    promises = tmp_path / "scenarios" / "promises"
    promises.mkdir(parents=True)
    (promises / "one_area.yaml").write_text(
        ROW.format("A-1", "it is `a <b> of_c`", "C") + ROW.format("A-2", "it <is> so_so", "W")
    )
    (promises / "other.yaml").write_text(ROW.format("B-1", "it is " * 40, "C"))
    (promises / "sources.yaml").write_text("- {code: BD, page: docs/binding.md}\n")
    (tmp_path / "scenarios" / "test_it.py").write_text('@promises("A-1")\ndef test_a(): ...\n')
    return Suite.load(tmp_path / "scenarios")


def test_all_pages_are_up_to_date() -> None:
    suite = Suite.load(ROOT / "scenarios")
    release = load_catalogue()["kubestellar-controller-manager"].version
    stale = [str(path) for path in outdated(ROOT, suite, suite.known(release))]
    assert stale == [], "call `make docs`"


def test_the_catalogue_shows_source_tests_and_deviations(suite: Suite) -> None:
    entry = KnownDeviation("KD-1", ("t",), ("A-2",), "e", "it is not", "c", "1/1")
    lines = catalogue_page("", suite, KnownDeviations("0.30.0", (entry,))).splitlines()
    first = lines.index("- **A-1** it is `a <b> of_c`")
    assert lines[first + 1 : first + 7] == [
        "  Source: [BD] Basics; [BD] more. Rig `C`.",
        "  - `scenarios/test_it.py::test_a`",
        r"- **A-2** it &lt;is> so\_so",
        "  Source: [BD] Basics; [BD] more. Rig `W`.",
        "  - no check yet",
        "  - does not hold in 0.30.0: KD-1, it is not",
    ]
    assert "## One area" in lines
    assert "1 of 3 promises have a check." in lines
    assert "| `C` | 1 of 2 |" in lines
    assert lines[-1].startswith("[BD]: https://")
    assert lines[-1].endswith("/v0.30.0/docs/binding.md")
    assert max(map(len, lines[:-1])) <= 100


def test_the_words_are_those_of_the_code(suite: Suite) -> None:
    (suite.folder or ROOT).joinpath("conftest.py").write_text(
        '@pytest.fixture\ndef mine():\n    """Of this ``suite``."""\n'
    )
    text = words_page(suite)
    for line in (
        "- `mine` (one per test): Of this `suite`.",
        "- `wec1`: The first workload execution cluster.",
        "- `make.name(stem)`: The name of this test's own",
        "- `space.eventually(subject, *, within='downsync', status=None)`: Wait until",
        "- `gone(*what)`: ",
        "- `@pytest.mark.exclusive`: ",
        "| `withdrawal` | 60 | ",
        "| `core-chart` | ",
    ):
        assert line in text
    assert set(re.findall(r"^- `(\w+)\(", text, re.M)) >= {*conditions.__all__}
    assert max(map(len, re.findall(r"^[^|\n].*", text, re.M))) <= 100


def test_the_readme_keeps_all_but_the_coverage(suite: Suite) -> None:
    now = f"# Title\n\n{MARKS}\n\nrest\n"
    text = readme(now, suite, NONE)
    assert text.startswith("# Title\n\n<!-- coverage")
    assert text.endswith("<!-- end of coverage -->\n\nrest\n")
    assert "| one_area | 1 of 2 | other | 0 of 1 | **all** | **1 of 3** |" in text
    assert "old" not in text
    assert readme(text, suite, NONE) == text


def test_a_readme_without_a_place_for_it_is_one_line(suite: Suite) -> None:
    with pytest.raises(UserError, match=r"README\.md: put the lines"):
        readme("# Title\n", suite, NONE)
