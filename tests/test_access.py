"""Reading a kubeconfig leaves nothing of it behind, whatever end the process comes to."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import ssl
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance import access
from kubestellar_conformance.access import note_sockets, open_client, read_settings
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig
from kubestellar_conformance.platforms.existing.settings import resolve
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.spaces.refs import Kind, Ref
from kubestellar_conformance.status_reporter.connection import Connection
from tests.support.existing import kubeconfig
from tests.support.servers import ApiServer

NAMESPACE = Ref(Kind("", "v1", "Namespace"), "", "default")


@pytest.fixture
def inline(wds_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig with everything in it, alone in its folder; the shared temp folder is one of the
    test's own.
    """
    content = yaml.safe_load(wds_server.kubeconfig.read_text())
    for entry in (content["clusters"][0]["cluster"], content["users"][0]["user"]):
        for key in ("certificate-authority", "client-certificate", "client-key"):
            if key in entry:
                entry[f"{key}-data"] = base64.b64encode(Path(entry.pop(key)).read_bytes()).decode()
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    monkeypatch.setattr(
        "kubernetes.config.kube_config._temp_files", {}
    )  # what an earlier test left there
    (tmp_path / "own").mkdir()
    kubeconfig = tmp_path / "own" / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(content))
    return kubeconfig


def _left(kubeconfig: Path) -> list[Path]:
    root = kubeconfig.parent.parent
    return [path for path in root.rglob("*") if path.is_file() and path != kubeconfig]


def test_new_connections_leave_the_context_that_they_share_alone(
    inline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change while another thread makes a connection spoiled that thread's handshake."""
    changes: list[list[str]] = []
    monkeypatch.setattr(
        ssl.SSLContext, "set_alpn_protocols", lambda _, protocols: changes.append(protocols)
    )
    space = Space("wds1", "wds", inline)
    for _ in range(2):
        assert space.get(NAMESPACE) is not None
        space.client.close()
    assert changes == [["http/1.1"]]


def test_a_space_leaves_no_file(inline: Path) -> None:
    space = Space("wds1", "wds", inline)
    assert space.get(NAMESPACE) is not None
    assert _left(inline) == []
    space.client.close()  # so that the next request needs a new connection
    assert space.get(NAMESPACE) is not None


def test_the_status_reporter_leaves_no_file(inline: Path) -> None:
    connection = Connection(inline)
    assert connection.request("GET", "/api/v1/namespaces/default")["metadata"]["name"] == "default"
    assert _left(inline) == []


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    wds_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API server may be about to close it, and then a request on it is lost."""
    settings, tls = read_settings(wds_server.kubeconfig)
    client = open_client(settings, tls)
    sockets = note_sockets(client)

    def asked() -> set[socket.socket]:
        client.rest_client.pool_manager.request("GET", f"{settings.host}/version")
        return {one for one in sockets if one.fileno() >= 0}

    first = asked()
    assert asked() == first
    monkeypatch.setattr(access, "_FRESH", 0.0)
    assert asked().isdisjoint(first)


def test_several_may_be_opened_of_one_kubeconfig(inline: Path) -> None:
    for _ in range(2):
        assert Space("wds1", "wds", inline).get(NAMESPACE) is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(inline: Path) -> None:
    inline.parent.chmod(0o500)
    assert Space("wds1", "wds", inline).get(NAMESPACE) is not None
    assert _left(inline) == []


def test_a_key_that_is_none_is_said_in_one_line(inline: Path) -> None:
    content = yaml.safe_load(inline.read_text())
    content["users"][0]["user"]["client-key-data"] = base64.b64encode(b"no key").decode()
    inline.write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match=f"kubeconfig {inline} cannot be used for space wds1: "):
        Space("wds1", "wds", inline)


@pytest.mark.parametrize(
    "line",
    [
        "token: *{}",
        "token: [{}",
        "token: @{}",
        'token: "{}',
        "token: !{}!x y",
        "token: !{} x",
        "- {}",
    ],
)
def test_a_file_that_is_not_a_kubeconfig_is_reported_without_a_word_of_it(
    tmp_path: Path, line: str
) -> None:
    secret = "c2VjcmV0LW9mLXRoZS11c2Vy"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("users:\n- name: me\n  user:\n    " + line.format(secret) + "\n")
    readers: list[Callable[[], object]] = [
        lambda: read_settings(kubeconfig),
        lambda: Kubeconfig.read(str(kubeconfig)),
        lambda: resolve({"existing": str(kubeconfig)}, tmp_path, {}),
    ]
    for read in readers:
        with pytest.raises(UserError, match=str(kubeconfig)) as raised:
            read()
        told = "".join(traceback.format_exception(raised.value))
        assert secret[:8] not in told
        assert "\n" not in str(raised.value)


def test_a_user_s_program_that_gives_no_credentials_is_reported(tmp_path: Path) -> None:
    program = tmp_path / "log-in"
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(program),
            "interactiveMode": "Never",
        }
    }
    file = kubeconfig(tmp_path / "kubeconfig", "mine", user=user)
    said = f"{re.escape(str(program))} gave no credentials for the user 'mine'"
    with pytest.raises(UserError, match=said):
        read_settings(file, "mine")
    credential = {"apiVersion": user["exec"]["apiVersion"], "kind": "ExecCredential"}
    answer = json.dumps({**credential, "status": {"token": "abc"}})
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o700)
    settings, _ = read_settings(file, "mine")
    assert [*settings.api_key.values()] == ["Bearer abc"]


def test_the_place_of_a_fault_is_reported(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("users:\n- name: me\n  user:\n    token: @abc\n")
    with pytest.raises(
        UserError, match=r"found character '@' that cannot start any token in line 4, column 12$"
    ):
        Kubeconfig.read(str(tmp_path / "kubeconfig"))
    (tmp_path / "kubeconfig").write_text("users: !!int secret")
    with pytest.raises(UserError, match=r"is not a kubeconfig: ValueError$"):
        Kubeconfig.read(str(tmp_path / "kubeconfig"))
