"""Checks whether KubeStellar's controllers of a WDS work, by objects that they act on.

Their logs say earliest that they are ready, and in words that another build may have changed. Then
a BindingPolicy and a StatusCollector show it. The binding controller makes the policy's Binding,
the transport controller puts its finalizer on that, the status controller finds fault with the
collector. The policy selects the Namespace ``default`` and no WEC, so nothing goes anywhere.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.spaces.objects import new
from kubestellar_conformance.spaces.policy import Policy
from kubestellar_conformance.spaces.refs import STATUS_COLLECTOR, Obj
from kubestellar_conformance.spaces.space import Space

NAME = "ks-conformance-probe"
SECONDS = 6.0
"""Seconds for one probe: the binding controller takes 2 s for a new policy."""
_PAUSE = 0.1
_CHOICE = {"downsync": [{"resources": ["namespaces"], "objectNames": ["default"]}]}
_FAULTY = {"filter": "1 +", "select": [{"name": "a", "def": "1"}], "limit": 1}


def _manager(binding: Obj, collector: Obj) -> bool:
    """Both its controllers work (pkg/binding, pkg/status/statuscollector.go)."""
    return bool(binding and (collector.get("status") or {}).get("errors"))


def _transport(binding: Obj, _collector: Obj) -> bool:
    """Its first act on a Binding (pkg/transport/generic)."""
    finalizers = (binding.get("metadata") or {}).get("finalizers") or []
    return "transport.kubestellar.io/object-cleanup" in finalizers


SIGNS: dict[str, Callable[[Obj, Obj], bool]] = {
    "kubestellar-controller-manager": _manager,
    "transport-controller": _transport,
}
"""By component: whether the Binding and the collector of the probe show that it works."""


def comes_through(component: str, kubeconfig: Path) -> bool:
    """Whether the component acts on a probe in its WDS within some seconds. Leaves nothing there.

    ``component`` is a key of `SIGNS`; the kubeconfig's file and its context have the WDS's name.
    An API server that does not answer, or does not serve the control API yet, makes it False.
    """
    space = Space(kubeconfig.stem, "wds", kubeconfig)
    name = f"{NAME}-{component}-{os.getpid()}"
    policy, collector = Policy(name, _CHOICE), new(STATUS_COLLECTOR, name, spec=_FAULTY)
    try:
        space.apply(policy, collector)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if SIGNS[component](space.get(policy.binding) or {}, space.get(collector) or {}):
                return True
            time.sleep(_PAUSE)  # a watch would not pay off
    except (HarnessError, Deviation):
        return False
    finally:
        with contextlib.suppress(HarnessError, Deviation):
            space.delete(policy, collector)
        space.close()
    return False
