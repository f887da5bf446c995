"""Which WECs a BindingPolicy selects (user guide, "Binding"; API: clusterSelectors)."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Selector,
    Space,
    Spaces,
    case,
    expression,
    needs,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bound_to, has, no_manifest_works, without

pytestmark = on_fleet(
    prod_eu={"tier": "prod", "region": "eu"},
    prod_us={"tier": "prod", "region": "us"},
    dev_eu={"tier": "dev", "region": "eu"},
    bare={},
)
PROD_EU: Selector = {
    "matchLabels": {"tier": "prod"},
    "matchExpressions": [{"key": "region", "operator": "NotIn", "values": ["us"]}],
}


@promises("BIND-05")
@pytest.mark.parametrize(
    ("selectors", "chosen"),
    [
        case("one label", [{"tier": "prod"}], "prod_eu prod_us"),
        case("both labels of one selector", [{"tier": "prod", "region": "eu"}], "prod_eu"),
        case("labels and expressions of one selector", [PROD_EU], "prod_eu"),
        case("any of two selectors", [{"region": "us"}, {"tier": "dev"}], "prod_us dev_eu"),
        case(
            "any of three selectors", [{"tier": "none"}, PROD_EU, {"tier": "dev"}], "prod_eu dev_eu"
        ),
        case(
            "In",
            [expression("tier", "In", "prod", "dev")],
            "prod_eu prod_us dev_eu",
            promises="BIND-06",
        ),
        case(
            "NotIn, also without the key",
            [expression("tier", "NotIn", "prod")],
            "dev_eu bare",
            promises="BIND-06",
        ),
        case(
            "Exists", [expression("tier", "Exists")], "prod_eu prod_us dev_eu", promises="BIND-06"
        ),
        case("DoesNotExist", [expression("tier", "DoesNotExist")], "bare", promises="BIND-06"),
    ],
)
def test_a_policy_selects_the_wecs_that_match_and_no_others(
    wds: Space, fleet: Fleet, make: Make, selectors: list[Selector], chosen: str
) -> None:
    """Selectors are alternatives; within a selector every label and expression must match."""
    config = make.config_map()
    policy = make.policy(config, to=fleet.where(*selectors))
    with step("Ask for a ConfigMap on the WECs that match"):
        wds.apply(policy, config)
    with step("They get the ConfigMap, and the others never do"):
        fleet[chosen].eventually(has(config), within="downsync")
        fleet.others(chosen).stays(without(config))
    with step("The Binding names exactly those WECs"):
        wds.eventually(bound_to(policy, fleet[chosen]), within="binding")


@promises("BIND-07")
@pytest.mark.parametrize(
    "spec",
    [case("omitted", {}), case("empty", {"clusterSelectors": []})],
)
def test_a_policy_without_cluster_selectors_selects_no_wec(
    wds: Space, its: Space, fleet: Fleet, make: Make, spec: dict[str, list[Selector]]
) -> None:
    """WECs are selected by any of the selectors, and there is none."""
    config = make.config_map()
    policy = make.policy(spec={**spec, "downsync": [make.clause(config)]})
    with step("Ask for a ConfigMap, and name no clusters"):
        wds.apply(config, policy)
    with step("No WEC gets it, and the Binding names none"):
        fleet.stays(without(config))
        wds.eventually(bound_to(policy, []), within="binding")
        its.eventually(no_manifest_works(policy), within="downsync")


@pytest.mark.exclusive
@needs("whole-inventory")
@promises("BIND-08")
def test_an_empty_selector_selects_every_wec_also_later_ones(
    wds: Space, wecs: Spaces, fleet: Fleet, make: Make
) -> None:
    """An empty label selector matches everything, so also the WECs of tests beside this one. Two
    policies have it: a WEC that comes is the business of both.
    """
    one, two = make.config_map("one"), make.config_map("two")
    with step("Ask for two ConfigMaps on the WECs that an empty selector matches"):
        wds.apply(make.policy(one, to=[{}], name="of-one"), one)
        wds.apply(make.policy(two, to=[{}], name="of-two"), two)
    with step("Every WEC gets them, with labels and without"):
        fleet.eventually(has(one, two), within="downsync")
        wecs.eventually(has(one, two), within="downsync")
    with step("So does a WEC that is registered later"):
        make.wecs(later={}).eventually(has(one, two), within="downsync")
