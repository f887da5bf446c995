"""The catalogue of promises: a file per area; what is wrong with it is one line with file and
line.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.promises import Promises
from kubestellar_conformance.reporting.suite import Suite

ROW = "- {id: A-1, requirement: r, source: s, check: c, upstream: none, rig: A}\n"


def test_the_catalogue_of_the_suite_is_whole() -> None:
    promises = Promises.load(Path(__file__).parents[2] / "scenarios" / "promises")
    assert {promise.area for promise in promises.values()} == {
        "authorization",
        "binding",
        "examples",
        "observability",
        "reader",
        "resilience",
        "setup",
        "status",
        "status_collectors",
        "transforming",
        "transport",
        "validation",
    }
    once = 379
    """Rows that the catalogue began with; each is still there or retired."""
    assert len(promises) + len(promises.retired) >= once


def test_an_area_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(ROW)
    (tmp_path / "one.yaml").write_text(ROW.replace("A-1", "A-2") + ROW.replace("A-1", "A-3"))
    promises = Promises.load(tmp_path)
    assert {name: promise.area for name, promise in promises.items()} == {
        "A-2": "one",
        "A-3": "one",
        "A-1": "two",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n- {id: A-1}", ":2: needs text under 'requirement'"),
        (ROW.replace("rig: A", "rig: ''"), ":1: needs text under 'rig'"),
        ("- 3", ":1: expected a mapping, found a scalar"),
        ("{}", ":1: expected a list, found a mapping"),
        ("- [", ": is not YAML: "),
        (ROW + ROW, "area.yaml:2: duplicate A-1: .*area.yaml:1 has it"),
        (ROW.replace("rig:", "area: T, rig:"), ":1: unknown field 'area': use check, id, "),
        (ROW.replace("rig:", "id: A-2, rig:"), ":1: duplicate field 'id'"),
        (ROW.replace("rig: A", "rig: C/X"), ":1: A-1: unknown rig 'X': use A, C, "),
        (ROW.replace("none", "some"), ":1: A-1: upstream 'some' is neither 'none' nor "),
        (ROW.replace("A-1", "one"), ":1: 'one' is not an id such as BIND-01"),
        (
            ROW.replace("rig: A", "rig: A, reason: r"),
            ":1: A-1: 'reason' stands beside 'needs' only",
        ),
        (ROW.replace("rig: A", "rig: A, needs: [vcluster]"), ":1: needs text under 'reason'"),
        (
            ROW.replace("rig: A", "rig: A, needs: [vclutser], reason: r"),
            ":1: A-1: unknown capability 'vclutser': use one of stop-components, ",
        ),
        (
            ROW.replace("rig: A", "rig: A, needs: [], reason: r"),
            ":1: needs a list of at least one text under 'needs'",
        ),
    ],
)
def test_a_wrong_catalogue(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "area.yaml").write_text(text)
    with pytest.raises(UserError, match=said) as raised:
        Promises.load(tmp_path)
    assert "\n" not in str(raised.value)


def test_an_id_in_two_areas(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(ROW)
    (tmp_path / "two.yaml").write_text(ROW)
    with pytest.raises(UserError, match=r"two.yaml:1: duplicate A-1: .*one.yaml:1 has it"):
        Promises.load(tmp_path)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "promises").write_text(ROW)
    with pytest.raises(UserError, match="is not a folder: the catalogue is a YAML file per area"):
        Promises.load(tmp_path / "promises")


def test_a_retired_id_is_not_used_again(tmp_path: Path) -> None:
    (tmp_path / "retired.yaml").write_text("- {id: A-9, why: merged into A-1}\n")
    (tmp_path / "one.yaml").write_text(ROW)
    promises = Promises.load(tmp_path)
    assert list(promises) == ["A-1"]
    assert promises.lacks("A-1") is None
    assert promises.lacks("A-9") == "the promise A-9 is retired: merged into A-1"
    assert promises.lacks("A-2") == "unknown promise 'A-2': the catalogue does not list it"
    (tmp_path / "one.yaml").write_text(ROW.replace("A-1", "A-9"))
    with pytest.raises(UserError, match=r"retired.yaml:1: duplicate A-9: .*one.yaml:1"):
        Promises.load(tmp_path)


def test_a_source_begins_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("- {code: BD, page: docs/binding.md}\n")
    (tmp_path / "one.yaml").write_text(ROW.replace("source: s", "source: BD; BD more"))
    assert Promises.load(tmp_path).sources == {"BD": "docs/binding.md"}
    (tmp_path / "one.yaml").write_text(ROW.replace("source: s", "source: BD; BDX more"))
    with pytest.raises(UserError, match="A-1: the source 'BDX more' does not begin with a code of"):
        Promises.load(tmp_path)


@pytest.mark.parametrize("text", ["none", "none: why", "G03", "G03, (I-MATCH)", "(G03): counts"])
def test_upstreams_tests(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.yaml").write_text(ROW.replace("none", f"'{text}'"))
    assert Promises.load(tmp_path)["A-1"].upstream == text


def test_a_promise_that_names_needs_has_no_test(tmp_path: Path) -> None:
    suite = tmp_path / "scenarios"
    (suite / "promises").mkdir(parents=True)
    (suite / "promises" / "one.yaml").write_text(
        ROW.replace("rig: A", "rig: A, needs: [vcluster], reason: it needs pods")
    )
    (suite / "test_it.py").write_text('@promises("A-1")\ndef test_a(): ...\n')
    said = "scenarios/test_it.py::test_a: checks A-1: remove 'needs' and 'reason' of .* one.yaml"
    with pytest.raises(UserError, match=said):
        _ = Suite.load(suite).tests
