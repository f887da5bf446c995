"""A status that an object has in the WDS by itself (API: DownsyncModulation)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import has, no_status, quiescent, whole_status

pytestmark = on_fleet(eu={})
READY = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1}


@promises("STATUS-92")
@pytest.mark.parametrize("custom", [case("a Deployment", False), case("a custom kind", True)])
def test_a_status_of_the_wds_s_own_stays_where_none_is_asked_for(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, web: Obj, custom: bool
) -> None:
    """A controller of the WDS has written it; the WEC reports another one."""
    thing = make.object(widget, spec={"size": 3}) if custom else web
    own = whole_status(thing, {"replicas": 7})
    with step("Send the object to one WEC without a request, and write a status in the WDS"):
        wds.apply(thing, make.policy(thing, to=fleet["eu"]))
        wds.update_status(thing, {"replicas": 7})
        fleet["eu"].eventually(has(thing), within="downsync")
    with wds.hold(own), step("The WEC reports another status, and changes it: the object's stays"):
        fleet.report(thing, eu=READY)
        fleet.report(thing, eu={**READY, "replicas": 2})
        wds.stays(own, quiet="status_return")


@promises("STATUS-92")
@pytest.mark.parametrize(
    "flag",
    [
        case("singleton status", {"want_singleton_status": True}),
        case("multi-WEC status", {"want_multi_wec_status": True}),
    ],
)
def test_a_status_of_the_wds_s_own_stays_after_a_request(
    wds: Space, fleet: Fleet, make: Make, web: Obj, flag: dict[str, Any]
) -> None:
    """A controller of the WDS writes it when the returned one is gone; the WEC reports again."""
    own = whole_status(web, {"replicas": 7})
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, make.policy(web, to=fleet["eu"], name="policy", **flag))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("End the request: the status goes, and KubeStellar is done with the object"):
        wds.apply(make.policy(web, to=fleet["eu"], name="policy"))
        wds.eventually(no_status(web), within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("Write a status in the WDS: it stays, also when the WEC reports again"):
        wds.update_status(web, {"replicas": 7})
        with wds.hold(own):
            fleet.report(web, eu={**READY, "replicas": 2})
            wds.stays(own, quiet="status_return")
