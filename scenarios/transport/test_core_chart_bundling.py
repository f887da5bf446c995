"""The bundling that KubeStellar's core chart configures, by helm alone (the page "KubeStellar Core
Chart"; its values `transport_controller`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubestellar_conformance.story import Helm, Space, case, needs, promises, step

pytestmark = needs("helm")
BUNDLING = re.compile(r"--(max-(?:num|size)-wrapped)=(\d+)")


@pytest.mark.parametrize(
    ("values", "number", "size"),
    [
        case("by default", (), "1", "512000"),
        case("with another number", ("transport_controller.max_num_wrapped=7",), "7", "512000"),
        case("with another size", ("transport_controller.max_size_wrapped=1000",), "1", "1000"),
    ],
)
@promises("TRANSPORT-01", "TRANSPORT-02", "TRANSPORT-03")
def test_the_values_set_the_bundling(
    host: Space, helm: Helm, core_chart: Path, values: tuple[str, ...], number: str, size: str
) -> None:
    """One object per ManifestWork, and 512000 bytes, or what the chart's values say."""
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart, *values)
    with step("The arguments of the transport controller say so"):
        hook = release.named("PostCreateHook", "transport-controller")
        found = dict(BUNDLING.findall(json.dumps(hook)))
        assert found == {"max-num-wrapped": number, "max-size-wrapped": size}
