"""What the user gave: options before a file before the environment; what is wrong with it is one
line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common.labels import labels_of
from kubestellar_conformance.platforms.existing.installation import Installation, Wec
from kubestellar_conformance.platforms.existing.settings import resolve
from tests.support.existing import CONTEXTS, DOCUMENTED, kubeconfig


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The documentation's variables, exported."""
    file = kubeconfig(tmp_path / "config", *CONTEXTS, "other", "third", "a=b")
    return {**DOCUMENTED, "KUBECONFIG": str(file), "PATH": "/bin"}


def described(tmp_path: Path, text: Any, name: str = "existing.yaml") -> str:
    (tmp_path / name).write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    return name


def test_the_documentation_s_variables_are_enough(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    found = resolve({}, tmp_path, environment)
    assert found.variables() == DOCUMENTED
    assert found.kubeconfig == environment["KUBECONFIG"]
    assert Installation.from_json(found.to_json()) == found


def test_options_go_before_the_file_and_the_file_before_the_environment(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    file = described(
        tmp_path, {"its_context": "other", "wds-context": "other", "its-cp": "inventory"}
    )
    found = resolve({"existing": file, "wds_context": "third"}, tmp_path, environment)
    assert (found.host_context, found.its_context, found.wds_context) == (
        "kind-kubeflex",
        "other",
        "third",
    )
    assert (found.its_cp, found.wds_cp) == ("inventory", "wds1")


def test_the_wecs_come_from_one_source_as_a_whole(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    file = described(tmp_path, {"wecs": ["other=edge", {"context": "third"}]})
    assert resolve({"existing": file}, tmp_path, environment).wecs == (
        Wec("other", "edge"),
        Wec("third", "third"),
    )
    options = {"existing": file, "wec": ["cluster2", "a=b=edge-1", "cluster1"]}
    wecs = resolve(options, tmp_path, {**environment, "wec1_context": ""}).wecs
    assert wecs == (Wec("cluster2", "cluster2"), Wec("a=b", "edge-1"), Wec("cluster1", "cluster1"))
    numbered = described(
        tmp_path, {"wec1_context": "other", "wec2_context": "third", "wec2_name": "edge"}, "two"
    )
    assert resolve({"existing": numbered}, tmp_path, environment).wecs == (
        Wec("other", "other"),
        Wec("third", "edge"),
    )


def test_control_planes_are_called_like_their_contexts_unless_told(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    for name in ("its_cp", "wds_cp"):
        del environment[name]
    found = resolve({"its_context": "other"}, tmp_path, environment)
    assert (found.its_cp, found.wds_cp) == ("other", "wds1")


def test_the_kubeconfig_may_be_several_files_and_be_relative(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig(tmp_path / "sub" / "wds", "elsewhere")
    both = os.pathsep.join((environment["KUBECONFIG"], str(tmp_path / "sub" / "wds")))
    assert (
        resolve(
            {"wds_context": "elsewhere"}, tmp_path, {**environment, "KUBECONFIG": both}
        ).kubeconfig
        == both
    )
    kubeconfig(tmp_path / "sub" / "all", *CONTEXTS)
    (tmp_path / "sub" / "it.yaml").write_text("kubeconfig: all")
    assert resolve({"existing": "sub/it.yaml"}, tmp_path, environment).kubeconfig == str(
        tmp_path / "sub" / "all"
    )
    assert resolve({"kubeconfig": "sub/all"}, tmp_path, environment).kubeconfig == str(
        tmp_path / "sub" / "all"
    )
    del environment["KUBECONFIG"]
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = kubeconfig(tmp_path / ".kube" / "config", *CONTEXTS)
    assert resolve({}, tmp_path, environment).kubeconfig == str(usual)


@pytest.mark.parametrize(
    ("options", "without", "said"),
    [
        (
            {},
            ["its_context", "label_query_one"],
            "its_context and label_query_one not given: use --ks-its-context",
        ),
        ({}, ["wec2_name", "wec2_context"], "two WECs are needed and 1 given: use --ks-wec"),
        ({}, ["wec2_context"], "the environment has wec2_name but not wec2_context"),
        ({"wec": ["cluster1"]}, [], "two WECs are needed and 1 given"),
        ({"wec": ["cluster1="]}, [], "--ks-wec: 'cluster1=': expected CONTEXT or CONTEXT=NAME"),
        ({"wec": ["cluster1", "other=cluster1"]}, [], "two spaces are called 'cluster1'"),
        ({"its_cp": "wds1"}, [], "two spaces are called 'wds1'"),
        ({"wds_context": "nowhere"}, [], "has no context 'nowhere'; it has: .*kind-kubeflex"),
        ({"label_query_both": "edge"}, [], "label_query_both 'edge': expected key=value"),
        ({"label_query_one": "name!=x"}, [], "label_query_one 'name!=x': expected key=value"),
        ({"label_query_one": "env in (a,b)"}, [], "expected key=value"),
        ({"kubeconfig": "absent"}, [], "no kubeconfig at .*/absent"),
        ({"existing": "absent.yaml"}, [], "--ks-existing .*absent.yaml: cannot be read"),
    ],
)
def test_bad_input(
    tmp_path: Path,
    environment: dict[str, str],
    options: dict[str, Any],
    without: list[str],
    said: str,
) -> None:
    for name in without:
        del environment[name]
    with pytest.raises(UserError, match=said) as raised:
        resolve(options, tmp_path, environment)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not YAML"),
        ("- its_context", "expected lines like 'host_context: kind-kubeflex'"),
        ("its_contxt: its1", "unknown key 'its_contxt'"),
        ("its_context: 1", "its_context has to be text"),
        ("wecs: cluster1", "wecs has to be a list"),
        ("wecs: [{context: a, names: b}]", "wecs: .*expected CONTEXT or CONTEXT=NAME"),
        ("wec1_name: edge", "has wec1_name but not wec1_context"),
    ],
)
def test_a_bad_file(tmp_path: Path, environment: dict[str, str], text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        resolve({"existing": described(tmp_path, text)}, tmp_path, environment)
    assert "\n" not in str(raised.value)
    assert "existing.yaml" in str(raised.value)


def test_a_label_query_is_what_the_documentation_says_it_is() -> None:
    assert labels_of("location-group=edge,name=cluster1") == {
        "location-group": "edge",
        "name": "cluster1",
    }
    for query in ("", "a", "a=", "=b", "a==b", "a!=b", "a=b,", "a in (b)"):
        with pytest.raises(ValueError, match=r"^"):
            labels_of(query)
