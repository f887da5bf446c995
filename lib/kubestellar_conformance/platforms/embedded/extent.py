"""The spaces that a run starts: all, or only those that its tests need."""

from __future__ import annotations

from dataclasses import replace

from kubestellar_conformance.platforms.api import Extent
from kubestellar_conformance.platforms.common.topology import Topology

LEFT_OUT = {
    Extent.ALL: "",
    Extent.NO_WECS: "every WEC: each selected test has virtual ones and asks for no other",
    Extent.WDS_ALONE: "all but the API server of the WDS: each selected test is marked "
    "api_server_alone",
}
"""What a record says of the parts that were not started; empty if all were."""


def spaces_of(extent: Extent, topology: Topology) -> list[str]:
    """The spaces to start."""
    if extent is Extent.WDS_ALONE:
        return [next(iter(topology.wdses))]
    if extent is Extent.NO_WECS:
        return [space for space in topology.spaces if space not in topology.wecs]
    return topology.spaces


def limited(topology: Topology, spaces: list[str]) -> Topology:
    """The topology with those of its WECs alone that are among the spaces. An ITS is not asked for
    a WEC that does not run.
    """
    return replace(topology, wecs={wec: its for wec, its in topology.wecs.items() if wec in spaces})
