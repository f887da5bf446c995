"""Where there are several ITSes a WDS names its own: the core chart has the value ITSName for
that.
"""

from __future__ import annotations

from kubestellar_conformance.story import Kind, Ref, Space, needs, promises, step
from kubestellar_conformance.story.conditions import available

DEPLOYMENT = Kind.of("apps/v1/Deployment")
MANAGER, TRANSPORT = "kubestellar-controller-manager", "transport-controller"


@promises("SETUP-17")
@needs("core-chart")
def test_a_wds_of_the_core_chart_that_names_its_its_gets_its_controllers(
    host: Space, wds_from_core_chart: Space
) -> None:
    """Core chart, values.yaml: ITSName is "the name of the ITS control plane to be used by the
    WDS".
    """
    controllers = [
        Ref(DEPLOYMENT, f"{wds_from_core_chart.name}-system", name) for name in (MANAGER, TRANSPORT)
    ]
    with step(
        "KubeFlex has run the chart's hooks for it: KubeStellar's two controllers are "
        "there, and run"
    ):
        host.eventually(available(*controllers), within="available")
