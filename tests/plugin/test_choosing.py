"""Tests are chosen by what they check; a wrong choice is one line and runs nothing."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

ROW = "- {{id: {}, requirement: r, source: s, check: c, upstream: none, rig: A}}\n"
DIFF = """diff --git a/pkg/far/x.go b/pkg/far/x.go
--- a/pkg/far/x.go
+++ b/pkg/far/x.go
@@ -1 +1 @@
-a
+b
"""


@pytest.fixture
def chosen(suite: Suite) -> Suite:
    """Two areas and profiles; a test of each promise, the second of them a known deviation."""
    suite.write("suite/promises/far.yaml", ROW.format("FAR-1") + ROW.format("FAR-2"))
    suite.write(
        "suite/promises/profiles.yaml",
        "- {profile: core, meaning: m, areas: [t]}\n- {profile: status, meaning: m, areas: [far]}\n",
    )
    suite.write(
        "suite/promises/touched.yaml",
        "- {path: pkg/far, areas: [far]}\n- {path: pkg, areas: [t]}\n- {path: test, areas: []}\n",
    )
    suite.write("change.diff", DIFF)
    suite.tests("""
        @promises("T-1")
        def test_near(wds):
            pass

        @promises("FAR-1")
        def test_far(wds):
            raise Deviation("no")

        def test_by_step(wds):
            with step("It is far", promise="FAR-2"):
                pass
    """)
    suite.known("""
        - id: KD-1
          tests: [../test_it.py::test_far]
          promises: [FAR-1]
          expected: e
          seen: s
          cause: c
          rate: 1/1
    """)
    return suite


@pytest.mark.parametrize(
    ("options", "tests"),
    [
        (["--ks-requirement=FAR-*"], ["test_by_step", "test_far"]),
        (["--ks-area=t"], ["test_near"]),
        (["--ks-profile=status", "--ks-requirement=*-2", "-n2"], ["test_by_step"]),
        (["--ks-touched=pkg/far/x.go"], ["test_by_step", "test_far"]),
        (["--ks-touched=change.diff"], ["test_by_step", "test_far"]),
        (["--ks-touched=new", "--ks-known=without"], ["test_by_step", "test_near"]),
        (["--ks-known=only"], ["test_far"]),
    ],
    ids=" ".join,
)
def test_only_the_tests_that_fit_run(chosen: Suite, options: list[str], tests: list[str]) -> None:
    ran = chosen.run(*options)
    assert ran.status == 0
    assert sorted(ran.tests) == tests
    selection = ran.record["selection"]
    assert selection["deselected"] == 3 - len(tests)
    assert options[0].partition("=")[0] in "; ".join(selection["why_partial"])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "--ks-profile=statsu",
            "--ks-profile 'statsu': unknown: did you mean 'status'? (known: core, status)",
        ),
        ("--ks-area=x", "--ks-area 'x': unknown (known: far, t)"),
        (
            "--ks-requirement=FAR-3",
            "--ks-requirement 'FAR-3': no promise has an id like this: did you mean 'FAR-2'?",
        ),
        ("--ks-touched=test/x", "--ks-touched test/x: touches no area of the catalogue"),
        ("--ks-known=all", "--ks-known 'all': use only or without"),
    ],
)
def test_a_wrong_choice_is_one_line(chosen: Suite, option: str, said: str) -> None:
    ran = chosen.run(option)
    assert ran.status == 4
    assert ran.output.strip().splitlines() == [f"ERROR: {said}"]
    assert ran.events == []


def test_a_choice_without_tests_is_named(chosen: Suite) -> None:
    ran = chosen.run("--ks-area=t", "--ks-known=only")
    assert ran.status == 5
    assert "no test in suite matches --ks-area 't' and --ks-known 'only'" in ran.output
