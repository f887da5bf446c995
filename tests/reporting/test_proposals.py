"""Entries for the known deviations, made of a record: they cover what they are made of, and lack
nothing but the cause.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.known import KnownDeviation, KnownDeviations, load_known
from kubestellar_conformance.reporting.promises import Promise, Promises
from kubestellar_conformance.reporting.proposals import pattern, proposals

PROMISES = Promises(
    Promise(name, "binding", f"{name} is kept.", "s", "c", "u", "C") for name in ("T-1", "T-2")
)
MESSAGE = """Deployment default/nginx-xaf3qa5 in wds1: expected status within 20 s: at +20.1 s, [none]
path:
  ok    Binding        wds1  lists it
  STOP  ManifestWork   its1  none carries it
"""
AGAIN = """Deployment default/nginx-xq7aab2 in wds1: expected status within 5 s: at +5.03 s, [none]
  STOP  ManifestWork       its1  none carries it
"""
ELSEWHERE = AGAIN.replace("STOP  ManifestWork", "STOP  WorkStatus  ")


def _record(**tests: tuple[str, list[str], str]) -> dict[str, Any]:
    return {
        "release": "0.30.0",
        "promises": [
            {"id": name, "requirement": row.requirement, "state": "does not hold"}
            for name, row in PROMISES.items()
        ],
        "tests": [
            {
                "nodeid": f"scenarios/binding/{name.replace('__', '.py::')}",
                "verdict": verdict,
                "judged": dict.fromkeys(promises, verdict) | {"T-9": "conforms"},
                "message": message,
                "known_deviation": None,
            }
            for name, (verdict, promises, message) in tests.items()
        ],
    }


def _proposed(record: dict[str, Any]) -> str:
    return "\n".join(proposals(record, KnownDeviations("0.30.0"), suite="scenarios"))


def test_an_entry_is_ready_but_for_its_cause(tmp_path: Path) -> None:
    record = _record(
        test_it__test_a=("deviates", ["T-1"], MESSAGE),
        test_it__test_b=("conforms", ["T-1"], ""),
        test_it__test_c=("known deviation", ["T-1"], MESSAGE),
    )
    text = _proposed(record)
    assert text.startswith("# scenarios/known_deviations/0.30.0/binding.yaml\n- id: KD-0.30.0-1\n")
    folder = tmp_path / "0.30.0"
    folder.mkdir()
    (folder / "binding.yaml").write_text(text)
    with pytest.raises(UserError, match="needs text under 'cause'"):
        load_known(tmp_path, "0.30.0", PROMISES, suite="scenarios", must_exist=True)
    (folder / "binding.yaml").write_text(text.replace("cause:", "cause: it is read #"))
    known = load_known(tmp_path, "0.30.0", PROMISES, suite="scenarios", must_exist=True)
    (entry,) = known
    assert known.of("scenarios/binding/test_it.py::test_a") is entry
    assert known.of("scenarios/binding/test_it.py::test_b") is None
    assert entry.explains(MESSAGE)
    assert entry.promises == ("T-1",)
    assert entry.expected == "T-1 is kept."
    assert entry.seen == (
        "Deployment default/nginx-... in wds1: expected status within 20 s: at +20.1 s, [none]"
    )


def test_what_breaks_the_same_in_the_same_words_is_one_deviation() -> None:
    record = _record(
        test_it__test_a=("deviates", ["T-1"], MESSAGE),
        test_it__test_b=("deviates", ["T-1"], AGAIN),
        test_it__test_c=("deviates", ["T-2"], AGAIN),
        test_it__test_d=("deviates", ["T-1"], ELSEWHERE),
    )
    entries = yaml.safe_load(_proposed(record))
    assert [(entry["id"], entry["tests"]) for entry in entries] == [
        ("KD-0.30.0-1", ["test_it.py::test_a", "test_it.py::test_b"]),
        ("KD-0.30.0-2", ["test_it.py::test_c"]),
        ("KD-0.30.0-3", ["test_it.py::test_d"]),
    ]


def test_a_free_id_is_taken_and_another_entry_named() -> None:
    record = _record(test_it__test_a=("deviates", ["T-1"], MESSAGE))
    record["tests"][0]["known_deviation"] = "KD-0.30.0-1"
    listed = KnownDeviation("KD-0.30.0-1", ("x",), ("T-1",), "e", "s", "c", "1/1")
    known = KnownDeviations("0.30.0", (listed,))
    text = "\n".join(proposals(record, known, suite="scenarios"))
    assert "- id: KD-0.30.0-2\n" in text
    assert "# KD-0.30.0-1 is about another failure of this test\n- id:" in text


def test_a_promise_that_the_record_lacks_is_named() -> None:
    record = _record(test_it__test_a=("deviates", ["T-7"], MESSAGE))
    with pytest.raises(UserError, match=r"test_a: breaks T-7, of which the record has no row"):
        _proposed(record)


def test_nothing_new_gives_nothing() -> None:
    assert _proposed(_record(test_it__test_a=("conforms", ["T-1"], ""))) == ""


@pytest.mark.parametrize(
    ("message", "same"),
    [(AGAIN, True), (ELSEWHERE, False), (AGAIN.replace("[none]", "2"), False)],
)
def test_the_pattern_fits_the_same_failure_of_another_run(message: str, same: bool) -> None:
    assert bool(re.search(pattern(MESSAGE), message)) is same
