"""The same scenarios on real clusters: brought up, left up, told of as an existing installation,
taken down.
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.kind.clusters import Clusters, node
from tests.e2e.kind.conftest import EXAMPLES, FOLDER, MINUTES, sourced
from tests.support.child import Ended, run_child

pytestmark = pytest.mark.timeout(3600)
OUTAGE = "test_the_system_goes_on_after_an_outage_of_its_control_plane"
RACE = "test_scenario_5_resiliency.py"
CANNOT_CONNECT = 7  # curl's exit status; 28 if the time runs out
CONTEXTS = ["kind-kubeflex", "its1", "wds1", "cluster1", "cluster2"]


def verdicts(ended: Ended) -> dict[str, str]:
    """The verdict of each test. In scenario 5 a known race of the product may show or not, so there
    a known deviation counts as conforming.
    """
    found = {test["nodeid"]: test["verdict"] for test in ended.record["tests"]}
    return {
        name: "conforms" if RACE in name and verdict == "known deviation" else verdict
        for name, verdict in found.items()
    }


def test_scenarios_0_1_4_and_5_conform_with_real_pods(on_kind: Ended) -> None:
    assert on_kind.status == 0, on_kind.output
    found = verdicts(on_kind)
    assert {name.partition("test_scenario_")[2][0] for name in found} == set("0145")
    assert set(found.values()) == {"conforms"}, on_kind.output
    platform = on_kind.record["platform"]
    assert platform["contexts"] == CONTEXTS
    assert len(platform["stages"]) == 7
    assert platform["wds_type"] == "k8s"
    assert any("vcluster" in text for text in platform["differences"])
    assert any(
        "ghcr.io/kubestellar/kubestellar/controller-manager:" in one["image"]
        for one in platform["images"]
    )


@pytest.mark.parametrize("address", ["10.96.250.250", "10.244.250.250"], ids=["service", "pod"])
def test_an_address_that_nobody_has_is_refused_on_the_node(on_kind: Ended, address: str) -> None:
    assert on_kind.status == 0, on_kind.output
    asked = ["docker", "exec", node("kubeflex"), "curl", "--silent", "--max-time", "10"]
    ended = subprocess.run([*asked, f"http://{address}:2379/"], capture_output=True, text=True)
    assert ended.returncode == CANNOT_CONNECT, ended


def test_the_embedded_platform_agrees(on_kind: Ended, tmp_path: Path) -> None:
    embedded = run_child(tmp_path / "run", "-n2", *EXAMPLES)
    assert embedded.status == 0, embedded.output
    assert verdicts(embedded) == verdicts(on_kind)


def as_kubeflex_made_it(kubeconfig: Path) -> str:
    """The kubeconfig with every authority as its maker left it, without the copy that OpenSSL is
    content with.
    """
    known = yaml.safe_load(kubeconfig.read_text())
    for entry in known["clusters"]:
        bundle = base64.b64decode(entry["cluster"]["certificate-authority-data"])
        end = b"-----END CERTIFICATE-----\n"
        entry["cluster"]["certificate-authority-data"] = base64.b64encode(
            bundle.partition(end)[0] + end
        ).decode()
    return yaml.safe_dump(known)


def test_the_clusters_as_an_existing_installation_agree(on_kind: Ended, tmp_path: Path) -> None:
    env = sourced(on_kind.run_dir / "env.sh")
    theirs = write_private(tmp_path / "kubeconfig", as_kubeflex_made_it(Path(env["KUBECONFIG"])))
    both = [yaml.safe_load(file.read_text()) for file in (theirs, Path(env["KUBECONFIG"]))]
    assert both[0] != both[1], "KubeFlex has made no control plane"
    env["KUBECONFIG"] = str(theirs)
    there = ("--ks-platform=existing", "--ks-allow=stop-components", *EXAMPLES)
    existing = run_child(tmp_path / "run", *there, env=env, limit=15 * MINUTES)
    assert existing.status == 0, existing.output
    assert verdicts(existing) == verdicts(on_kind)
    assert existing.record["platform"]["contexts"] == {name: name for name in CONTEXTS}


def test_nothing_of_an_existing_installation_is_stopped_without_leave(
    on_kind: Ended, tmp_path: Path
) -> None:
    env = sourced(on_kind.run_dir / "env.sh")
    existing = run_child(
        tmp_path / "run", "--ks-platform=existing", "-k", OUTAGE, *EXAMPLES, env=env
    )
    assert existing.status == 0, existing.output
    assert existing.check(OUTAGE)["verdict"] == "not supported"
    assert "--ks-allow stop-components" in existing.check(OUTAGE)["message"]


def test_clusters_that_are_there_are_not_touched(on_kind: Ended, tmp_path: Path) -> None:
    before = Clusters.existing()
    refused = run_child(tmp_path / "run", "--ks-platform=kind", *EXAMPLES)
    assert refused.status == 4, refused.output
    assert (
        "kind clusters kubeflex, cluster1, cluster2 already exist and are not touched"
        in refused.output
    )
    assert Clusters.existing() == before
    assert on_kind.status == 0


def test_clusters_that_were_left_up_can_be_used_again(on_kind: Ended, tmp_path: Path) -> None:
    before = Clusters.existing()
    zero = f"{FOLDER}/test_scenario_0_look_around.py"
    again = run_child(tmp_path / "run", "--ks-platform=kind", "--ks-reuse", zero)
    assert again.status == 0, again.output
    assert again.record["platform"]["reused"] == str(on_kind.run_dir)
    assert Clusters.existing() == before
