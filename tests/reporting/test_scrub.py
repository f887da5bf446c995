"""Credentials are taken out, wherever they stand, and nothing else is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kubestellar_conformance.reporting.scrub import REDACTED, Scrubber

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"


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
    ],
)
def test_shapes_in_text(text: str) -> None:
    clean = Scrubber().text(text)
    assert REDACTED in clean
    for part in ("MIIEow", TOKEN, "0123456789abcdef", "LS0tLS1CRUdJTi"):
        assert part not in clean


@pytest.mark.parametrize(
    "text",
    [
        "Deployment nginx in cluster1: expected spec.replicas 2, seen 1 within 20 s",
        "resourceVersion 12345, uid 0c2f6bd8-7a2b-4a57-8d8a-1f7a7c1f9f10",
        "https://127.0.0.1:6443/apis/apps/v1",
        "text with v0.30.0 and sha256:abcdef0123456789",
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
