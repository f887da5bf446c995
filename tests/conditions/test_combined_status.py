"""The rows, columns and errors of a CombinedStatus."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.conditions import (
    aggregation_errors,
    columns,
    combined_status,
    has_result,
    no_combined_status,
    no_result,
    no_row_errors,
    no_rows,
    row_count,
    row_errors,
    rows,
)
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Obj, Workload
from kubestellar_conformance.spaces.refs import COMBINED_STATUS, Ref
from tests.support.three_spaces import ThreeSpaces, config_map, unique

NULL = {"type": "Null"}


def number(text: str) -> Obj:
    return {"type": "Number", "float": text}


def string(text: str) -> Obj:
    return {"type": "String", "string": text}


def result(name: str, names: list[str], *rows_of: list[Obj], **more: Any) -> Obj:
    listed = [{"columns": row} for row in rows_of]
    return {"name": name, "columnNames": names, "rows": listed, **more}


class Combined:
    """A CombinedStatus of one object and one policy, written by hand."""

    def __init__(self, three: ThreeSpaces) -> None:
        self.three, self.obj, self.policy = three, config_map(), f"policy-{unique()}"
        self.name = f"{unique()}.x"

    def write(self, *results: Obj, resource: str = "configmaps", name: str = "") -> Obj:
        prefix, metadata = "status.kubestellar.io", self.obj["metadata"]
        labels = {
            f"{prefix}/api-group": "",
            f"{prefix}/resource": resource,
            f"{prefix}/name": metadata["name"],
            f"{prefix}/namespace": metadata["namespace"],
            f"{prefix}/binding-policy": self.policy,
        }
        made = {
            "apiVersion": COMBINED_STATUS.api_version,
            "kind": "CombinedStatus",
            "metadata": {"name": name or self.name, "namespace": "default", "labels": labels},
            "results": list(results),
        }
        return self.three.wds.apply(made)[0]

    def said(self, condition: Condition) -> str:
        with pytest.raises(Deviation) as caught:
            self.three.wds.eventually(condition)
        return str(caught.value)


@pytest.fixture
def combined(three: ThreeSpaces) -> Combined:
    three.terms.change("downsync", 0.1)
    return Combined(three)


def test_rows_are_compared_whole(combined: Combined) -> None:
    collector, policy = SimpleNamespace(name="numbers"), SimpleNamespace(name=combined.policy)
    asked = rows(collector, combined.obj, policy, [{"wec": "a", "n": 3}, {"wec": "b", "n": 1}])
    assert "no CombinedStatus" in combined.said(asked)
    combined.write(result("other", ["n"]))
    assert "0 results of numbers; the results are of: other" in combined.said(asked)
    first, second = [string("a"), number("3")], [string("b"), number("1")]
    combined.write(result("numbers", ["wec", "n"], first))
    message = combined.said(asked)
    wanted = "exactly the rows {wec: 'a', n: 3}; {wec: 'b', n: 1}"
    assert f"expected that numbers for {combined.policy} has {wanted} within" in message
    assert "the row {wec: 'b', n: 1} is missing" in message
    combined.write(result("numbers", ["wec", "n"], second, first, [string("c"), NULL]))
    assert "the row {wec: 'c', n: null} is not expected" in combined.said(asked)
    combined.write(result("numbers", ["wec", "n"], [string("a"), string("3")], second))
    message = combined.said(asked)
    assert "the row {wec: 'a', n: 3} is missing" in message
    assert "the row {wec: 'a', n: '3'} is not expected" in message
    combined.write(result("numbers", ["wec", "n"], second, first))
    combined.three.wds.eventually(asked)
    combined.write(result("numbers", ["n", "wec"], second[::-1], first[::-1]), result("x", ["y"]))
    combined.three.wds.eventually(asked)


def test_the_order_of_rows_counts_only_when_asked(combined: Combined) -> None:
    asked = [{"n": 1}, {"n": 2}]
    combined.write(result("c", ["n"], [number("2")], [number("1")]))
    combined.three.wds.eventually(rows("c", combined.obj, combined.policy, asked))
    in_order = rows("c", combined.obj, combined.policy, asked, in_order=True)
    assert "the rows are in the order {n: 2}, {n: 1}" in combined.said(in_order)
    combined.write(result("c", ["n"], [number("1")], [number("2")]))
    combined.three.wds.eventually(in_order)


def test_rows_with_other_columns(combined: Combined) -> None:
    combined.write(result("c", ["n", "m"], [number("2"), NULL]))
    asked = rows("c", combined.obj, combined.policy, [{"n": 2}])
    assert "the columns are n, m" in combined.said(asked)
    with pytest.raises(UserError, match="have the same columns"):
        rows("c", combined.obj, combined.policy, [{"n": 2}, {"m": 2}])


def test_a_result_that_breaks_the_rules_of_a_table(combined: Combined) -> None:
    asked = rows("c", combined.obj, combined.policy, [{"n": 1}])
    combined.write(result("c", ["n"], [number("1"), number("1")]))
    assert "a row has 2 values for 1 columns" in combined.said(asked)
    combined.write(result("c", ["n", "n"], [number("1"), number("1")]))
    assert "the column n occurs twice" in combined.said(asked)
    combined.write(result("c", ["n"], [number("one")]))
    assert "{n: malformed value " in combined.said(asked)
    combined.write(result("c", ["n"], [number("1")]), result("c", ["n"], [number("1")]))
    assert "2 results of c; the results are of: c, c" in combined.said(asked)


def test_no_rows_and_counts(combined: Combined) -> None:
    nothing = no_rows("c", combined.obj, combined.policy)
    assert "no CombinedStatus" in combined.said(nothing)
    combined.write(result("c", ["n"], [number("1")]))
    message = combined.said(nothing)
    assert f"expected that c for {combined.policy} has no rows within" in message
    assert "the row {n: 1} is not expected" in message
    two = row_count("c", combined.obj, combined.policy, 2)
    assert "1 rows: {n: 1}" in combined.said(two)
    every = combined_status(combined.obj, SimpleNamespace(name=combined.policy), rows=2)
    assert "c: 1 rows" in combined.said(every)
    combined.write(result("c", ["n"], [number("1")], [number("5")]))
    combined.three.wds.eventually(two)
    combined.three.wds.eventually(every)
    combined.write(result("c", ["n"]))
    combined.three.wds.eventually(nothing)


def test_columns_are_in_order(combined: Combined) -> None:
    asked = columns("c", combined.obj, combined.policy, "a", "b")
    combined.write(result("c", ["b", "a"]))
    message = combined.said(asked)
    assert "has the columns a, b within" in message
    assert "the columns b, a" in message
    combined.write(result("c", ["a", "b"]))
    combined.three.wds.eventually(asked)


def test_row_errors(combined: Combined) -> None:
    collector, obj, policy = "c", combined.obj, combined.policy
    none = no_row_errors(collector, obj, policy)
    asked = row_errors(collector, obj, policy, "n", wec="cluster1", matching="no such key")
    combined.write(result("c", ["n"]))
    combined.three.wds.eventually(none)
    assert "no row errors" in combined.said(asked)
    error = {"columnName": "n", "error": "no such key: nope", "wec": {"clusterId": "cluster2"}}
    combined.write(result("c", ["n"], rowErrors=[error]))
    message = combined.said(asked)
    assert "has an error in column n of cluster1 matching /no such key/ within" in message
    assert "column n of cluster2: no such key: nope" in message
    combined.three.wds.eventually(row_errors(collector, obj, policy, "n"))
    assert "no such key: nope" in combined.said(row_errors(collector, obj, policy, ""))
    assert "no such key: nope" in combined.said(none)
    combined.write(result("c", ["n"], rowErrors=[{**error, "wec": {"clusterId": "cluster1"}}]))
    combined.three.wds.eventually(asked)
    combined.write(result("c", ["n"], aggregationErrors=[{"columnName": "n", "error": "x"}]))
    assert "aggregation n: x" in combined.said(none)


def test_aggregation_errors(combined: Combined) -> None:
    asked = aggregation_errors("c", combined.obj, combined.policy, "n", matching="type bool")
    combined.write(result("c", ["n"]))
    message = combined.said(asked)
    assert "has an aggregation error in column n matching /type bool/ within" in message
    assert "no aggregation errors" in message
    other = {"columnName": "m", "error": "unexpected type bool"}
    another = {"columnName": "n", "error": "no values"}
    combined.write(result("c", ["n"], aggregationErrors=[other, another]))
    assert "aggregation n: no values" in combined.said(asked)
    right = {"columnName": "n", "error": "unexpected type bool"}
    combined.write(result("c", ["n"], aggregationErrors=[other, right]))
    combined.three.wds.eventually(asked)


def test_a_result_whatever_is_in_it(combined: Combined) -> None:
    asked = has_result("c", combined.obj, combined.policy)
    combined.write(result("d", ["n"]))
    message = combined.said(asked)
    assert f"expected that c for {combined.policy} has a result within" in message
    assert "0 results of c; the results are of: d" in message
    combined.write(result("d", ["n"]), result("c", []))
    combined.three.wds.eventually(asked)


def test_absence(combined: Combined) -> None:
    nothing = no_combined_status(combined.obj, combined.policy)
    no_c = no_result("c", combined.obj, combined.policy)
    combined.three.wds.eventually(nothing)
    combined.three.wds.eventually(no_c)
    combined.write(result("c", ["n"]))
    message = combined.said(nothing)
    assert f"expected to have no CombinedStatus for {combined.policy} within" in message
    assert f"a result in CombinedStatus default/{combined.name}" in combined.said(no_c)
    combined.write(result("d", ["n"]))
    combined.three.wds.eventually(no_c)
    combined.three.wds.delete(Ref(COMBINED_STATUS, "default", combined.name))
    combined.three.wds.eventually(nothing)


def test_a_combined_status_of_another_kind_with_the_same_name_is_not_this_one(
    combined: Combined,
) -> None:
    combined.write(result("c", ["n"]), resource="secrets")
    combined.three.wds.eventually(no_combined_status(combined.obj, combined.policy))


def test_two_combined_statuses_of_one_pair_are_one_too_many(combined: Combined) -> None:
    for name in ("first", "second"):
        combined.write(result("c", ["n"]), name=f"{name}-{combined.name}")
    assert "2 CombinedStatuses" in combined.said(no_rows("c", combined.obj, combined.policy))


def test_a_combined_status_is_of_one_object(nginx: Workload) -> None:
    with pytest.raises(UserError, match="is of one object, not of 2"):
        no_rows("c", nginx, "policy")
