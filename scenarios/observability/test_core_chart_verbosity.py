"""The verbosity that the values of KubeStellar's core chart set, by helm alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubestellar_conformance.story import Helm, Release, Space, case, needs, promises, step

pytestmark = needs("helm")
VERBOSITY = re.compile(r"(?<!-)-v=(\d+)|controller\.verbosity=(\d+)|agent\.v=(\d+)")


def verbosity(release: Release) -> dict[str, list[str]]:
    """The verbosity that each PostCreateHook gives to its controllers, by the hook's name."""
    return {
        hook["metadata"]["name"]: [
            next(filter(None, found.groups())) for found in VERBOSITY.finditer(json.dumps(hook))
        ]
        for hook in release.of_kind("PostCreateHook")
    }


@promises("OBS-11")
@pytest.mark.parametrize(
    ("values", "kubestellar", "transport", "clusteradm", "addon"),
    [
        case("with no value of the user's", (), "2", "2", "2", ("2", "2")),
        case("with the default alone", ("verbosity.default=5",), "5", "5", "5", ("5", "5")),
        case(
            "with the default and the values of three",
            (
                "verbosity.default=5",
                "verbosity.kubestellar=6,verbosity.transport=7,verbosity.clusteradm=8",
            ),
            "6",
            "7",
            "8",
            ("5", "5"),
        ),
        case(
            "with the default and the values of the status add-on",
            ("verbosity.default=5", "status_controller.v=3,status_agent.v=4"),
            "5",
            "5",
            "5",
            ("3", "4"),
        ),
        case(
            "with the deprecated values of the status add-on",
            ("verbosity.status_controller=3,verbosity.status_agent=4",),
            "2",
            "2",
            "2",
            ("3", "4"),
        ),
        case(
            "with both values of the status add-on",
            (
                "verbosity.status_controller=3,verbosity.status_agent=4",
                "status_controller.v=6,status_agent.v=7",
            ),
            "2",
            "2",
            "2",
            ("6", "7"),
        ),
        case("with a default of zero", ("verbosity.default=0",), "0", "0", "0", ("0", "0")),
    ],
)
def test_the_values_set_the_verbosity_of_each_controller(
    host: Space,
    helm: Helm,
    core_chart: Path,
    values: tuple[str, ...],
    kubestellar: str,
    transport: str,
    clusteradm: str,
    addon: tuple[str, str],
) -> None:
    """Each controller has its own value, or the default; ``addon``: the controller and the agent
    of OCM's status add-on.
    """
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart, *values)
    with step("The arguments of each controller have its verbosity"):
        assert verbosity(release) == {
            "install-status-addon": list(addon),
            "its-hub-init": [clusteradm],
            "kubestellar-controller": [kubestellar],
            "transport-controller": [transport],
        }
