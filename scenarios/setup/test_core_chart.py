"""KubeStellar's core chart by helm alone: what an installation would create and say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubestellar_conformance.story import Helm, Release, Space, case, needs, promises, step

pytestmark = needs("helm")
CONTEXT = "kflex ctx --overwrite-existing-context "
VERBOSITY = re.compile(r"(?<!-)-v=(\d+)|controller\.verbosity=(\d+)|agent\.v=(\d+)")
CONTROL_PLANES = (
    "ITSes[0].name=its-host,ITSes[0].type=host",
    "ITSes[1].name=its-vcluster,ITSes[1].type=vcluster",
    "ITSes[2].name=its-external,ITSes[2].type=external",
    "ITSes[3].name=its-of-no-type",
    "WDSes[0].name=wds-host,WDSes[0].type=host",
    "WDSes[1].name=wds-k8s,WDSes[1].type=k8s",
    "WDSes[2].name=wds-of-no-type",
)


def contexts(release: Release) -> list[str]:
    """The ControlPlanes for which the notes give the command that makes a context."""
    lines = release.notes.splitlines()
    return [line.removeprefix(CONTEXT) for line in lines if line.startswith(CONTEXT)]


def verbosity(release: Release) -> dict[str, list[str]]:
    """The verbosity that each PostCreateHook gives to its controllers, by the hook's name."""
    hooks = [obj for obj in release.objects.objects if obj["kind"] == "PostCreateHook"]
    return {
        hook["metadata"]["name"]: [
            next(filter(None, found.groups())) for found in VERBOSITY.finditer(json.dumps(hook))
        ]
        for hook in hooks
    }


@promises("SETUP-30")
def test_the_notes_list_a_command_for_each_control_plane_that_is_not_of_type_host(
    host: Space, helm: Helm, core_chart: Path
) -> None:
    """ControlPlanes of all types, and two whose type the chart chooses."""
    with step("Render the chart with ControlPlanes of all types"):
        release = helm.rendered(host, "ks-core", core_chart, *CONTROL_PLANES)
    with step("The notes list those that are not of type host, each once, and no other"):
        wanted = ["its-vcluster", "its-external", "its-of-no-type", "wds-k8s", "wds-of-no-type"]
        assert contexts(release) == wanted


@promises("OBS-11")
@pytest.mark.parametrize(
    ("values", "kubestellar", "transport", "clusteradm", "others"),
    [
        case("with no value of the user's", (), "2", "2", "2", "2"),
        case("with the default alone", ("verbosity.default=5",), "5", "5", "5", "5"),
        case(
            "with the default and the values of three",
            (
                "verbosity.default=5",
                "verbosity.kubestellar=6,verbosity.transport=7,verbosity.clusteradm=8",
            ),
            "6",
            "7",
            "8",
            "5",
        ),
        case("with a default of zero", ("verbosity.default=0",), "0", "0", "0", "0"),
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
    others: str,
) -> None:
    """Each controller has its own value, or the default; ``others``: OCM's status add-on."""
    with step("Render the chart"):
        release = helm.rendered(host, "ks-core", core_chart, *values)
    with step("The arguments of each controller have its verbosity"):
        assert verbosity(release) == {
            "install-status-addon": [others, others],
            "its-hub-init": [clusteradm],
            "kubestellar-controller": [kubestellar],
            "transport-controller": [transport],
        }
