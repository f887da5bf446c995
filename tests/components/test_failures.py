"""What a user sees when a component cannot be had: one clear line, the compiler's last ones,
nothing left behind.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kubestellar_conformance.components import provision_all
from kubestellar_conformance.components.failures import (
    NoSpace,
    ProxyUnreachable,
    explain,
    file_errors,
)
from kubestellar_conformance.errors import UserError
from tests.support.components import TINY, World, go_in_front, write_tree
from tests.support.components import world as world
from tests.support.serving import serving

NEEDING = {
    **TINY,
    "go.mod": "module example.test/tiny\n\ngo 1.20\n\nrequire example.test/gone v1.0.0\n",
    "go.sum": "example.test/gone v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    "example.test/gone v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    "cmd/bye/main.go": 'package main\n\nimport _ "example.test/gone"\n\nfunc main() {}\n',
}
"""A module that needs one that nobody has."""


class _Forbids(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def forbidding_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    assert world.proxy.exists()  # ``world`` comes first, since it sets another proxy
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Forbids)) as server:
        monkeypatch.setenv("GOPROXY", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield


def failure(world: World, *names: str, overrides: tuple[str, ...] = ()) -> str:
    with pytest.raises(UserError) as caught:
        world.provision(*names, overrides=overrides)
    assert world.leftovers() == []
    return str(caught.value)


def test_a_compile_error_shows_the_compiler_s_last_lines(world: World) -> None:
    bad = "".join(f"\t_ = undefined{n}\n" for n in range(9))
    folder = write_tree(
        world.root / "src",
        {**TINY, "cmd/bye/main.go": f"package main\n\nfunc main() {{\n{bad}}}\n"},
    )
    first, *rest = failure(world, "bye", overrides=(f"bye={folder}",)).splitlines()
    assert first.startswith(f"bye: building {folder} failed")
    assert "Fix the source, or give --ks-component bye=" in first
    assert any("cmd/bye/main.go:4:6: undefined: undefined0" in line for line in rest)
    assert 2 <= len(rest) <= 12


@pytest.mark.usefixtures("forbidding_proxy")
def test_a_module_that_the_proxy_forbids_is_named_with_what_replaces_it(world: World) -> None:
    message = failure(world, "hello")
    assert message == (
        "hello: the module proxy refuses example.test/tiny v1.0.0 (403 Forbidden); "
        "give --ks-component hello=<version, checkout folder or binary>"
    )


def test_a_refused_dependency_is_named_too(world: World) -> None:
    folder = write_tree(world.root / "src", NEEDING)
    assert "the module proxy refuses example.test/gone v1.0.0" in failure(
        world, "bye", overrides=(f"bye={folder}",)
    )


def test_no_proxy_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    assert "(module lookup disabled by GOPROXY=off)" in failure(world, "hello")


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("off", "module lookup disabled by GOPROXY=off"),
        ("foo", "invalid proxy URL missing scheme: foo"),
    ],
)
def test_a_setting_that_keeps_go_from_what_a_checkout_needs(
    world: World, monkeypatch: pytest.MonkeyPatch, proxy: str, why: str
) -> None:
    monkeypatch.setenv("GOPROXY", proxy)
    folder = write_tree(world.root / "src", NEEDING)
    assert failure(world, "bye", overrides=(f"bye={folder}",)) == (
        f"bye: GOPROXY keeps Go from a module that {folder} needs ({why}): set it to a module "
        "proxy, or give --ks-component bye=<version, checkout folder or binary>"
    )
    if proxy == "foo":
        assert f"({why})" in failure(world, "hello")
        [reason] = world.provision("extra").absent.values()
        assert reason.endswith(
            "set it to a module proxy; the understudy does its work, or give --ks-component "
            "extra=<version, checkout folder or binary>"
        )


def test_a_proxy_that_cannot_be_reached(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert failure(world, "hello").startswith(
        "hello: the module proxy cannot be reached (is GOPROXY right?)"
    )


def test_a_full_disk_says_where_and_how_much_is_free(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'echo "write {world.root}/somewhere/x.a: no space left on device" >&2; exit 1'
    monkeypatch.setenv("PATH", go_in_front(world.root / "front", script))
    with pytest.raises(
        NoSpace, match=rf"no space left in {world.root}: \d+\.\d GiB free, .* takes about 1 GiB"
    ):
        world.provision("extra")  # optional, but a full disk concerns everything


def test_a_full_disk_of_our_own(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match="GiB free"), file_errors(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")
    with pytest.raises(OSError, match="Input/output"), file_errors(tmp_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_cache_folder_that_cannot_be_written_to(world: World) -> None:
    (world.root / "cache").write_text("a file")
    message = failure(world, "hello")
    assert message.startswith(
        f"cannot write to the cache folder {world.root}/cache (Not a directory: "
    )
    assert message.endswith("set XDG_CACHE_HOME or --ks-cache-dir to a folder of yours")


def test_a_cache_folder_that_is_a_circular_link(world: World) -> None:
    (world.root / "cache").symlink_to(world.root / "cache")
    assert failure(world, "hello").startswith(
        f"cannot write to the cache folder {world.root}/cache"
    )


@pytest.mark.parametrize(
    "said",
    [
        "module cache not found: neither GOMODCACHE nor GOPATH is set",
        "could not create module cache: mkdir /proc/go: no such file or directory",
        "failed to initialize build cache at /proc/go-build: mkdir /proc/go-build: no such file",
        "build cache is required, but could not be located: GOCACHE is not defined",
    ],
)
def test_a_go_that_can_write_no_cache_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("PATH", go_in_front(world.root / "front", f'echo "{said}" >&2; exit 1'))
    first, *rest = failure(world, "hello").splitlines()
    assert first == (
        "hello: Go cannot write its caches: set GOCACHE and GOMODCACHE to folders of yours"
    )
    assert rest == [f"    {said}"]


def test_a_source_that_needs_a_newer_go(world: World) -> None:
    folder = write_tree(
        world.root / "src", {**TINY, "go.mod": "module example.test/tiny\n\ngo 1.999\n"}
    )
    assert "needs Go 1.999 or later, the Go used is 1." in failure(
        world, "bye", overrides=(f"bye={folder}",)
    )


def test_a_package_that_is_not_a_program(world: World) -> None:
    folder = write_tree(world.root / "src", {**TINY, "cmd/bye/main.go": "package library\n"})
    assert "is not a program (package main)" in failure(world, "bye", overrides=(f"bye={folder}",))


def test_files_that_a_source_lacks(world: World) -> None:
    folder = write_tree(
        world.root / "src", {name: text for name, text in TINY.items() if "crds" not in name}
    )
    assert f"hello: {folder} has no files crds/*.yaml" in failure(
        world, "hello", overrides=(f"hello={folder}",)
    )


def test_unknown_names_are_refused_before_anything_is_done(world: World) -> None:
    assert failure(world, "helo").startswith("unknown component 'helo': use one of hello, bye")
    assert not world.cache.root.exists()
    with pytest.raises(UserError, match="unknown component 'nothing'"):
        provision_all(["nothing=v1.0.0"], world.cache.root)


def test_what_looks_like_a_network_failure_in_a_compile_error_is_none(world: World) -> None:
    catalogue = world.provision("bye")["bye"].component
    output = "# example.test/tiny\n./x.go:1:1: unexpected EOF"
    assert not isinstance(
        explain(catalogue, "it", output, folder=world.root, disk_gib=1), ProxyUnreachable
    )
