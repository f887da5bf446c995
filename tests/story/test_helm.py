"""``helm``: how the program is called, and what its failures mean. It is a script here; the scenario
runs the real one.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.story import Helm, Listed

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: n, labels: {team: x}}
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: n}
"""
RELEASE = {
    "name": "r",
    "namespace": "n",
    "version": 3,
    "manifest": MANIFEST,
    "info": {"notes": "hello"},
}

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "another",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "its-context", "context": {"cluster": "c", "user": "u"}}],
}


def _helm(folder: Path, script: str) -> Helm:
    program = folder / "helm"
    program.write_text(
        f'#!/bin/sh\nenv > {folder}/environment\necho "$@" > {folder}/argv\n{script}'
    )
    program.chmod(0o755)
    return Helm(program, folder / "home")


def _space(folder: Path) -> Space:
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(KUBECONFIG))
    return Space("wds1", "wds", kubeconfig, "its-context")


def test_a_release_is_what_helm_says_of_it(tmp_path: Path) -> None:
    helm = _helm(tmp_path, f"cat <<'END'\n{json.dumps(RELEASE)}\nEND\n")
    chart = tmp_path / "chart"
    release = helm.install(_space(tmp_path), "r", chart, namespace="n", size=2, name="x")
    assert (release.name, release.revision, release.notes) == ("r", 3, "hello")
    assert str(release.secret) == "Secret n/sh.helm.release.v1.r.v3"
    assert [str(ref) for ref in release.labelled({"team": "x"}).refs] == ["ConfigMap n/a"]
    assert [str(ref) for ref in release.not_labelled({"team": "x"}).refs] == ["Service n/b"]
    said = (tmp_path / "argv").read_text().strip()
    wanted = f'install r {chart} --namespace=n --output=json --set-json=size=2 --set-json=name="x"'
    assert said == wanted


def test_objects_of_a_release_are_had_by_kind_and_by_name(tmp_path: Path) -> None:
    helm = _helm(tmp_path, f"cat <<'END'\n{json.dumps(RELEASE)}\nEND\n")
    release = helm.install(_space(tmp_path), "r", tmp_path / "chart", namespace="n")
    assert [obj["metadata"]["name"] for obj in release.of_kind("ConfigMap")] == ["a"]
    assert release.of_kind("Secret") == []
    assert release.named("Service", "b")["kind"] == "Service"
    with pytest.raises(Broken, match=r"^release r has no Service a$"):
        release.named("Service", "a")


def test_helm_has_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_NAMESPACE", "of-the-user")
    _helm(tmp_path, "echo '[]'").listed(_space(tmp_path), "n")
    lines = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines())
    assert "HELM_NAMESPACE" not in lines
    assert lines["KUBECONFIG"] == str(tmp_path / "kubeconfig")
    assert lines["HELM_KUBECONTEXT"] == "its-context"
    for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        assert lines[name].startswith(str(tmp_path / "home"))


def test_a_listing_is_by_space(tmp_path: Path) -> None:
    row = {"name": "r", "revision": "2", "chart": "c-1.0.0", "status": "deployed", "updated": "now"}
    helm = _helm(tmp_path, f"echo '{json.dumps([row])}'")
    assert helm.listed([_space(tmp_path)], "n") == {"wds1": [Listed("r", 2, "c-1.0.0", "deployed")]}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Error: INSTALLATION FAILED: services is forbidden", Deviation),
        ("Error: INSTALLATION FAILED: Kubernetes cluster unreachable: refused", Broken),
    ],
    ids=["of the API server", "of the machine"],
)
def test_a_failure_is_the_product_s_or_the_harness_s(
    tmp_path: Path, said: str, error: type[Exception]
) -> None:
    helm = _helm(tmp_path, f"echo 'a warning' >&2; echo '{said}' >&2; exit 1")
    with pytest.raises(error, match=f"helm install in wds1 fails: {said}"):
        helm.install(_space(tmp_path), "r", tmp_path, namespace="n")


def test_objects_that_no_release_has_are_a_mistake_of_the_test(tmp_path: Path) -> None:
    helm = _helm(tmp_path, f"cat <<'END'\n{json.dumps(RELEASE)}\nEND\n")
    release = helm.install(_space(tmp_path), "r", tmp_path, namespace="n")
    with pytest.raises(Broken, match=r"release r has no object with team=y"):
        release.labelled({"team": "y"})
