"""``--ks-impatient``: what waits took in green runs shortens their contracts later."""

from __future__ import annotations

import json

from tests.support.suite import Suite

WAITS = """
    import pytest
    from kubestellar_conformance.plugin.evidence import evidence_of

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(item, call):
        took = {"contract": "downsync", "allowed": 20, "taken": 1.5, "outcome": "held"}
        if call.when == "teardown":
            evidence_of(item).waits += [took, {**took, "contract": "quiet"}]
        return (yield)
"""
TELLS = """
    from kubestellar_conformance.waiting import contracts

    def test_it(wds):
        print("allowed", contracts.seconds("downsync"), contracts.seconds("withdrawal"))

    def test_red(wds):
        assert 0
"""


def test_only_green_runs_are_remembered_and_only_when_asked_for(suite: Suite) -> None:
    suite.write("suite/conftest.py", WAITS)
    suite.tests(TELLS)
    cache = f"--ks-cache-dir={suite.path / 'cache'}"
    first = suite.run(cache, "-s", "--ks-impatient")
    assert "0 tests are known" in first.output
    assert "allowed 20.0 60.0" in first.output
    kept = json.loads((suite.path / "cache" / "waits" / "fake.json").read_text())
    assert kept == {"suite/test_it.py::test_it": {"downsync": 1.5}}
    assert "allowed 6.0 60.0" in suite.run(cache, "-s", "--ks-impatient").output
    assert "allowed 12.0 120.0" in suite.run(cache, "-s", "--ks-impatient", "--ks-slow=2").output
    patient = suite.run(cache, "-s").output
    assert "allowed 20.0 60.0" in patient
    assert "--ks-impatient" not in patient
