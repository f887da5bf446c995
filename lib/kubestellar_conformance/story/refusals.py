"""Objects that the API promises to refuse, or else to report."""

from __future__ import annotations

from kubestellar_conformance.conditions import errors
from kubestellar_conformance.conditions.reports import errors_or_observed
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.spaces.space import Applicable, objects_of


def refuses_or_reports(space: Space, what: Applicable, *, saying: str = "") -> None:
    """The API server refuses a strict create of the object as invalid, or ``status.errors`` of the
    object reports it under the contract ``binding``; either with a message in which the regular
    expression is found. An object whose present generation is observed has the contract ``quiet``
    left to report it.

    Source: API, DownsyncObjectTest: "if not prevented by the apiserver then violations will be
    reported in .status.errors". Raises `Deviation` when neither happens.
    """
    [obj] = objects_of(what)
    if not space.refused(obj, saying=saying):
        space.eventually(errors_or_observed(obj, matching=saying), within="binding")
        space.eventually(errors(obj, matching=saying), within="quiet")
