"""Conditions on CombinedStatus objects (user guide, "Combining reported state"; API types).

There is one CombinedStatus for each pair of a workload object and a BindingPolicy, with one result
for each StatusCollector that the policy names for the object.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    Walk,
    name_of,
)
from kubestellar_conformance.conditions.cells import Cell, Row, shown, unmatched, value_of
from kubestellar_conformance.conditions.writing import few
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import COMBINED_STATUS, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Target, refs_of

COMBINED_LABELS = "status.kubestellar.io/"


def combined_status(what: Target, policy: NameLike, *, rows: int) -> Condition:
    """In the WDS: there are results for the object, and each has this many rows. A StatusCollector
    may have none yet (see `has_result`).
    """
    return EachResult(_one(what), name_of(policy), rows)


def rows(
    collector: NameLike,
    what: Target,
    policy: NameLike,
    expected: Sequence[Row],
    *,
    in_order: bool = False,
) -> Condition:
    """In the WDS: the collector's result for the object has exactly these rows, with these columns.

    A row maps column names to values, which are typed: the text "3" is not the number 3. Numbers
    compare by value; NaN equals NaN. A compiled regular expression must match a whole text. The
    order counts only ``in_order``. Source: API, NamedStatusCombination.
    """
    if len({frozenset(row) for row in expected}) > 1:
        raise UserError("the expected rows of one result must have the same columns")
    names = name_of(collector), name_of(policy)
    return Rows(_one(what), *names, tuple(expected), in_order)


def no_rows(collector: NameLike, what: Target, policy: NameLike) -> Condition:
    """In the WDS: the collector has a result for the object, and the result has no row."""
    return rows(collector, what, policy, [])


def row_count(collector: NameLike, what: Target, policy: NameLike, count: int) -> Condition:
    """In the WDS: the collector's result for the object has this many rows, whatever is in them."""
    return RowCount(_one(what), name_of(collector), name_of(policy), count)


def columns(collector: NameLike, what: Target, policy: NameLike, *names: str) -> Condition:
    """In the WDS: the columns of the collector's result have these names, in this order."""
    return Columns(_one(what), name_of(collector), name_of(policy), names)


def row_errors(
    collector: NameLike,
    what: Target,
    policy: NameLike,
    column: str,
    *,
    wec: NameLike | None = None,
    matching: str = "",
) -> Condition:
    """In the WDS: the collector's result reports an error in this column ("" is the filter), of
    this WEC if given, in which the regular expression is found (API: RowEvaluationError).
    """
    of = None if wec is None else name_of(wec)
    return RowErrors(
        _one(what), name_of(collector), name_of(policy), column, of, re.compile(matching)
    )


def aggregation_errors(
    collector: NameLike, what: Target, policy: NameLike, column: str, *, matching: str = ""
) -> Condition:
    """In the WDS: the collector's result reports an error in the aggregation of this column, in
    which the regular expression is found (API: NamedStatusCombination.aggregationErrors).
    """
    names = name_of(collector), name_of(policy)
    return AggregationErrors(_one(what), *names, column, re.compile(matching))


def no_row_errors(collector: NameLike, what: Target, policy: NameLike) -> Condition:
    """In the WDS: the collector has a result for the object, and the result reports no error, of
    rows or of aggregations.
    """
    return NoRowErrors(_one(what), name_of(collector), name_of(policy))


def has_result(collector: NameLike, what: Target, policy: NameLike) -> Condition:
    """In the WDS: the collector has a result for the object, whatever is in it."""
    return HasResult(_one(what), name_of(collector), name_of(policy))


def no_result(collector: NameLike, what: Target, policy: NameLike) -> Condition:
    """In the WDS: no CombinedStatus of the object and policy has a result of the collector."""
    return NoResult(_one(what), name_of(collector), name_of(policy))


def no_combined_status(what: Target, policy: NameLike) -> Condition:
    """In the WDS: the object and the policy have no CombinedStatus."""
    return NoCombinedStatus(_one(what), name_of(policy))


class OfCombinedStatus(Condition):
    """A condition on the CombinedStatus of one object and one policy, found by its labels."""

    walk = Walk.COMBINATION

    def __init__(self, ref: Ref, policy: str) -> None:
        self.refs, self.policy = (ref,), policy

    def kinds(self) -> Iterable[Kind]:
        return {COMBINED_STATUS, self.refs[0].kind}

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == COMBINED_STATUS

    def found(self, scope: Scope) -> list[Obj]:
        """The CombinedStatuses of the pair; the API allows for one."""
        ref = self.refs[0]
        plural = scope.feed(ref.kind).plural
        return scope.feed(COMBINED_STATUS).objects(
            where=lambda obj: combines(obj, ref, plural, self.policy)
        )

    def check(self, scope: Scope) -> Judgement:
        found = self.found(scope)
        if len(found) != 1:
            saw = f"{len(found)} CombinedStatuses" if found else "no CombinedStatus"
            return Judgement(False, saw, tuple(found), self.refs[0])
        return self.judge(found[0])

    def judge(self, combined: Obj) -> Judgement:
        """Judge the one CombinedStatus of the pair."""
        raise NotImplementedError


class EachResult(OfCombinedStatus):
    def __init__(self, ref: Ref, policy: str, count: int) -> None:
        super().__init__(ref, policy)
        self._count = count

    @property
    def expected(self) -> str:
        return f"to have a CombinedStatus for {self.policy} with {self._count} rows in each result"

    def judge(self, combined: Obj) -> Judgement:
        counts = {
            result["name"]: len(result.get("rows") or [])
            for result in combined.get("results") or []
        }
        ok = bool(counts) and all(count == self._count for count in counts.values())
        said = ", ".join(f"{name}: {count} rows" for name, count in counts.items())
        return Judgement(ok, said or "no results", (combined,), None if ok else self.refs[0])


class NoCombinedStatus(OfCombinedStatus):
    walk = Walk.COMBINATION_GONE

    @property
    def expected(self) -> str:
        return f"to have no CombinedStatus for {self.policy}"

    def check(self, scope: Scope) -> Judgement:
        found = self.found(scope)
        if not found:
            return Judgement(True, "no CombinedStatus")
        saw = f"{len(found)}, the first is {Ref.of(found[0])}"
        return Judgement(False, saw, tuple(found), self.refs[0])


class OfResult(OfCombinedStatus):
    """A condition on the result of one StatusCollector."""

    def __init__(self, ref: Ref, collector: str, policy: str) -> None:
        super().__init__(ref, policy)
        self._collector = collector

    @property
    def expected(self) -> str:
        return f"that {self._collector} for {self.policy} has {self.content}"

    @property
    @abstractmethod
    def content(self) -> str:
        """Completes "expected that <collector> for <policy> has ..."."""

    def judge(self, combined: Obj) -> Judgement:
        results = combined.get("results") or []
        mine = [result for result in results if result.get("name") == self._collector]
        if len(mine) != 1:
            others = ", ".join(str(result.get("name")) for result in results) or "none"
            saw = f"{len(mine)} results of {self._collector}; the results are of: {others}"
            return Judgement(False, saw, (combined,), self.refs[0])
        lines = self.wrong(mine[0])
        if not lines:
            return Judgement(True, self.content, (combined,))
        return Judgement(False, few(lines, 3), (combined,), self.refs[0], tuple(lines))

    def wrong(self, result: Obj) -> list[str]:
        """The differences from the expectation in the collector's one result, one line each."""
        raise NotImplementedError


class Rows(OfResult):
    def __init__(
        self, ref: Ref, collector: str, policy: str, wanted: tuple[Row, ...], in_order: bool
    ) -> None:
        super().__init__(ref, collector, policy)
        self._wanted, self._in_order = wanted, in_order

    @property
    def content(self) -> str:
        if not self._wanted:
            return "no rows"
        order = ", in this order" if self._in_order else ""
        return f"exactly the rows {few([shown(row) for row in self._wanted], 3)}{order}"

    def wrong(self, result: Obj) -> list[str]:
        names = list(result.get("columnNames") or [])
        found, lines = read(result)
        if self._wanted and sorted(names) != sorted(self._wanted[0]):
            lines.append(f"the columns are {', '.join(names) or 'none'}")
        missing, extra = unmatched(self._wanted, found)
        lines += [f"the row {shown(row)} is missing" for row in missing]
        lines += [f"the row {shown(row)} is not expected" for row in extra]
        if not lines and self._in_order and any(map(_differ, self._wanted, found)):
            lines.append(f"the rows are in the order {', '.join(map(shown, found))}")
        return lines


class RowCount(OfResult):
    def __init__(self, ref: Ref, collector: str, policy: str, count: int) -> None:
        super().__init__(ref, collector, policy)
        self._count = count

    @property
    def content(self) -> str:
        return f"{self._count} rows"

    def wrong(self, result: Obj) -> list[str]:
        found, lines = read(result)
        if len(found) != self._count:
            lines.append(f"{len(found)} rows: {few([shown(row) for row in found], 3)}")
        return lines


class Columns(OfResult):
    def __init__(self, ref: Ref, collector: str, policy: str, names: tuple[str, ...]) -> None:
        super().__init__(ref, collector, policy)
        self._names = names

    @property
    def content(self) -> str:
        return f"the columns {', '.join(self._names)}"

    def wrong(self, result: Obj) -> list[str]:
        names = tuple(result.get("columnNames") or [])
        return [] if names == self._names else [f"the columns {', '.join(names) or 'none'}"]


class RowErrors(OfResult):
    def __init__(
        self,
        ref: Ref,
        collector: str,
        policy: str,
        column: str,
        wec: str | None,
        pattern: re.Pattern[str],
    ) -> None:
        super().__init__(ref, collector, policy)
        self._column, self._wec, self._pattern = column, wec, pattern

    @property
    def content(self) -> str:
        of = f" of {self._wec}" if self._wec else ""
        match = f" matching /{self._pattern.pattern}/" if self._pattern.pattern else ""
        return f"an error in {_column(self._column)}{of}{match}"

    def wrong(self, result: Obj) -> list[str]:
        for one in result.get("rowErrors") or []:
            mine = one.get("columnName", "") == self._column
            if mine and self._wec in (None, _wec(one)) and self._pattern.search(one["error"]):
                return []
        return reported(result) or ["no row errors"]


class AggregationErrors(OfResult):
    def __init__(
        self, ref: Ref, collector: str, policy: str, column: str, pattern: re.Pattern[str]
    ) -> None:
        super().__init__(ref, collector, policy)
        self._column, self._pattern = column, pattern

    @property
    def content(self) -> str:
        match = f" matching /{self._pattern.pattern}/" if self._pattern.pattern else ""
        return f"an aggregation error in column {self._column}{match}"

    def wrong(self, result: Obj) -> list[str]:
        for one in result.get("aggregationErrors") or []:
            if one.get("columnName") == self._column and self._pattern.search(one["error"]):
                return []
        return reported(result) or ["no aggregation errors"]


class NoRowErrors(OfResult):
    @property
    def content(self) -> str:
        return "no row errors and no aggregation errors"

    def wrong(self, result: Obj) -> list[str]:
        return reported(result)


class HasResult(OfResult):
    @property
    def content(self) -> str:
        return "a result"

    def wrong(self, result: Obj) -> list[str]:
        del result  # any is right
        return []


class NoResult(OfResult):
    walk = Walk.COMBINATION_GONE

    @property
    def content(self) -> str:
        return "no result"

    def check(self, scope: Scope) -> Judgement:
        found = self.found(scope)
        for combined in found:
            if any(one.get("name") == self._collector for one in combined.get("results") or []):
                saw = f"a result in {Ref.of(combined)}"
                return Judgement(False, saw, (combined,), self.refs[0])
        return Judgement(True, "no result", tuple(found))


def read(result: Obj) -> tuple[list[Row], list[str]]:
    """The rows of a result by column name, and a line for each thing that is not as the API has it:
    a column name that occurs twice, a row with another number of values.
    """
    names: list[str] = list(result.get("columnNames") or [])
    lines = [f"the column {name} occurs twice" for name in names if names.count(name) > 1]
    found: list[Row] = []
    for row in result.get("rows") or []:
        values: list[Cell] = [value_of(cell) for cell in row.get("columns") or []]
        if len(values) != len(names):
            lines.append(f"a row has {len(values)} values for {len(names)} columns")
        found.append(dict(zip(names, values, strict=False)))
    return found, list(dict.fromkeys(lines))


def reported(result: Obj) -> list[str]:
    """The errors that a result reports about rows and aggregations, one line each."""
    rows_of = [
        f"{_column(one.get('columnName', ''))} of {_wec(one)}: {one.get('error')}"
        for one in result.get("rowErrors") or []
    ]
    return rows_of + [
        f"aggregation {one.get('columnName')}: {one.get('error')}"
        for one in result.get("aggregationErrors") or []
    ]


def combines(combined: Obj, ref: Ref, plural: str, policy: str | None = None) -> bool:
    """Whether a CombinedStatus is the one of this object (and BindingPolicy), which its labels say.

    ``plural`` is the resource name of the object's kind.
    """
    labels = combined["metadata"].get("labels") or {}
    said = tuple(
        labels.get(COMBINED_LABELS + part) or ""
        for part in ("api-group", "resource", "namespace", "name")
    )
    same_object = said == (ref.kind.group, plural, ref.namespace, ref.name)
    return same_object and policy in (None, labels.get(f"{COMBINED_LABELS}binding-policy"))


def _one(what: Target) -> Ref:
    refs = refs_of(what)
    if len(refs) != 1:
        raise UserError(f"a CombinedStatus is of one object, not of {len(refs)}: name one")
    return refs[0]


def _differ(expected: Row, found: Row) -> bool:
    return bool(unmatched([expected], [found])[0])


def _column(name: str) -> str:
    return f"column {name}" if name else "the filter"


def _wec(error: Obj) -> str:
    return str((error.get("wec") or {}).get("clusterId"))
