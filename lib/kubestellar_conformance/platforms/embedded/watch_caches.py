"""Which kinds an API server keeps no watch cache of.

Each cache wakes up every second, also when nothing happens, and is filled when the server starts.
Kubernetes has seventy kinds, and most change rarely on a platform that has no pods of its own.
Without a cache a list and a watch are etcd's, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

_RARELY_CHANGED: Final[Mapping[str, str]] = {
    "": "endpoints limitranges persistentvolumeclaims persistentvolumes podtemplates "
    "replicationcontrollers resourcequotas",
    "admissionregistration.k8s.io": "mutatingwebhookconfigurations validatingadmissionpolicies "
    "validatingadmissionpolicybindings validatingwebhookconfigurations",
    "apps": "controllerrevisions daemonsets",
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs",
    "certificates.k8s.io": "certificatesigningrequests",
    "discovery.k8s.io": "endpointslices",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "networking.k8s.io": "ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
    "node.k8s.io": "runtimeclasses",
    "policy": "poddisruptionbudgets",
    "resource.k8s.io": "deviceclasses resourceclaims resourceclaimtemplates resourceslices",
    "scheduling.k8s.io": "priorityclasses",
    "storage.k8s.io": "csidrivers csinodes csistoragecapacities storageclasses volumeattachments "
    "volumeattributesclasses",
}
"""The plural names of the kinds, by API group."""


def uncached() -> Iterator[str]:
    """The kinds, as API servers call them: ``daemonsets.apps``."""
    for group, names in _RARELY_CHANGED.items():
        yield from (f"{name}.{group}".rstrip(".") for name in names.split())


def flag() -> str:
    """The flag of kube-apiserver that switches these caches off."""
    return f"--watch-cache-sizes={','.join(f'{name}#0' for name in uncached())}"
