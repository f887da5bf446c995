"""What KubeStellar reports of its own objects: errors, warnings, conditions, observed generation."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import (
    condition,
    errors,
    no_errors,
    no_warnings,
    observed,
    warnings,
)
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Obj
from tests.support.three_spaces import ThreeSpaces, unique


@pytest.fixture
def transform(three: ThreeSpaces) -> Obj:
    """A CustomTransform of which nobody has reported anything yet."""
    made = {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "CustomTransform",
        "metadata": {"name": f"transform-{unique()}"},
        "spec": {"apiGroup": "", "resource": "configmaps", "remove": ["$.data.x"]},
    }
    return three.wds.apply(made)[0]


def said(three: ThreeSpaces, what: Condition) -> str:
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(what)
    return str(caught.value)


def test_errors_match(three: ThreeSpaces, transform: Obj) -> None:
    asked = errors(transform, matching=r"Error in spec\.remove\[0\]: ")
    assert "no errors; no observedGeneration; the generation is 1" in said(three, asked)
    reported = ["something else", "Error in spec.remove[1]: x"]
    three.wds.update_status(transform, {"observedGeneration": 1, "errors": reported})
    message = said(three, asked)
    assert r"expected to report errors that match /Error in spec\.remove\[0\]: / within" in message
    assert "errors: something else; Error in spec.remove[1]: x" in message
    three.wds.eventually(errors(transform))
    three.wds.update_status(transform, {"errors": ["first", "An Error in spec.remove[0]: y"]})
    three.wds.eventually(asked)


def test_no_errors_wants_the_present_generation_observed(
    three: ThreeSpaces, transform: Obj
) -> None:
    asked = no_errors(transform)
    assert "no observedGeneration; the generation is 1" in said(three, asked)
    three.wds.eventually(no_errors(transform, observed=False))
    three.wds.update_status(transform, {"observedGeneration": 1, "errors": ["bad"]})
    assert "errors: bad" in said(three, asked)
    assert "errors: bad" in said(three, no_errors(transform, observed=False))
    three.wds.update_status(transform, {"errors": None})
    three.wds.eventually(asked)
    three.wds.patch(transform, {"spec": {"remove": ["$.data.y"]}})
    message = said(three, asked)
    assert "expected to report no errors, with its present generation observed within" in message
    assert "observedGeneration 1, the generation is 2" in message
    assert "observedGeneration 1, the generation is 2" in said(three, observed(transform))
    three.wds.update_status(transform, {"observedGeneration": 2})
    three.wds.eventually(observed(transform))


def test_warnings(three: ThreeSpaces, transform: Obj) -> None:
    three.wds.update_status(transform, {"observedGeneration": 1, "warnings": ["two of them"]})
    three.wds.eventually(warnings(transform, matching="of them$"))
    three.wds.eventually(no_errors(transform))
    assert "warnings: two of them" in said(three, no_warnings(transform))
    assert "no errors; observedGeneration 1" in said(three, errors(transform))


def test_an_absent_object_reports_nothing(three: ThreeSpaces, transform: Obj) -> None:
    three.wds.delete(transform)
    for one in (errors(transform), no_errors(transform), observed(transform)):
        assert "absent" in said(three, one)


def test_conditions(three: ThreeSpaces) -> None:
    policy = {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "BindingPolicy",
        "metadata": {"name": f"policy-{unique()}"},
        "spec": {},
    }
    three.wds.apply(policy)
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "Creating",
        "message": "Missing [x]",
        "lastTransitionTime": "2024-01-01T00:00:00Z",
    }
    assert "no condition Ready; the conditions are: none" in said(three, condition(policy, "Ready"))
    three.wds.update_status(policy, {"observedGeneration": 1, "conditions": [ready]})
    missing = said(three, condition(policy, "Synced", True))
    assert "expected to have the condition Synced=True within" in missing
    assert "no condition Synced; the conditions are: Ready=False" in missing
    assert "Ready=False (Creating: Missing [x])" in said(three, condition(policy, "Ready"))
    for reason, message in (("Created", None), (None, "Missing y"), ("Creating", "nope")):
        asked = condition(policy, "Ready", "False", reason=reason, message=message)
        assert "Ready=False (Creating: Missing [x])" in said(three, asked)
    asked = condition(policy, "Ready", False, reason="Creating", message=r"\[x\]")
    three.wds.eventually(asked)


def test_a_bad_expression_is_refused() -> None:
    with pytest.raises(UserError, match="is not a valid regular expression"):
        errors({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}}, matching="[")
