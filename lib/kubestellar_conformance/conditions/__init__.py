"""The conditions that scenarios wait for, one module per subject. This is their only list of
exports.

`wec1.eventually(has(nginx), within="downsync")` waits for one; a new condition gets a line here.
"""

from kubestellar_conformance.conditions.bindings import bound_to
from kubestellar_conformance.conditions.combined_status import combined_status
from kubestellar_conformance.conditions.kinds import served
from kubestellar_conformance.conditions.manifest_works import (
    bundled,
    no_manifest_works,
    no_work_statuses,
)
from kubestellar_conformance.conditions.objects import (
    available,
    contains,
    gone,
    has,
    meets,
    none_of,
    same_objects,
    same_uids,
    without,
)
from kubestellar_conformance.conditions.status import no_status, that_of

__all__ = [
    "available",
    "bound_to",
    "bundled",
    "combined_status",
    "contains",
    "gone",
    "has",
    "meets",
    "no_manifest_works",
    "no_status",
    "no_work_statuses",
    "none_of",
    "same_objects",
    "same_uids",
    "served",
    "that_of",
    "without",
]
