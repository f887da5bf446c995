"""Whether KubeStellar's controllers of a WDS work, shown by an object that they act on.

Their logs say earliest that they are ready, and in words that another build may have changed. Then
a BindingPolicy that selects nothing shows it: its Binding, the Binding's condition and its
finalizer are each written by one of the three controllers.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.spaces.policy import Policy
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Space

NAME = "ks-conformance-probe"
SECONDS = 3.0
"""How long one probe is given."""
_PAUSE = 0.1


def _has_collectors_condition(binding: Obj) -> bool:
    """Written by the status controller, the last of the manager's two (pkg/status/binding.go)."""
    conditions = (binding.get("status") or {}).get("conditions") or []
    return any(one["type"] == "StatusCollectorsAvailable" for one in conditions)


def _has_finalizer(binding: Obj) -> bool:
    """Written by the transport controller (pkg/transport/generic)."""
    return "transport.kubestellar.io/object-cleanup" in binding["metadata"].get("finalizers", [])


SIGNS: dict[str, Callable[[Obj], bool]] = {
    "kubestellar-controller-manager": _has_collectors_condition,
    "transport-controller": _has_finalizer,
}
"""By component: whether the Binding of the probe shows that the component works."""


def comes_through(component: str, kubeconfig: Path) -> bool:
    """Whether the component acts on a probe in its WDS within some seconds. Leaves nothing there.

    ``component`` is a key of `SIGNS`; the kubeconfig's file and its context have the WDS's name.
    An API server that does not answer, or does not serve the control API yet, makes it False.
    """
    space = Space(kubeconfig.stem, "wds", kubeconfig)
    policy = Policy(f"{NAME}-{component}-{os.getpid()}", {"clusterSelectors": [], "downsync": []})
    try:
        space.apply(policy)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            binding = space.get(policy.binding)
            if binding is not None and SIGNS[component](binding):
                return True
            time.sleep(_PAUSE)  # it is not worth a watch
    except (HarnessError, Deviation):
        return False
    finally:
        with contextlib.suppress(HarnessError, Deviation):
            space.delete(policy)
        space.close()
    return False
