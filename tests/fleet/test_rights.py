"""Who may make virtual WECs: the ITS's API server says it of the very user."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.fleet import lacking
from kubestellar_conformance.fleet.rights import NEEDED
from kubestellar_conformance.spaces import Obj, Space
from tests.support.servers import ApiServer
from tests.support.three_spaces import ThreeSpaces, unique

RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def account(three: ThreeSpaces) -> str:
    """A service account, bound to the ClusterRole of its name, which does not exist yet."""
    name = f"somebody-{unique()}"
    metadata = {"name": name, "namespace": "default"}
    three.its.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", **metadata}],
        },
    )
    return name


@pytest.fixture
def theirs(three: ThreeSpaces, its_server: ApiServer, account: str, tmp_path: Path) -> Space:
    """The ITS, used as that account."""
    answer = three.its.client.request(
        "post",
        f"/api/v1/namespaces/default/serviceaccounts/{account}/token",
        body={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
        doing="request of a token",
    )
    config = yaml.safe_load(its_server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": answer["status"]["token"]}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return Space("its1", "its", file)


def role(name: str, left_out: int | None = None) -> Obj:
    rules = [
        {
            "apiGroups": [group],
            "resources": [f"{resource}/{subresource}" if subresource else resource],
            "verbs": [verb],
        }
        for number, (verb, group, resource, subresource) in enumerate(NEEDED)
        if number != left_out
    ]
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def test_an_administrator_may(three: ThreeSpaces) -> None:
    assert lacking(three.its) is None


def test_the_first_right_that_a_user_lacks_is_named(
    three: ThreeSpaces, theirs: Space, account: str
) -> None:
    assert lacking(theirs) == "its user may not create managedclusters in its1"
    for number, (verb, _, resource, subresource) in enumerate(NEEDED):
        three.its.apply(role(account, left_out=number))
        what = f"{resource}/{subresource}" if subresource else resource
        said_in_the_end(theirs, f"its user may not {verb} {what} in its1")
    three.its.apply(role(account))
    said_in_the_end(theirs, None)


def said_in_the_end(its: Space, expected: str | None) -> None:
    """An API server's authorizer hears of a role a moment after it was written."""
    deadline = time.monotonic() + 20
    while (said := lacking(its)) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert said == expected
