"""Virtual WECs: spaces without a cluster, made by the dozen, whose objects are the manifests in
their mailboxes.
"""

from kubestellar_conformance.fleet.fleets import Fleets, Members
from kubestellar_conformance.fleet.group import FLEET_LABEL, Fleet
from kubestellar_conformance.fleet.rights import lacking
from kubestellar_conformance.fleet.virtual import VirtualWec

__all__ = ["FLEET_LABEL", "Fleet", "Fleets", "Members", "VirtualWec", "lacking"]
