"""The rights that OCM gives its agent in a WEC. The platform's agents have all rights there, so
that every kind can be delivered; a test of the rights takes the others away.
"""

from __future__ import annotations

import time
from typing import Final

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.kubeconfigs import kubeconfig
from kubestellar_conformance.platforms.common.manifests import objects
from kubestellar_conformance.platforms.common.names import AGENT, WORK_ACCOUNT
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.workbench import Workbench

_RBAC: Final = "rbac.authorization.k8s.io"
_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_EVERYTHING: Final = "kubestellar-conformance:every-right"
_SECONDS: Final = 30.0  # an API server knows a change of rights after milliseconds


def restrict(workbench: Workbench, wec: str, agent: Process) -> None:
    """Let the agent of a WEC run as OCM's ServiceAccount, with the rights that OCM gives to it."""
    rest = workbench.rest(wec)
    rest.apply(*objects("agent-rights"))
    access = {wec: (workbench.port(wec), {"token": rest.token(AGENT, WORK_ACCOUNT)})}
    file = workbench.folder.credentials / f"{wec}-work-agent.kubeconfig"
    write_private(file, kubeconfig(workbench.pki, access))
    _until(workbench, wec, "create", "secrets", allowed=True)
    agent.restart(kubeconfig=str(file))
    agent.keep_flags()


def free(workbench: Workbench, wec: str) -> None:
    """Give the agent every right, so that it can withdraw what a test leaves."""
    workbench.rest(wec).apply(
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": _EVERYTHING},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": WORK_ACCOUNT, "namespace": AGENT}],
        }
    )
    _until(workbench, wec, "*", "*", allowed=True)


def confine(workbench: Workbench, wec: str) -> None:
    """Take back what `free` gave, and return when the API server knows it."""
    path = f"/apis/{_RBAC}/v1/clusterrolebindings/{_EVERYTHING}"
    workbench.rest(wec).request("DELETE", path, missing_ok=True)
    _until(workbench, wec, "*", "*", allowed=False)


def _until(workbench: Workbench, wec: str, verb: str, resource: str, *, allowed: bool) -> None:
    """Wait until the API server allows the agent this, in all groups, or does not."""
    group = "" if resource != "*" else "*"
    what = {"verb": verb, "group": group, "resource": resource, "namespace": AGENT}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{AGENT}:{WORK_ACCOUNT}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{AGENT}"],
            "resourceAttributes": what,
        },
    }
    deadline = time.monotonic() + _SECONDS
    while workbench.rest(wec).request("POST", _REVIEWS, review)["status"]["allowed"] != allowed:
        if time.monotonic() > deadline:
            raise Broken(
                f"{_SECONDS:g} s after the rights of {WORK_ACCOUNT} in {wec} were changed, "
                f"'{verb} {resource}' is {'not ' if allowed else ''}allowed"
            )
        time.sleep(0.05)
