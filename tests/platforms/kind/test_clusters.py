"""Making and deleting clusters with a stand-in for kind: what is written down, and what a failure
says.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.images import Image
from kubestellar_conformance.platforms.kind import clusters as module
from kubestellar_conformance.platforms.kind.clusters import Clusters

pytest.importorskip("pykube", reason="pytest-kind, an optional extra, is not installed")

KUBECONFIG = yaml.safe_dump(
    {
        "clusters": [{"name": "kind-one", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "kind-one", "user": {}}],
        "contexts": [{"name": "kind-one", "context": {"cluster": "kind-one", "user": "kind-one"}}],
        "current-context": "kind-one",
    }
)
KIND = """#!/bin/sh
echo "$@" >>{calls}
case "$1 $2" in
"create cluster")
    for word in "$@"; do case "$word" in --kubeconfig=*) cp {config} "${{word#--kubeconfig=}}" ;; esac; done
    echo " * Preparing nodes"; {create} ;;
esac
"""


class Stand:
    """A kind that writes down how it was called."""

    def __init__(self, folder: Path, create: str = "exit 0") -> None:
        self.folder, self.calls = folder, folder / "calls"
        (folder / "config").write_text(KUBECONFIG)
        kind = folder / "kind"
        kind.write_text(KIND.format(calls=self.calls, config=folder / "config", create=create))
        kind.chmod(0o755)
        (folder / "logs").mkdir()
        self.clusters = Clusters(kind, Path("/bin/true"), folder / "state", folder / "logs")

    def create(self) -> Path:
        kubeconfig = self.folder / "one.kubeconfig"
        self.clusters.create("one", "node:1", "3.6.16-0", kubeconfig, "wec")
        return kubeconfig


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "docker", lambda *_: "bridge\nhost")
    monkeypatch.chdir(tmp_path)


def test_a_cluster_can_be_made_while_other_threads_start_programs(tmp_path: Path) -> None:
    """A process that is forked while kind's script is written must not keep it from being run
    ("Text file busy").
    """
    stand, made = Stand(tmp_path), threading.Event()

    def start_programs() -> None:
        while not made.is_set():
            subprocess.run(["true"], check=True, preexec_fn=int)  # so that it is a real fork

    with ThreadPoolExecutor() as pool:
        others = [pool.submit(start_programs) for _ in range(4)]
        try:
            for number in range(30):
                script = stand.clusters._quiet(f"c{number}")
                subprocess.run([script, "get"], check=True)
        finally:
            made.set()
        for other in others:
            other.result()


def test_a_cluster_is_made_with_our_settings_and_its_context_has_the_space_s_name(
    tmp_path: Path,
) -> None:
    stand = Stand(tmp_path)
    known = yaml.safe_load(stand.create().read_text())
    assert (known["current-context"], known["contexts"][0]["name"]) == ("wec", "wec")
    config = yaml.safe_load((tmp_path / "state" / "one.yaml").read_text())
    assert config["featureGates"] == {"MutatingAdmissionPolicy": True}
    assert (
        yaml.safe_load(config["kubeadmConfigPatches"][0])["etcd"]["local"]["imageTag"] == "3.6.16-0"
    )
    assert "--wait=120s" in stand.calls.read_text()
    assert "--image=node:1" in stand.calls.read_text()
    assert not (tmp_path / ".pytest-kind").exists()


def test_a_failure_has_kind_s_last_lines_and_the_terminal_has_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stand = Stand(tmp_path, create="echo 'ERROR: no space left' >&2; exit 1")
    with pytest.raises(Broken, match=r"kind could not create cluster one: .*ERROR: no space left"):
        stand.create()
    assert capfd.readouterr().out == ""


def test_what_a_run_made_is_deleted_from_its_folder_alone_and_only_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    assert not Clusters.made(tmp_path / "state")
    stand.clusters.claim(["kubeflex", "cluster1"])
    assert json.loads((tmp_path / "state" / "clusters.json").read_text())["network"] is True
    assert Clusters.delete(tmp_path / "state", forget=False) == ["kubeflex", "cluster1"]
    assert Clusters.made(tmp_path / "state")
    assert Clusters.delete(tmp_path / "state") == ["kubeflex", "cluster1"]
    assert Clusters.delete(tmp_path / "state") == []
    names = [line.split("--name ")[1].split()[0] for line in stand.calls.read_text().splitlines()]
    assert names == ["kubeflex", "cluster1"] * 2


def test_a_cluster_that_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.clusters.claim(["kubeflex"])
    (tmp_path / "kind").write_text("#!/bin/sh\necho 'no such engine' >&2; exit 1\n")
    with pytest.raises(Broken, match="cluster kubeflex could not be deleted: no such engine"):
        Clusters.delete(tmp_path / "state")


def test_images_that_cannot_be_loaded_are_reported(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    image = Image("a:1", tmp_path / "a.tar", "key", "1", "", False, 0.0)
    stand.clusters.load("one", [image])
    assert f"load image-archive --name one {tmp_path / 'a.tar'}" in stand.calls.read_text()
    shutil.copyfile("/bin/false", tmp_path / "kind")
    with pytest.raises(Broken, match="images could not be loaded into cluster one"):
        stand.clusters.load("one", [image])


def test_a_cluster_that_is_added_is_claimed_beside_the_others_and_can_go_alone(
    tmp_path: Path,
) -> None:
    stand, file = Stand(tmp_path), tmp_path / "state" / "clusters.json"
    stand.clusters.claim(["kubeflex", "cluster1"])
    stand.clusters.claim(["cluster-a"])
    assert json.loads(file.read_text())["names"] == ["kubeflex", "cluster1", "cluster-a"]
    Clusters.delete_one(tmp_path / "state", "somebody-s")
    assert not stand.calls.exists(), "no cluster of this run"
    Clusters.delete_one(tmp_path / "state", "cluster-a")
    assert "--name cluster-a" in stand.calls.read_text()
    assert json.loads(file.read_text())["names"] == ["kubeflex", "cluster1"]


def test_clusters_that_are_claimed_by_several_processes_at_once_are_all_known(
    tmp_path: Path,
) -> None:
    stand, names = Stand(tmp_path), [f"cluster-{n}" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: stand.clusters.claim([name]), names))
    assert sorted(
        json.loads((tmp_path / "state" / "clusters.json").read_text())["names"]
    ) == sorted(names)
