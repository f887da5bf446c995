"""What KubeStellar's core chart says to the user who installs it, by helm alone."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.story import Helm, Release, Space, needs, promises, step

pytestmark = needs("helm")
CONTEXT = "kflex ctx --overwrite-existing-context "
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
