"""Ports: a platform gets a whole free block, and never one of which somebody else has a part."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.embedded import ports

SIZE, COUNT = 5, 3


@pytest.fixture
def ephemeral(tmp_path: Path) -> Path:
    """The kernel's file with the range of ephemeral ports, which is not there."""
    return tmp_path / "ip_local_port_range"


@pytest.fixture(autouse=True)
def first(monkeypatch: pytest.MonkeyPatch, ephemeral: Path) -> int:
    """The first port of three small blocks away from those of real platforms, another one for each
    process.
    """
    found = 10000 + os.getpid() % 500 * 20
    while not all(ports.is_free(port) for port in range(found, found + SIZE * COUNT)):
        found += 20
    monkeypatch.setattr(ports, "FIRST_PORT", found)
    monkeypatch.setattr(ports, "BLOCK_SIZE", SIZE)
    monkeypatch.setattr(ports, "BLOCKS", COUNT)
    monkeypatch.setattr(ports, "EPHEMERAL", ephemeral)
    return found


def listener(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )


def test_the_first_block_is_taken_and_is_free_again_afterwards(first: int) -> None:
    for _ in range(2):
        with ports.claimed_block() as block:
            assert block.base == first


def test_a_block_with_a_foreign_listener_is_left_alone(first: int) -> None:
    with listener(first + SIZE - 1) as foreign:
        with ports.claimed_block() as block:
            assert block.base == first + SIZE
        foreign.setblocking(False)
        with pytest.raises(BlockingIOError):
            foreign.accept()  # nobody even asked it


@pytest.mark.parametrize(
    ("low", "high", "taken"),
    [(-100, -1, 0), (-100, 0, 1), (SIZE - 1, SIZE - 1, 1), (0, SIZE, 2), (SIZE, 40000, 0)],
)
def test_a_block_of_which_an_outgoing_connection_may_take_a_port_is_passed_over(
    first: int, ephemeral: Path, low: int, high: int, taken: int
) -> None:
    ephemeral.write_text(f"{first + low}\t{first + high}\n")
    with ports.claimed_block() as block:
        assert block.base == first + taken * SIZE


@pytest.mark.parametrize(
    ("low", "high", "where"),
    [(8000, 60999, range(1024, 8000)), (1024, 60999, range(61000, 65536))],
)
def test_where_the_usual_blocks_are_all_ephemeral_another_is_taken(
    ephemeral: Path, low: int, high: int, where: range
) -> None:
    ephemeral.write_text(f"{low}\t{high}\n")
    with ports.claimed_block() as block:
        assert block.base in where
        assert block.base + SIZE - 1 in where


@pytest.mark.parametrize("content", ["1024\t65535\n", "none"])
def test_a_range_that_leaves_no_room_or_is_none_changes_nothing(
    first: int, ephemeral: Path, content: str
) -> None:
    ephemeral.write_text(content)
    with ports.claimed_block() as block:
        assert block.base == first


def test_a_block_that_another_process_has_claimed_is_passed_over(
    tmp_path: Path, first: int
) -> None:
    code = (
        "import pathlib, sys; from kubestellar_conformance.platforms.embedded import ports\n"
        "ports.EPHEMERAL = pathlib.Path('/nowhere')\n"
        f"ports.FIRST_PORT, ports.BLOCK_SIZE, ports.BLOCKS = {first}, {SIZE}, {COUNT}\n"
        "with ports.claimed_block() as block:\n"
        "    print(block.base, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    # Another user's, or with other folders, as far as anything of that can be told apart.
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    ) as other:
        assert other.stdout is not None
        assert int(other.stdout.readline()) == first
        with ports.claimed_block() as block:
            assert block.base == first + SIZE
        other.communicate("")
    with ports.claimed_block() as block:
        assert block.base == first


def test_two_claims_in_one_process_differ(first: int) -> None:
    with ports.claimed_block() as one, ports.claimed_block() as other:
        assert (one.base, other.base) == (first, first + SIZE)


def test_a_start_that_fails_gives_its_block_back(first: int) -> None:
    with pytest.raises(RuntimeError), ports.claimed_block():
        raise RuntimeError
    with ports.claimed_block() as block:
        assert block.base == first


def test_no_free_block_is_reported_with_a_port_in_use(first: int) -> None:
    with listener(first + 2), listener(first + SIZE), listener(first + 2 * SIZE):  # noqa: SIM117
        with (
            pytest.raises(UserError, match=rf"\(port {first + 2} is in use, for one\)"),
            ports.claimed_block(),
        ):
            pass


def test_blocks_that_are_all_claimed_are_reported_with_a_port_of_theirs(first: int) -> None:
    with ports.claimed_block(), ports.claimed_block(), ports.claimed_block():  # noqa: SIM117
        with (
            pytest.raises(UserError, match=rf"\(port {first} is in use, for one\)"),
            ports.claimed_block(),
        ):
            pass


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_is_not_free_while_somebody_listens(first: int, host: str) -> None:
    if host == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server(
        (host, first),
        family=socket.AF_INET6 if host == "::" else socket.AF_INET,
        dualstack_ipv6=host == "::",
    ):
        assert not ports.is_free(first)
    assert ports.is_free(first)


def test_a_port_is_free_at_once_after_a_connection_to_it(first: int) -> None:
    with listener(first) as server, socket.create_connection(("127.0.0.1", first)) as client:
        server.accept()[
            0
        ].close()  # the server's side goes first, so it is the one the kernel remembers
        assert client.recv(1) == b""
    assert ports.is_free(first)


def test_the_same_names_get_the_same_ports(first: int) -> None:
    block = ports.PortBlock(first)
    assert [block["a"], block["b"], block["a"]] == [first, first + 1, first]
    assert ports.PortBlock(first, block.names)["b"] == first + 1
    assert block.names == {"a": first, "b": first + 1}


def test_a_block_that_is_too_small_says_for_what(first: int) -> None:
    block = ports.PortBlock(first)
    for name in "abcde":
        assert block[name] < first + SIZE
    with pytest.raises(
        UserError, match=f"no port left for cluster9 in the block {first} to {first + SIZE - 1}"
    ):
        block["cluster9"]


def test_a_shared_block_gives_no_port_to_two_names(tmp_path: Path, first: int) -> None:
    file = tmp_path / "state" / "ports.json"
    mine = ports.PortBlock(first, {"etcd": first})
    mine.save(file)
    theirs = ports.PortBlock.saved(file)
    assert theirs["wds2"] == first + 1
    assert mine["cluster3"] == first + 2
    assert theirs["cluster3"] == first + 2
    assert ports.PortBlock.saved(file).names == {
        "etcd": first,
        "wds2": first + 1,
        "cluster3": first + 2,
    }
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_ports_of_a_removed_space_are_given_out_again(tmp_path: Path, first: int) -> None:
    """A long run adds and removes more spaces than a block has ports for."""
    mine = ports.PortBlock(first, {"etcd": first})
    mine.save(tmp_path / "ports.json")
    theirs = ports.PortBlock.saved(tmp_path / "ports.json")
    for number in range(2 * SIZE):
        assert mine[f"wds-{number}/kube-apiserver"] != theirs[f"wds-{number}/metrics"]
        theirs.release(f"wds-{number}")
        mine.release(f"wds-{number}")
    assert ports.PortBlock.saved(tmp_path / "ports.json").names == {"etcd": first}
    assert len({theirs[name] for name in "abcd"} | {first}) == SIZE
    with pytest.raises(UserError, match="no port left for e in"):
        mine["e"]


def test_a_port_that_was_released_is_the_last_to_be_given_out(first: int) -> None:
    block = ports.PortBlock(first)
    assert [block["a/x"], block["b/x"]] == [first, first + 1]
    block.release("a")
    assert [block[name] for name in "cdef"] == [first + 2, first + 3, first + 4, first]
