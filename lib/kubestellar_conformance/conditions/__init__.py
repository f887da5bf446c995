"""The conditions that scenarios wait for, one module per subject. This is their only list of
exports.

`wec1.eventually(has(nginx), within="downsync")` waits for one; a new condition gets a line here.
How to write one: `conditions.base`.
"""

from kubestellar_conformance.conditions.bindings import (
    bound_to,
    modulated,
    no_binding,
    selects,
)
from kubestellar_conformance.conditions.combined_status import (
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
from kubestellar_conformance.conditions.fields import labelled, lacks, not_labelled
from kubestellar_conformance.conditions.inventory import joined, mailboxes
from kubestellar_conformance.conditions.kinds import served
from kubestellar_conformance.conditions.manifest_works import (
    applied,
    bundled,
    carried,
    carried_without,
    create_only,
    manifest_works,
    no_manifest_works,
    not_applied,
)
from kubestellar_conformance.conditions.objects import (
    available,
    contains,
    gone,
    has,
    meets,
    none_of,
    owned_once,
    same_objects,
    same_uids,
    without,
)
from kubestellar_conformance.conditions.quiescence import (
    at_rest,
    quiescent,
    quiescent_manifest_works,
    unwritten,
    unwritten_manifest_works,
)
from kubestellar_conformance.conditions.reports import (
    condition,
    errors,
    no_errors,
    no_warnings,
    observed,
    warnings,
)
from kubestellar_conformance.conditions.status import no_status, that_of, whole_status
from kubestellar_conformance.conditions.work_statuses import no_work_statuses, work_statuses

__all__ = [
    "aggregation_errors",
    "applied",
    "at_rest",
    "available",
    "bound_to",
    "bundled",
    "carried",
    "carried_without",
    "columns",
    "combined_status",
    "condition",
    "contains",
    "create_only",
    "errors",
    "gone",
    "has",
    "has_result",
    "joined",
    "labelled",
    "lacks",
    "mailboxes",
    "manifest_works",
    "meets",
    "modulated",
    "no_binding",
    "no_combined_status",
    "no_errors",
    "no_manifest_works",
    "no_result",
    "no_row_errors",
    "no_rows",
    "no_status",
    "no_warnings",
    "no_work_statuses",
    "none_of",
    "not_applied",
    "not_labelled",
    "observed",
    "owned_once",
    "quiescent",
    "quiescent_manifest_works",
    "row_count",
    "row_errors",
    "rows",
    "same_objects",
    "same_uids",
    "selects",
    "served",
    "that_of",
    "unwritten",
    "unwritten_manifest_works",
    "warnings",
    "whole_status",
    "without",
    "work_statuses",
]
