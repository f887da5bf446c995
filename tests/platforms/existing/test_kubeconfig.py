"""Kubeconfigs are read as kubectl reads them, and one context of them is taken out whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.existing.access import (
    kubeconfig_of,
    open_spaces,
    write_access,
)
from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig
from tests.support.existing import CONTEXTS, installation, kubeconfig


def test_of_several_files_the_first_to_say_a_thing_wins(tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", "a", "b", user={"token": "first"})
    two = kubeconfig(tmp_path / "two", "b", "c", user={"token": "second"})
    known = Kubeconfig.read(os.pathsep.join(map(str, (one, tmp_path / "absent", two))))
    assert sorted(known.contexts) == ["a", "b", "c"]
    tokens = {name: known.only(name)["users"][0]["user"]["token"] for name in "abc"}
    assert tokens == {"a": "first", "b": "first", "c": "second"}


def test_one_context_comes_with_its_cluster_and_user_alone(tmp_path: Path) -> None:
    only = Kubeconfig.read(str(kubeconfig(tmp_path / "config", "a", "b"))).only("b")
    assert only["current-context"] == "b"
    assert [
        [entry["name"] for entry in only[kind]] for kind in ("clusters", "users", "contexts")
    ] == [["b"]] * 3


def test_relative_paths_are_those_of_the_file_that_has_them(tmp_path: Path) -> None:
    user = {
        "client-certificate": "pki/me.crt",
        "client-key": "/abs/me.key",
        "exec": {"command": "./get-token"},
    }
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": "ca.crt"}
    file = kubeconfig(tmp_path / "deep" / "config", "a", cluster=cluster, user=user)
    only = Kubeconfig.read(str(file)).only("a")
    assert only["clusters"][0]["cluster"]["certificate-authority"] == str(
        tmp_path / "deep" / "ca.crt"
    )
    found = only["users"][0]["user"]
    assert found["client-certificate"] == str(tmp_path / "deep" / "pki" / "me.crt")
    assert found["client-key"] == "/abs/me.key"
    assert found["exec"]["command"] == str(tmp_path / "deep" / "get-token")


def test_a_program_that_is_looked_for_on_the_path_stays_so(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "a", user={"exec": {"command": "get-token"}})
    assert (
        Kubeconfig.read(str(file)).only("a")["users"][0]["user"]["exec"]["command"] == "get-token"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"contexts": []}, "has no context 'a'; it has: none"),
        ({"clusters": []}, "names the cluster 'a', which it lacks"),
        ({"users": []}, "names the user 'a', which it lacks"),
        (
            {"users": [{"name": "a", "user": {"token": "t", "as": "root"}}]},
            "impersonates another one",
        ),
        ({"users": [{"user": {}}]}, "is not a kubeconfig"),
        ({"contexts": "all"}, "is not a kubeconfig"),
    ],
)
def test_what_is_not_whole_is_one_line(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    file = kubeconfig(tmp_path / "config", "a")
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **change}))
    with pytest.raises(UserError, match=said) as raised:
        Kubeconfig.read(str(file)).only("a")
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_yaml_and_one_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no kubeconfig at .*absent: name the one"):
        Kubeconfig.read(str(tmp_path / "absent"))
    (tmp_path / "config").write_text("a: [")
    with pytest.raises(UserError, match="is not a kubeconfig") as raised:
        Kubeconfig.read(str(tmp_path / "config"))
    assert "\n" not in str(raised.value)


def test_each_space_gets_a_private_kubeconfig(tmp_path: Path) -> None:
    made = installation(
        kubeconfig(tmp_path / "config", *CONTEXTS, "arn:aws:eks/x"), wds_context="arn:aws:eks/x"
    )
    write_access(made, tmp_path / "credentials")
    files = sorted((tmp_path / "credentials").iterdir())
    assert len(files) == 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "credentials").stat().st_mode) == 0o700
    spaces = {
        space.name: space
        for space in open_spaces(made, tmp_path / "credentials", {"cluster1": {"x": "y"}})
    }
    assert spaces["wds1"].context == "arn:aws:eks/x"
    assert spaces["cluster1"].selector == {"x": "y"}
    assert spaces["cluster1"].hub == "its1"


def test_the_hosting_cluster_may_be_called_like_a_wec(tmp_path: Path) -> None:
    made = installation(kubeconfig(tmp_path / "config", *CONTEXTS), host_context="cluster1")
    places = list(made.places())
    assert [place.name for place in places] == [
        "cluster1-host",
        "its1",
        "wds1",
        "cluster1",
        "cluster2",
    ]
    assert len({kubeconfig_of(tmp_path, place) for place in places}) == 5
