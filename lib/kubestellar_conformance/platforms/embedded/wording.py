"""Steps of a start in words, for the line that shows its progress."""

from __future__ import annotations

_WORDS = {
    "api": "the API server of {}",
    "ready": "the API server of {}",
    "kcm": "Kubernetes' controller manager of {}",
    "kubeflex": "KubeFlex",
    "kubeflex apis": "KubeFlex's APIs",
    "hub apis": "OCM's APIs in {}",
    "create cp": "the ControlPlane {}",
    "cp": "the ControlPlane {}",
    "account": "the service account of {}",
    "ks apis": "KubeStellar's APIs in {}",
    "ks served": "KubeStellar's APIs in {}",
    "ks manager": "KubeStellar's controllers of {}",
    "transport": "the transport controller of {}",
    "hub": "OCM's registration controller of {}",
    "agent apis": "the agent's APIs in {}",
    "bootstrap": "the bootstrap credentials of {}",
    "agent": "the OCM agent of {}",
    "accept": "the ManagedCluster {}",
    "joined": "{} to join",
    "node": "the node of {}",
    "lease": "the node of {}",
    "kwok": "KWOK of {}",
    "scheduler": "the scheduler of {}",
    "node ready": "the node of {} to be ready",
    "reporter": "the status reporter of {}",
}


def awaited(step: str) -> str:
    """What a start waits for while the step is under way, to follow "waiting for"."""
    if step in _WORDS:
        return _WORDS[step]
    kind, _, space = step.rpartition(" ")
    return _WORDS.get(kind, step).format(space)
