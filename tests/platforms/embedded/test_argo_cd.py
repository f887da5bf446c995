"""Argo CD's parts: where they listen and what they are told, who starts and who stops them. The
scenario runs the real ones.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from kubestellar_conformance.components import Built, Provisioned
from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import argo_cd, argo_cd_objects
from kubestellar_conformance.platforms.embedded.argo_cd import ArgoCd
from kubestellar_conformance.platforms.embedded.argo_cd_parts import NAMES, ArgoCdParts
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.rest import Rest
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from tests.support.embedded import IDLE, a_run, spec


class _Program:
    """A component whose program is a file of that name."""

    def __init__(self, binary: Path) -> None:
        self.binary = binary


BUILT = Provisioned(
    {name: cast(Built, _Program(Path(f"/cache/{name}"))) for name in ("argo-cd", "miniredis")}
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as made:
        yield made


def _workbench(folder: RunFolder) -> Workbench:
    ports = {"kind-kubeflex/kube-apiserver": 9001, "wds1/kube-apiserver": 9002}
    pki = Pki(folder.credentials)
    return Workbench(folder, Topology(), PortBlock(9001, ports), pki, BUILT)


def _argo_cd(folder: RunFolder) -> ArgoCd:
    return ArgoCd(_workbench(folder), {})


@pytest.fixture
def specs(folder: RunFolder) -> dict[str, ProcessSpec]:
    return {spec.name: spec for spec in ArgoCdParts(_workbench(folder), BUILT).specs("wds1")}


def test_the_parts_start_in_the_order_of_their_names(specs: dict[str, ProcessSpec]) -> None:
    assert tuple(specs) == NAMES


@pytest.mark.parametrize("name", ["repo-server", "server"])
def test_a_server_listens_on_loopback_alone(specs: dict[str, ProcessSpec], name: str) -> None:
    argv = specs[f"argocd/argocd-{name}"].argv
    assert {"--address=127.0.0.1", "--metrics-address=127.0.0.1"} <= set(argv)
    ports = [arg for arg in argv if arg.startswith(("--port=", "--metrics-port="))]
    assert len({port.partition("=")[2] for port in ports}) == 2


def test_the_controller_is_enclosed_with_the_four_servers_that_it_needs(
    specs: dict[str, ProcessSpec],
) -> None:
    spec = specs["argocd/argocd-application-controller"]
    told = {arg.partition("=")[2].rpartition(":")[2] for arg in spec.argv if "127.0.0.1:" in arg}
    reach = {arg.removeprefix("--reach=") for arg in spec.argv if arg.startswith("--reach=")}
    assert reach == {"9001", "9002"} | told
    assert len(told) == 2  # Redis and the repo server
    assert spec.program == "/cache/argo-cd"


def test_the_password_of_redis_is_in_no_command_line(specs: dict[str, ProcessSpec]) -> None:
    [password] = {spec.env["REDIS_PASSWORD"] for spec in specs.values()}
    assert len(password) >= 32
    assert not any(password in argument for spec in specs.values() for argument in spec.argv)


def test_one_program_is_told_which_part_it_is(specs: dict[str, ProcessSpec]) -> None:
    told = [specs[name].env["ARGOCD_BINARY_NAME"] for name in NAMES[1:]]
    assert told == ["argocd-repo-server", "argocd-server", "argocd-application-controller"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, with parts that are shell scripts and no objects."""
    done: list[str] = []

    def install(self: ArgoCd, wds: str, built: Provisioned) -> None:
        del built
        done.append(f"install for {wds}")
        for name in NAMES:
            self._launched(spec(IDLE, name))

    def removing(where: str) -> Callable[[object], None]:
        return lambda _: done.append(f"remove from {where}")

    monkeypatch.setattr(ArgoCd, "_install", install)
    monkeypatch.setattr(argo_cd, "obstacle", lambda: "")
    for where in ("host", "wds"):
        monkeypatch.setattr(argo_cd_objects, f"remove_from_{where}", removing(where))
    monkeypatch.setattr(Workbench, "rest", lambda *_: None)
    return done


def _running(folder: RunFolder) -> int:
    files = list(folder.state.glob("process-*.json"))
    assert all(Process.load(folder, file).state == "running" for file in files)
    return len(files)


REMOVED = ["remove from host", "remove from wds"]


def test_a_stop_ends_its_parts_and_deletes_its_objects(
    folder: RunFolder, installed: list[str]
) -> None:
    mine: dict[str, Process] = {}
    argo = ArgoCd(_workbench(folder), mine)
    assert argo.start("wds1", BUILT).destination == "https://127.0.0.1:9002"
    assert tuple(mine) == NAMES
    assert _running(folder) == len(NAMES)
    argo.stop()
    assert mine == {}
    assert _running(folder) == 0
    assert installed == ["install for wds1", *REMOVED]


def test_it_can_be_started_again(folder: RunFolder, installed: list[str]) -> None:
    argo = _argo_cd(folder)
    argo.start("wds1", BUILT)
    argo.stop()
    argo.start("wds1", BUILT)
    assert installed == ["install for wds1", *REMOVED, "install for wds1"]
    assert _running(folder) == len(NAMES)


def test_a_second_stop_does_nothing(folder: RunFolder, installed: list[str]) -> None:
    argo = _argo_cd(folder)
    argo.start("wds1", BUILT)
    argo.stop()
    argo.stop()
    assert installed == ["install for wds1", *REMOVED]


def test_one_that_a_killed_process_left_running_is_stopped_first(
    folder: RunFolder, installed: list[str]
) -> None:
    _argo_cd(folder).start("wds1", BUILT)
    left = {file.read_text() for file in folder.state.glob("process-*.json")}
    _argo_cd(folder).start("wds1", BUILT)
    assert installed == ["install for wds1", *REMOVED, "install for wds1"]
    assert _running(folder) == len(NAMES)
    assert left.isdisjoint(file.read_text() for file in folder.state.glob("process-*.json"))


def test_the_wds_of_a_killed_process_is_not_asked(folder: RunFolder, installed: list[str]) -> None:
    """Only that process knew of it, and it may be gone."""
    workbench = _workbench(folder)
    workbench.topology = workbench.topology.with_wds("wds9", "its1", hosted=False)
    workbench.ports.names["wds9/kube-apiserver"] = 9003
    ArgoCd(workbench, {}).start("wds9", BUILT)
    _argo_cd(folder).start("wds1", BUILT)
    assert installed == ["install for wds9", "remove from host", "install for wds1"]


def test_a_start_that_fails_leaves_nothing(
    folder: RunFolder, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ArgoCd, wds: str, built: Provisioned) -> None:
        del wds, built
        self._launched(spec(IDLE, NAMES[0]))
        raise Broken("no cluster was added")

    monkeypatch.setattr(ArgoCd, "_install", fail)
    with pytest.raises(Broken, match="no cluster was added"):
        _argo_cd(folder).start("wds1", BUILT)
    assert installed == REMOVED
    assert _running(folder) == 0


def test_without_git_it_is_not_supported(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotSupported, match="there is no git on PATH"):
        _argo_cd(folder).start("wds1", BUILT)


def test_its_state_is_private(folder: RunFolder, installed: list[str]) -> None:
    del installed
    _argo_cd(folder).start("wds1", BUILT)
    modes = {stat.S_IMODE(os.stat(file).st_mode) for file in folder.state.glob("*.json")}
    assert modes == {0o600}


class _Objects(Rest):
    """An API server with these objects, which notes what is asked of it."""

    def __init__(self, **lists: list[str]) -> None:
        self.lists, self.asked = lists, list[str]()

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        del body, more
        if method == "GET":
            names = self.lists.get(path.rpartition("/")[2], [])
            return {"items": [{"metadata": {"name": name}} for name in names]} if names else {}
        self.asked.append(f"{method} {path.rpartition('/')[2]}")
        return {}


def test_all_that_it_made_is_deleted_and_nothing_else() -> None:
    host = _Objects(applications=["web"])
    wds = _Objects(secrets=["argocd-manager-token-x", "of-another"])
    argo_cd_objects.remove_from_host(host)
    argo_cd_objects.remove_from_wds(wds)
    crds = [f"DELETE {kind}.argoproj.io" for kind in ("applications", "appprojects")]
    assert host.asked == ["PATCH web", "DELETE argocd", *crds]
    assert wds.asked == [
        "DELETE argocd-manager-token-x",
        "DELETE argocd-manager-role-binding",
        "DELETE argocd-manager-role",
        "DELETE argocd-manager",
    ]
