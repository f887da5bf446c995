"""Scenario 6 of the example-scenarios page: an application with a ServiceAccount, by Argo CD."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubestellar_conformance.story import (
    ArgoCd,
    Kind,
    Make,
    Obj,
    Policy,
    Ref,
    Space,
    Spaces,
    Workload,
    case,
    needs,
    note,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    gone,
    has,
    no_manifest_works,
    no_status,
    none_of,
    same_uids,
    selects,
)

# Argo CD reads all kinds of its WDS anew with each definition that comes or goes, so a WDS in which
# other tests make kinds holds its syncs up.
pytestmark = [needs("argo-cd"), own_wds]
INSTANCE = "argocd.argoproj.io/instance"
SECRET = Kind.of("v1/Secret")
SYNCS = 5
Ask = Callable[..., Policy]


@pytest.fixture
def app(argo_cd: ArgoCd, nginx_sa: Workload) -> str:
    """The page's application, created in Argo CD and not yet synced."""
    argo_cd.push(nginx_sa.name, nginx_sa)
    argo_cd.create(nginx_sa.name, namespace=nginx_sa.namespace.name)
    return nginx_sa.name


@pytest.fixture
def ask(make: Make, app: str) -> Ask:
    """The page's policy, which selects by the label that Argo CD puts on what it syncs."""

    def policy(to: Space | Spaces, **flags: Any) -> Policy:
        clause = make.clause(objectSelectors=[{INSTANCE: app}], **flags)
        return make.policy(to=to, name="argocd-sa-bpolicy", clauses=[clause])

    return policy


@promises("SCEN-6-01")
def test_what_argo_cd_syncs_reaches_both_wecs(
    wds: Space, wecs: Spaces, argo_cd: ArgoCd, app: str, nginx_sa: Workload, ask: Ask
) -> None:
    """Scenario 6: the application is synced to the WDS, and deployed to the two clusters."""
    policy = ask(wecs)
    with step("Apply the policy, and sync the application"):
        wds.apply(policy)
        argo_cd.sync(app)
    with step("Argo CD has created its objects in the WDS, and the policy selects them"):
        wds.eventually(nginx_sa, within="binding")
        wds.eventually(selects(policy, nginx_sa), within="binding")
    with step("Namespace, ServiceAccount and Deployment are in both clusters, and run"):
        wecs.eventually(has(nginx_sa), within="downsync")
        wecs.eventually(available(nginx_sa.deployment), within="available")


@promises("SCEN-6-01")
def test_what_changes_in_git_follows_with_the_next_sync(
    wds: Space, wecs: Spaces, argo_cd: ArgoCd, app: str, nginx_sa: Workload, ask: Ask
) -> None:
    """Scenario 6, and a repository that changes: an edit arrives, what is pruned goes."""
    deployment, rest = nginx_sa.deployment, _without("Deployment", nginx_sa)
    with step("The application is in both clusters, with one replica"):
        wds.apply(ask(wecs))
        argo_cd.sync(app)
        wecs.eventually(contains(deployment, {"spec": {"replicas": 1}}), within="downsync")
    with step("Git asks for two replicas: both clusters have them after a sync"):
        argo_cd.push(app, _scaled(nginx_sa, 2))
        argo_cd.sync(app)
        wds.eventually(contains(deployment, {"spec": {"replicas": 2}}), within="binding")
        wecs.eventually(contains(deployment, {"spec": {"replicas": 2}}), within="downsync")
        wecs.eventually(has(nginx_sa), within="downsync")
    with step("Git has no Deployment any more: it goes with a sync that prunes, the rest stays"):
        argo_cd.push(app, rest)
        with wecs.hold(same_uids(rest)):
            argo_cd.sync(app, prune=True)
            wds.eventually(gone(deployment), within="withdrawal")
            wecs.eventually(gone(deployment), within="withdrawal")


@promises("SCEN-6-02")
def test_repeated_syncs_make_no_secrets_for_the_service_account(
    wds: Space, wecs: Spaces, argo_cd: ArgoCd, app: str, nginx_sa: Workload, ask: Ask
) -> None:
    """Scenario 6: no controllers fight over a token of the ServiceAccount."""
    where = nginx_sa.namespace.name
    # Kubernetes has made none by itself for a ServiceAccount since 1.24.
    no_secrets = none_of(SECRET, lambda one: _namespace(one) == where, f"Secret in {where}")
    with step("The application is in both clusters"):
        wds.apply(ask(wecs))
        argo_cd.sync(app)
        wecs.eventually(has(nginx_sa), within="downsync")
    with step("Sync it again and again: its objects stay the same, and no Secret is made"):
        unharmed = same_uids(nginx_sa)
        with wds.hold(no_secrets), wecs.hold(no_secrets), wds.hold(unharmed), wecs.hold(unharmed):
            for _ in range(SYNCS):
                argo_cd.sync(app)
        wds.stays(no_secrets)
        wecs.stays(no_secrets)


@promises("SCEN-6-03")
def test_teardown_leaves_nothing_of_the_application(
    wds: Space, its: Space, wecs: Spaces, argo_cd: ArgoCd, app: str, nginx_sa: Workload, ask: Ask
) -> None:
    """Scenario 6, its teardown: delete the application with cascade, then the policy."""
    policy = ask(wecs)
    with step("The application is in both clusters"):
        wds.apply(policy)
        argo_cd.sync(app)
        wecs.eventually(has(nginx_sa), within="downsync")
    with step("Delete the application with all that it brought, and the policy"):
        argo_cd.delete(app)
        wds.delete(policy)
    with step("Nothing of it is left anywhere"):
        wds.eventually(gone(nginx_sa), within="withdrawal")
        wds.eventually(gone(policy, policy.binding), within="withdrawal")
        its.eventually(no_manifest_works(policy), within="withdrawal")
        wecs.eventually(gone(nginx_sa), within="withdrawal")


def _available(deployment: Ref) -> Any:
    return contains(deployment, {"status": {"availableReplicas": 1}})


@promises("SCEN-6-04")
@pytest.mark.parametrize(
    ("clusters", "flags", "returned"),
    [
        case("neither flag", 2, {}, no_status),
        case("singleton status", 1, {"want_singleton_status": True}, _available),
        case("multi-WEC status", 2, {"want_multi_wec_status": True}, _available),
    ],
)
def test_how_healthy_argo_cd_shows_what_kubestellar_delivers(
    wds: Space,
    wecs: Spaces,
    argo_cd: ArgoCd,
    app: str,
    nginx_sa: Workload,
    ask: Ask,
    clusters: int,
    flags: dict[str, bool],
    returned: Callable[[Ref], Any],
) -> None:
    """The documents say both that it is shown as healthy, and that it may not be."""
    asked, deployment = wecs[:clusters], nginx_sa.deployment
    with step("Sync the application; it runs, and its status returns as the policy asks"):
        wds.apply(ask(asked, **flags))
        argo_cd.sync(app)
        asked.eventually(available(deployment), within="available")
        wds.eventually(returned(deployment), within="status_return")
    with step("Argo CD shows it as synced, and more or less healthy"):
        shown = argo_cd.shown(app)
        note("health of the application, and of its objects", [shown.health, shown.objects])
        assert shown.sync == "Synced"


def _namespace(obj: Obj) -> str:
    return str(obj["metadata"].get("namespace", ""))


def _without(kind: str, what: Workload) -> Workload:
    return Workload(what.name, tuple(obj for obj in what.objects if obj["kind"] != kind))


def _scaled(what: Workload, replicas: int) -> Workload:
    changed = [
        {**obj, "spec": {**obj["spec"], "replicas": replicas}}
        if obj["kind"] == "Deployment"
        else obj
        for obj in what.objects
    ]
    return Workload(what.name, tuple(changed))
