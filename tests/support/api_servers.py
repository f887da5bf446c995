"""Fixtures with real API servers, which `tests/conftest.py` gives to all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import yaml

from kubestellar_conformance.components import BuildCache, Provisioned, Silent, provision
from kubestellar_conformance.platforms.embedded import ports
from kubestellar_conformance.spaces import Space, Workload
from tests.support.servers import NAMED, ApiServer, Certificates, Process, established
from tests.support.three_spaces import NGINX, Carrier, ThreeSpaces, unique


@pytest.fixture(scope="session")
def provisioned() -> Provisioned:
    """The components that the tests need, from the cache or built now."""
    names = ["etcd", "kube-apiserver", "kubestellar-controller-manager", "ocm-api"]
    return provision(names, [], BuildCache(None), Silent())


@pytest.fixture(scope="session")
def api_servers(
    provisioned: Provisioned, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ApiServer]]:
    """its1, wds1 and cluster1, with the CRDs that such spaces have; shared by the tests of a
    session.
    """
    folder = tmp_path_factory.mktemp("api-servers")
    with ExitStack() as stack:
        with ports.claimed_block() as block:  # no platform takes it; nor ephemeral ports
            client, peer = (f"http://127.0.0.1:{block[name]}" for name in ("etcd", "etcd-peer"))
            etcd = Process(
                [
                    str(provisioned["etcd"].binary),
                    "--name=tests",
                    f"--data-dir={folder / 'etcd'}",
                    f"--listen-client-urls={client}",
                    f"--advertise-client-urls={client}",
                    f"--listen-peer-urls={peer}",
                    f"--initial-advertise-peer-urls={peer}",
                    f"--initial-cluster=tests={peer}",
                    "--unsafe-no-fsync",
                    "--log-level=warn",
                ],
                folder / "etcd.log",
            )
            stack.callback(etcd.kill)
            certificates, servers = Certificates(folder), {}
            for name in NAMED:
                binary = provisioned["kube-apiserver"].binary
                servers[name] = ApiServer(name, block, binary, client, certificates, folder)
                stack.callback(servers[name].stop)
            for server in servers.values():
                server.wait_ready()
        for name, server in servers.items():
            role, groups = NAMED[name]
            space = Space(name, role, server.kubeconfig)
            for group in groups:
                for file in provisioned.crd_files(group):
                    space.apply(*yaml.safe_load_all(file.read_text()))
            established(space)
        yield servers


@pytest.fixture(scope="session")
def its_server(api_servers: dict[str, ApiServer]) -> ApiServer:
    return api_servers["its1"]


@pytest.fixture(scope="session")
def wds_server(api_servers: dict[str, ApiServer]) -> ApiServer:
    return api_servers["wds1"]


@pytest.fixture(scope="session")
def wec_server(api_servers: dict[str, ApiServer]) -> ApiServer:
    return api_servers["cluster1"]


@pytest.fixture
def three(api_servers: dict[str, ApiServer]) -> Iterator[ThreeSpaces]:
    made = ThreeSpaces(api_servers)
    yield made
    made.system.close()


@pytest.fixture
def nginx() -> Workload:
    return Workload.from_yaml(NGINX, suffix=unique())


@pytest.fixture
def carrier(three: ThreeSpaces) -> Iterator[Carrier]:
    made = Carrier(three)
    yield made
    made.close()
