"""The workload whose status these tests collect, and how the collecting can end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import Make, Obj, Policy, Space, case

End = Callable[[Obj, Policy, Policy], None]


@pytest.fixture
def web(make: Make) -> Obj:
    """A Deployment. What the WECs report of it is up to each test."""
    return make.deployment(replicas=3)


@pytest.fixture(
    params=[
        case("the object is deleted", "object"),
        case("the policy is deleted", "policy"),
        case("the reference is removed", "reference"),
        case("the policy matches the object no more", "match"),
    ]
)
def end(request: pytest.FixtureRequest, wds: Space) -> End:
    """Ends what a CombinedStatus is of: the object, the policy, the policy's reference to the
    StatusCollector, which ``bare``, the policy again, is without, or its selection of the object.
    """

    def end(config: Obj, policy: Policy, bare: Policy) -> None:
        if request.param == "reference":
            wds.apply(bare)
        elif request.param == "match":
            wds.patch(policy, {"spec": {"downsync": [{"objectNames": ["no-such-object"]}]}})
        else:
            wds.delete(config if request.param == "object" else policy)

    return end
