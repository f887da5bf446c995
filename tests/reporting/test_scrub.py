"""Credentials are taken out, wherever they stand, and nothing else is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kubestellar_conformance.reporting.scrub import REDACTED, Scrubber

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"

GITHUB = "ghp_" + "0aA" * 12


def _secret(**data: str) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": encoded,
        "stringData": data,
    }


@pytest.mark.parametrize(
    "text",
    [
        f"key:\n{PEM}\nend",
        base64.b64encode(PEM.encode()).decode(),
        f"Authorization: Bearer {TOKEN}",
        "Authorization: Bearer MIIEow-opaque",
        "client-key-data: MIIEow==",
        "{'token': 'MIIEow-token'}",
        "https://admin:MIIEow@host/path",
        f"truncated -----BEGIN CERTIFICATE-----\nMIIEow {TOKEN[:10]}",
        "bootstrap abcdef.0123456789abcdef",
        "Authorization: Basic TUlJRW93OnBhc3M=",
        "{'Authorization': 'Basic TUlJRW93OnBhc3M='}",
        'password: "a phrase: MIIEow"',
        "password: 'a phrase: MIIEow'",
        r'err="{\"password\":\"a phrase: MIIEow\",\"user\":\"admin\"}"',
        r'password: "a \" in MIIEow"',
        'password: "a phrase that is cut, MIIEow',
        "kubectl --token MIIEow-opaque get pods",
        "kubectl --password 'a phrase: MIIEow' get pods",
        f"remote: {GITHUB}",
        f"https://{GITHUB}@github.com/a/b",
        "https://MIIEowMIIEowMIIEow@host/path",
        "https://admin:p@ss:MIIEow@host/path",
        '{"auths": {"ghcr.io": {"auth": "TUlJRW93OnBhc3M="}}}',
        r"{\"auth\":\"TUlJRW93OnBhc3M=\"}",
    ],
)
def test_shapes_in_text(text: str) -> None:
    clean = Scrubber().text(text)
    assert REDACTED in clean
    for part in ("MIIEow", "TUlJRW93", TOKEN, "0123456789abcdef", "LS0tLS1CRUdJTi", GITHUB):
        assert part not in clean


@pytest.mark.parametrize(
    "text",
    [
        "Deployment nginx in cluster1: expected spec.replicas 2, seen 1 within 20 s",
        "resourceVersion 12345, uid 0c2f6bd8-7a2b-4a57-8d8a-1f7a7c1f9f10",
        "https://127.0.0.1:6443/apis/apps/v1",
        "text with v0.30.0 and sha256:abcdef0123456789",
        "ssh://git@github.com/kubestellar/kubestellar, or ask me@example.com",
        "it asks for basic authentication, or for --token and a value",
        '{"auth": "disabled", "more": "password"}',
        "the password: none; its token is gone",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Scrubber().text(text) == text


def test_objects() -> None:
    work = {
        "kind": "ManifestWork",
        "spec": {"workload": {"manifests": [_secret(password="hunter22")]}},
    }
    listed = {"kind": "SecretList", "items": [{"metadata": {}, "data": {"k": "dmFsdWUtb25l"}}]}
    config_map = {"kind": "ConfigMap", "data": {"colour": "green"}}
    clean = json.dumps(Scrubber().scrub([work, listed, config_map]))
    assert "hunter22" not in clean
    assert "dmFsdWUtb25l" not in clean
    assert base64.b64encode(b"hunter22").decode() not in clean
    assert '"colour": "green"' in clean
    assert '"password": "(redacted)"' in clean


def test_the_password_of_a_registry() -> None:
    auth = base64.b64encode(b"admin:hunter22").decode()
    config = {"auths": {"ghcr.io": {"auth": auth}}, "auth": "enabled"}
    scrubber = Scrubber()
    assert scrubber.scrub(config) == {
        "auths": {"ghcr.io": {"auth": REDACTED}},
        "auth": "enabled",
    }
    assert scrubber.text(f"it sent {auth}") == f"it sent {REDACTED}"


def test_an_object_inside_a_text() -> None:
    annotation = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(_secret(key="hunter22"))
    }
    clean = json.dumps(Scrubber().scrub({"metadata": {"annotations": annotation}}))
    assert "hunter22" not in clean
    assert base64.b64encode(b"hunter22").decode() not in clean


def test_what_was_learned_is_found_in_any_text() -> None:
    scrubber = Scrubber()
    scrubber.learn(_secret(password="hunter22", namespace="wds1-system", short="abc"))
    encoded = base64.b64encode(b"hunter22").decode()
    assert scrubber.text(f"assert 'hunter22' == '{encoded}' in wds1-system, abc") == (
        f"assert '{REDACTED}' == '{REDACTED}' in wds1-system, abc"
    )


def test_the_original_is_not_changed_and_types_are_kept() -> None:
    value = {
        "a": [1, 2.5, True, None, ("x", "y")],
        "token": "s3cr3t",
        "n": {"token": {"expires": 3}},
    }
    before = json.dumps(value)
    clean = Scrubber().scrub(value)
    assert json.dumps(value) == before
    assert clean == {
        "a": [1, 2.5, True, None, ["x", "y"]],
        "token": REDACTED,
        "n": {"token": {"expires": 3}},
    }
