"""The map from upstream's own tests to the checks of this suite."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from kubestellar_conformance.components.catalogue import load_catalogue
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.upstream import (
    cases_in,
    functions_of,
    load_cases,
    promises_of_case,
    unmatched,
)
from kubestellar_conformance.reporting.upstream_page import upstream_page

ROOT = Path(__file__).parents[2]
_FILES = ("test/e2e/ginkgo/*_test.go", "test/e2e/bash/*.sh", "test/integration/*/*_test.go")
"""Upstream's end-to-end and integration tests, in KubeStellar's module."""
_MAPPED = re.compile(r"G[0-9]{2}|B[0-9]|I-[A-Z]+")
"""The codes of their cases."""
GINKGO_CASES = 27
ROW = "- {code: G01, file: a_test.go, case: it works, more: m}\n"
PROMISE = "- {{id: {}, requirement: r, source: s, check: c, upstream: '{}', rig: A}}\n"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite.load(ROOT / "scenarios")


def test_every_case_has_a_check_here_or_a_reason(suite: Suite) -> None:
    cases = load_cases(suite.catalogue)
    assert list(unmatched(cases, suite.promises, suite.tests)) == []
    assert len([one for one in cases if one.code.startswith("G")]) == GINKGO_CASES


def test_the_codes_of_the_promises_are_those_of_the_map(suite: Suite) -> None:
    named = {
        code.strip("()")
        for promise in suite.promises.values()
        for code in promise.upstream.partition(":")[0].split(", ")
    }
    known = {case.code for case in load_cases(suite.catalogue)}
    assert {code for code in named if _MAPPED.fullmatch(code)} <= known


def test_the_cases_are_those_of_kubestellar_s_module(suite: Suite) -> None:
    component = load_catalogue()["kubestellar-controller-manager"]
    cache = Path(os.environ.get("GOMODCACHE") or Path.home() / "go/pkg/mod")
    module = cache / f"{component.module}@v{component.version.removeprefix('v')}"
    if not module.is_dir():
        pytest.skip(f"KubeStellar's module is not in {cache}")
    found = {
        path.relative_to(module).as_posix(): cases
        for pattern in _FILES
        for path in sorted(module.glob(pattern))
        if (cases := cases_in(path))
    }
    mapped: dict[str, list[str]] = {}
    for case in load_cases(suite.catalogue):
        mapped.setdefault(case.file, []).append(case.case)
    assert mapped == found


def _suite(folder: Path, upstream: str, *codes: str, test: str = "A-1") -> Suite:
    promises = folder / "scenarios" / "promises"
    promises.mkdir(parents=True)
    rows = (PROMISE.format(f"A-{number}", code) for number, code in enumerate(codes, 1))
    (promises / "one.yaml").write_text("".join(rows))
    (promises / "upstream.yaml").write_text(upstream)
    (folder / "scenarios" / "test_it.py").write_text(
        f'@promises("{test}")\n@pytest.mark.parametrize("x", [case("one"), case("two")])\n'
        f'def test_a(x):\n    with step("It", promise="{test}"): ...\n'
    )
    return Suite.load(folder / "scenarios")


@pytest.mark.parametrize(
    ("codes", "tested", "missing"),
    [
        (("G01", "none"), "A-1", []),
        (("none", "(G01): in part"), "A-2", []),
        (("G01", "none"), "A-2", ["G01"]),
        (("G02", "none"), "A-1", ["G01"]),
    ],
    ids=["asserted", "touched", "its promise has no test", "no promise names it"],
)
def test_a_case_needs_a_promise_with_a_test(
    tmp_path: Path, codes: tuple[str, ...], tested: str, missing: list[str]
) -> None:
    suite = _suite(tmp_path, ROW, *codes, test=tested)
    assert list(unmatched(load_cases(suite.catalogue), suite.promises, suite.tests)) == missing


def test_a_reason_excuses_a_case(tmp_path: Path) -> None:
    suite = _suite(tmp_path, ROW.replace("more: m", "reason: it skips itself"), "none")
    assert list(unmatched(load_cases(suite.catalogue), suite.promises, suite.tests)) == []
    assert "No check: it skips itself" in upstream_page(suite, "0.30.0")


def test_the_page_names_functions_once_and_what_is_open(tmp_path: Path) -> None:
    suite = _suite(tmp_path, ROW, "G01", "G01: remark", "(G01)")
    assert promises_of_case("G01", suite.promises) == (["A-1", "A-2"], ["A-3"])
    assert functions_of("A-1", suite.tests) == ["scenarios/test_it.py::test_a"]
    lines = upstream_page(suite, "0.30.0").splitlines()
    head = lines.index("### G01: it works")
    assert lines[head + 1 :] == [
        "",
        "More strictly: m",
        "",
        "- **A-1** r",
        "  - `scenarios/test_it.py::test_a`",
        "- Without a check here yet: A-2.",
        "- Touched by the case, but not asserted: A-3.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROW + ROW, "upstream.yaml:2: duplicate G01: .*upstream.yaml:1 has it"),
        (ROW.replace("G01", "g1"), ":1: 'g1' is not a code such as G03"),
        (ROW.replace(", more: m", ""), ":1: G01: say under 'more' how the checks here are"),
        (ROW.replace("more", "most"), ":1: unknown field 'most': use case, code, file, "),
        (ROW.replace("it works", "''"), ":1: needs text under 'case'"),
    ],
)
def test_a_wrong_map_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "upstream.yaml").write_text(text)
    with pytest.raises(UserError, match=said):
        load_cases(tmp_path)
