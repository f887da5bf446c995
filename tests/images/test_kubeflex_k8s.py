"""Images for control planes of KubeFlex's type k8s: names out of its source, PostgreSQL out of
Debian's packages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.components import (
    Built,
    CacheEntry,
    Provisioned,
    PublishedVersion,
    load_catalogue,
)
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import kubeflex_k8s, postgres

SOURCE = """
const KubeVersion = "v1.29.9"
        Image:   "rancher/kine:v0.11.4",
        Image:   fmt.Sprintf("registry.k8s.io/kube-apiserver:%s", KubeVersion),
"""


def _provisioned(folder: Path, source: str, kubernetes: str = "v1.34.4") -> Provisioned:
    found = {}
    for name in ("kubeflex-chart", "kine", "kube-apiserver", "kube-controller-manager"):
        version = kubernetes if name.startswith("kube-") else "v0.17.5"
        files = {kubeflex_k8s.SOURCE: ["deployment.go"]} if name == "kubeflex-chart" else {}
        entry = CacheEntry(name, "key", version, "", f"digest of {name}", 1, 0.0, files)
        found[name] = Built(load_catalogue()[name], PublishedVersion(version), folder, entry, False)
    (folder / "module").mkdir()
    (folder / "module" / "deployment.go").write_text(source)
    return Provisioned(found)


def test_images_have_the_names_that_are_in_kubeflex_s_source(tmp_path: Path) -> None:
    recipes = kubeflex_k8s.recipes(_provisioned(tmp_path, SOURCE))
    assert [recipe.reference for recipe in recipes] == [
        "rancher/kine:v0.11.4",
        "registry.k8s.io/kube-apiserver:v1.29.9",
        "registry.k8s.io/kube-controller-manager:v1.29.9",
    ]


def test_what_is_in_them_is_said_where_it_is_another_release(tmp_path: Path) -> None:
    kine, server, _ = kubeflex_k8s.recipes(_provisioned(tmp_path, SOURCE))
    assert "kine v0.17.5" in kine.stands_for
    assert "kube-apiserver v1.34.4" in server.stands_for


def test_the_release_that_is_named_stands_for_nothing(tmp_path: Path) -> None:
    kine, *servers = kubeflex_k8s.recipes(
        _provisioned(tmp_path, SOURCE.replace("v0.11.4", "v0.17.5"), "v1.29.9")
    )
    assert (kine.stands_for, [one.stands_for for one in servers]) == ("", ["", ""])


@pytest.mark.parametrize("without", ["KubeVersion =", "rancher/kine:"])
def test_a_source_that_names_them_in_another_way_is_reported(tmp_path: Path, without: str) -> None:
    with pytest.raises(
        UserError, match=r"its source should name one release of Kubernetes and one image of kine"
    ):
        kubeflex_k8s.named(_provisioned(tmp_path, SOURCE.replace(without, "other")))


def test_postgresql_is_server_client_libraries_and_a_shell() -> None:
    left_out = ["postgresql", "postgresql-common", "perl", "libperl5.36", "libllvm14", "locales"]
    packages, version = postgres._packages(
        [*left_out, "postgresql-15", "postgresql-client-15", "libc6", "zlib1g", "tzdata"]
    )
    assert version == "15"
    assert packages == [
        "busybox-static",
        "libc6",
        "postgresql-15",
        "postgresql-client-15",
        "tzdata",
        "zlib1g",
    ]


@pytest.mark.parametrize("closure", [["libc6"], ["postgresql-15", "postgresql-16"]])
def test_a_debian_without_exactly_one_server_is_reported(closure: list[str]) -> None:
    with pytest.raises(UserError, match="should depend on one postgresql-N"):
        postgres._packages(closure)
