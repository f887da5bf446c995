"""Profiles, and the areas that a change of KubeStellar may touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.profiles import (
    changed_paths,
    load_profiles,
    load_touched,
    touched_areas,
)
from kubestellar_conformance.reporting.promises import Promises

CATALOGUE = Path(__file__).parents[2] / "scenarios" / "promises"
AREAS = ("one", "two")


def test_every_area_of_the_catalogue_is_in_a_profile() -> None:
    promises = Promises.load(CATALOGUE)
    assert {promise.profile for promise in promises.values()} == {
        "core",
        "transforming",
        "status",
        "lifecycle",
        "resilience",
        "operations",
        "documentation",
    }
    assert promises["BIND-01"].profile == "core"


def test_a_change_touches_the_areas_of_the_longest_beginning() -> None:
    areas = {promise.area for promise in Promises.load(CATALOGUE).values()}
    table = load_touched(CATALOGUE, areas)
    assert touched_areas(["pkg/jsonpath/eval.go"], table, areas) == {"transforming"}
    assert touched_areas(["pkg/jsonpathology/x.go", "test/x.go"], table, areas) == areas
    assert touched_areas(["test/e2e/x.go"], table, areas) == set()


def test_a_diff_names_what_it_adds_changes_and_removes() -> None:
    text = "--- a/pkg/a.go\n+++ b/pkg/a.go\n--- /dev/null\n+++ b/b.go\n--- a/c.go\n+++ /dev/null\n"
    assert changed_paths(text) == ["pkg/a.go", "b.go", "c.go"]
    assert changed_paths("package a\n") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {profile: p, meaning: m, areas: [one]}", "profiles.yaml: the area 'two' is in no "),
        (
            "- {profile: p, meaning: m, areas: [one, two]}\n- {profile: q, meaning: m, areas: [two]}",
            "profiles.yaml:2: the area 'two' is in profile 'p' too",
        ),
        (
            "- {profile: p, meaning: m, areas: [one]}\n- {profile: p, meaning: m, areas: [two]}",
            "profiles.yaml:2: duplicate profile 'p'",
        ),
        (
            "- {profile: p, meaning: m, areas: [three]}",
            "profiles.yaml:1: unknown area 'three': use one, two",
        ),
        ("- {profile: p, areas: [one]}", "profiles.yaml:1: needs text under 'meaning'"),
    ],
)
def test_wrong_profiles_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "profiles.yaml").write_text(text)
    with pytest.raises(UserError, match=said):
        load_profiles(tmp_path, AREAS)


def test_a_wrong_table_of_paths_is_one_line(tmp_path: Path) -> None:
    row = "- {path: pkg/a, areas: [one]}\n"
    (tmp_path / "touched.yaml").write_text(row + row.replace("pkg/a", "pkg/a/"))
    with pytest.raises(UserError, match=r"touched.yaml:2: duplicate path 'pkg/a'"):
        load_touched(tmp_path, AREAS)
    (tmp_path / "touched.yaml").write_text(row.replace("one", "won"))
    with pytest.raises(UserError, match=r"touched.yaml:1: unknown area 'won': use one, two"):
        load_touched(tmp_path, AREAS)
