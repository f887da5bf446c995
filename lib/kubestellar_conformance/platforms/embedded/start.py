"""The order of the steps in which an embedded platform starts: from nothing, or from a snapshot.

Two cores are the bottleneck, so the longest chain begins first: KubeStellar's controller manager,
which itself waits a fixed 3 s between its two controllers, needs the hosting cluster, ITS and WDS.
The WECs can follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from kubestellar_conformance.platforms.common.names import namespace_of
from kubestellar_conformance.platforms.embedded import (
    control_planes,
    kubeflex,
    kubestellar,
    ocm,
    status_agent,
    wec,
)
from kubestellar_conformance.platforms.embedded.graph import StepGraph
from kubestellar_conformance.platforms.embedded.process import ExitedAtOnce, Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.waiting import contracts

Spawn = Callable[[ProcessSpec], Process]
SOON = 5.0
"""Seconds after its start in which the exit of a program is its own fault: wrong flags, say."""


def start_patiently(spawn: Spawn, spec: ProcessSpec) -> None:
    """Start a process, and start it again if it exits later than ``SOON`` and before it is ready.

    Kubernetes' controller manager exits when its API server is not healthy within 10 s. On a busy
    machine an API server takes longer, and a kubelet would start the controller manager again.
    Raises `ExitedAtOnce` if it exits sooner, or after the contract ``restart``.
    """
    deadline = time.monotonic() + contracts.seconds("restart")
    while True:
        started = time.monotonic()
        process = spawn(spec)
        try:
            return process.wait_ready()
        except ExitedAtOnce:
            now = time.monotonic()
            if now - started < SOON or now > deadline:
                raise


class StartPlan:
    """Builds the graph of a start. ``restored`` leaves out what the snapshot's data already
    holds.
    """

    def __init__(self, workbench: Workbench, spawn: Spawn, *, restored: bool) -> None:
        self.workbench, self.restored = workbench, restored
        self._spawn = spawn
        self.graph = StepGraph()
        self._partial = False

    def build(self) -> StepGraph:
        """The start of everything."""
        topology = self.workbench.topology
        self._process("etcd", control_planes.etcd(self.workbench))
        first = [f"api {space}" for space in topology.servers if space not in topology.wecs]
        for space in topology.servers:
            self._api_server(space, first if space in topology.wecs else ["etcd"])
        self._hosting()
        for its in topology.itses:
            self._hub(its)
        for wds in topology.wdses:
            self._controllers(wds)
        for name in topology.wecs:
            self._wec(name)
        for its in topology.itses:
            self._approver(its)
        for space in topology.servers:
            self._controller_manager(space)
        return self.graph

    def build_api_server(self, space: str) -> StepGraph:
        """The start of one API server alone, with the data of a snapshot."""
        self._process("etcd", control_planes.etcd(self.workbench))
        self._api_server(space, ["etcd"])
        return self.graph

    def build_one(self, space: str) -> StepGraph:
        """The start of one space that is added to a running platform, whose other spaces are up."""
        topology, self._partial = self.workbench.topology, True
        if space in topology.servers:
            self._api_server(space, [])
        if space in topology.itses:
            self._hub(space)
            self._approver(space)
        elif space in topology.wdses:
            self._controllers(space)
        else:
            self._wec(space)
            self._add(
                f"joined {space}", partial(ocm.wait_joined, self.workbench, space), f"agent {space}"
            )
        if space in topology.servers:
            self._controller_manager(space)
        return self.graph

    def _add(self, step: str, action: Callable[[], object], *after: str) -> str:
        known = self.graph.names
        return self.graph.add(
            step, action, [name for name in after if not self._partial or name in known]
        )

    def _process(self, step: str, spec: ProcessSpec, *after: str) -> str:
        def start() -> None:
            self._spawn(spec).start()

        return self._add(step, start, *after)

    def _controller_manager(self, space: str) -> None:
        # Its garbage collector asks at its start which kinds there are, and then every 30 s: until
        # then, the Bindings of a policy that goes would stay.
        kinds = [f"{role} apis {space}" for role in ("hub", "ks", "agent")]
        spec = control_planes.controller_manager(self.workbench, space)
        self._add(
            f"kcm {space}",
            partial(start_patiently, self._spawn, spec),
            f"api {space}",
            *(step for step in kinds if step in self.graph.names),
        )

    def _api_server(self, space: str, after: list[str]) -> None:
        started: list[Process] = []

        def launch() -> None:
            started.append(self._spawn(control_planes.api_server(self.workbench, space)))
            started[0].wait_ready(control_planes.serving(self.workbench, space))

        self._add(f"api {space}", launch, *after)
        self._add(f"ready {space}", lambda: started[0].wait_ready(), f"api {space}")

    def _setup(self, step: str, action: Callable[[], object], *after: str) -> str:
        """A step that makes objects, so it does nothing when they are in the restored data
        already.
        """
        return self._add(step, (lambda: None) if self.restored else action, *after)

    def _hosting(self) -> None:
        host = self.workbench.topology.host
        self._setup("kubeflex apis", partial(kubeflex.install, self.workbench), f"api {host}")
        self._process("kubeflex", kubeflex.manager(self.workbench), "kubeflex apis")

    def _hub(self, its: str) -> None:
        workbench = self.workbench
        self._setup(f"hub apis {its}", partial(ocm.install_hub, workbench, its), f"api {its}")
        self._control_plane(its, "its-marker")

    def _control_plane(self, name: str, hook: str) -> None:
        workbench = self.workbench
        create = partial(kubeflex.create_control_plane, workbench, name, hook)
        self._setup(f"create cp {name}", create, "kubeflex apis", f"api {name}")
        self._setup(
            f"cp {name}",
            partial(kubeflex.wait_control_plane, workbench, name),
            f"create cp {name}",
            "kubeflex",
        )

    def _controllers(self, wds: str) -> None:
        workbench, its = self.workbench, self.workbench.topology.wdses[wds]
        self._control_plane(wds, "kubestellar-rbac")
        path = str(workbench.folder.credentials / f"{namespace_of(wds)}-default.kubeconfig")
        self._setup(
            f"account {wds}",
            partial(kubeflex.service_account_kubeconfig, workbench, wds),
            f"cp {wds}",
        )
        manager = kubestellar.controller_manager(workbench, wds, path)
        self._setup(
            f"ks apis {wds}",
            partial(kubestellar.install_control_crds, workbench, wds),
            f"api {wds}",
        )
        needs = (
            f"ks apis {wds}",
            f"account {wds}",
            f"cp {its}",
            f"hub apis {its}",
            f"api {workbench.topology.host}",
        )
        self._process(f"ks manager {wds}", manager, *needs, f"api {wds}")
        # The manager itself is ready later; the transport controller needs only its APIs.
        self._setup(
            f"ks served {wds}", partial(kubestellar.wait_control_crds, workbench, wds), *needs
        )
        self._process(
            f"transport {wds}", kubestellar.transport_controller(workbench, wds), f"ks served {wds}"
        )

    def _approver(self, its: str) -> None:
        """The hub's controller, which approves CSRs, starts once the agents' ManagedClusters exist.

        An agent requests its certificate and makes its ManagedCluster side by side. An agent that
        gets the certificate first stops making the ManagedCluster, and never joins.
        """
        workbench, wecs = (
            self.workbench,
            [name for name, hub in self.workbench.topology.wecs.items() if hub == its],
        )
        self._process(
            f"hub {its}",
            ocm.registration(workbench, its),
            f"hub apis {its}",
            *(f"accept {n}" for n in wecs),
        )
        for name in wecs:
            self._add(
                f"joined {name}",
                partial(ocm.wait_joined, workbench, name),
                f"hub {its}",
                f"agent {name}",
            )

    def _wec(self, name: str) -> None:
        workbench, its = self.workbench, self.workbench.topology.wecs[name]
        api = f"api {name}"
        self._setup(f"agent apis {name}", partial(ocm.install_agent, workbench, name), api)
        store = partial(ocm.store_bootstrap, workbench, name, its)
        self._setup(f"bootstrap {name}", store, f"agent apis {name}", f"hub apis {its}")
        self._process(
            f"agent {name}", ocm.agent(workbench, name), f"bootstrap {name}", f"api {its}"
        )
        self._setup(f"accept {name}", partial(ocm.accept, workbench, name), f"bootstrap {name}")
        self._setup(f"node {name}", partial(wec.create_node, workbench, name), api)
        forget = partial(wec.forget_lease, workbench, name)
        self._add(f"lease {name}", forget if self.restored else (lambda: None), f"node {name}")
        self._process(f"kwok {name}", wec.kwok(workbench, name), f"lease {name}")
        self._process(f"scheduler {name}", wec.scheduler(workbench, name), api)
        self._add(f"node ready {name}", partial(wec.wait_node, workbench, name), f"kwok {name}")
        self._process(
            f"reporter {name}",
            status_agent.agent(workbench, name),
            f"agent apis {name}",
            f"hub apis {its}",
        )
