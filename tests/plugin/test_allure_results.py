"""Allure's results of a run: what a reader of its report sees of each verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.suite import BAD_FIXTURES, Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
PROMISES = """
    - {id: T-1, requirement: It arrives., source: PAGE Section, check: c, upstream: none, rig: A}
    - {id: T-2, requirement: It returns., source: CODE l.3, check: c, upstream: none, rig: helm}
    - {id: T-3, requirement: r, source: CODE, check: c, upstream: none, rig: H/C}
"""
SOURCES = """
    - {code: PAGE, page: "https://example.org/binding.md"}
    - {code: CODE, page: docs/control.md}
"""
KNOWN = """
    - id: KD-1
      tests: ["../test_it.py::test_known"]
      promises: [T-1]
      expected: an object
      seen: none
      cause: c
      rate: 1/2
      intermittent: true
      issue: https://example.org/issues/7
    - id: KD-2
      tests: ["../test_it.py::test_fixed"]
      promises: [T-1]
      expected: an object
      seen: none
      cause: c
      rate: 1/1
"""
TESTS = f"""{BAD_FIXTURES}
    @promises("T-1")
    def test_conforms(wds):
        with step("Create it"), step("in wds1"):
            pass

    @promises("T-2", "T-1")
    def test_deviates(wds):
        with step("Create it"):
            raise Deviation("Binding b in wds1: expected to exist; absent\\npath:\\n  STOP  Binding")

    @promises("T-1")
    def test_known(wds):
        raise Deviation("Deployment d in cluster1: absent")

    @promises("T-1")
    def test_fixed(wds):
        pass

    @promises("T-3")
    @pytest.mark.capability("core-chart")
    def test_not_supported(wds):
        pass

    def test_broken(wds):
        raise ConnectionError("no route to the API server")

    def test_broken_in_setup(bad, wds):
        pass

    @pytest.fixture
    def two_ends(bad_end, deviating_end):
        pass

    def test_both_after_it(two_ends, wds):
        pass

    def test_deviates_after_it(deviating_end, wds):
        pass

    def test_not_run(wds):
        pytest.skip("no second WDS")
"""
CATEGORY = {
    "test_conforms": ("passed", []),
    "test_deviates": ("failed", ["Deviates: KubeStellar breaks a promise"]),
    "test_deviates_after_it": ("failed", ["Deviates: KubeStellar breaks a promise"]),
    "test_known": ("skipped", ["Known deviation of this release"]),
    "test_fixed": ("failed", ["Fixed deviation: the list of known deviations must change"]),
    "test_not_supported": ("skipped", ["Not supported by this platform"]),
    "test_broken": ("broken", ["Broken: the harness or the machine failed"]),
    "test_broken_in_setup": ("broken", ["Broken: the harness or the machine failed"]),
    "test_both_after_it": ("broken", ["Broken: the harness or the machine failed"]),
    "test_not_run": ("skipped", ["Not run"]),
}


def prepared(suite: Suite) -> Path:
    """The folder of the results of a run of these tests."""
    suite.write("suite/promises/t.yaml", PROMISES)
    suite.write("suite/promises/sources.yaml", SOURCES)
    suite.known(KNOWN.replace("\n    ", "\n"))
    suite.tests(TESTS)
    return suite.path / "allure"


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The results by the names of the tests; each has one."""
    found = [json.loads(path.read_text()) for path in folder.glob("*-result.json")]
    by_name = {one["name"]: one for one in found}
    assert len(by_name) == len(found)
    return by_name


def labelled(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def matching(folder: Path, result: dict[str, Any]) -> list[str]:
    """The categories of a result, as Allure 2 and Allure 3 find them."""
    message = result.get("statusDetails", {}).get("message", "")
    second = json.loads((folder / "categories.json").read_text())
    third = json.loads((folder / "allurerc.json").read_text())["categories"]
    ways = ((second, re.fullmatch), (third, re.search))
    by_version = [
        [
            one["name"]
            for one in rules
            if result["status"] in one["matchedStatuses"] and matches(one["messageRegex"], message)
        ]
        for rules, matches in ways
    ]
    assert by_version[0] == by_version[1]
    return by_version[0]


@BOTH
def test_each_verdict_has_its_status_and_one_category(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    folder = prepared(suite)
    ran = suite.run("--alluredir=allure", *processes)
    found = results(folder)
    seen = {name: (one["status"], matching(folder, one)) for name, one in found.items()}
    assert seen == CATEGORY
    assert found.keys() == ran.tests.keys()


def test_a_result_has_what_identifies_and_explains_it(suite: Suite) -> None:
    folder = prepared(suite)
    suite.run("--alluredir=allure")
    found = results(folder)
    deviates, known = found["test_deviates"], found["test_known"]
    assert labelled(deviates, "epic") == ["KubeStellar conformance"]
    assert labelled(deviates, "feature") == ["t"]
    assert labelled(deviates, "story") == ["T-2: It returns.", "T-1: It arrives."]
    assert labelled(deviates, "severity") == ["critical"]
    assert labelled(found["test_broken"], "severity") == ["normal"]
    assert {"deviates", "T-1", "T-2"} <= {*labelled(deviates, "tag")}
    assert "KD-1" in labelled(known, "tag")
    assert [(link["type"], link["url"], link["name"]) for link in deviates["links"]] == [
        ("link", deviates["links"][0]["url"], "T-2: control.md l.3"),
        ("link", "https://example.org/binding.md", "T-1: binding.md Section"),
    ]
    assert re.fullmatch(r"https://\S+/v0\.30\.0/docs/control\.md", deviates["links"][0]["url"])
    assert known["links"][-1]["url"] == "https://example.org/issues/7"
    assert known["statusDetails"]["known"] is known["statusDetails"]["flaky"] is True
    assert {"name": "platform", "value": "fake"} in deviates["parameters"]
    assert [one["name"] for one in deviates["steps"]] == ["Create it"]
    assert [one["name"] for one in found["test_conforms"]["steps"][0]["steps"]] == ["in wds1"]
    attached = {one["name"]: folder / one["source"] for one in deviates["attachments"]}
    assert "  STOP  Binding" in attached["diagnosis"].read_text()
    assert json.loads(attached["evidence"].read_text())["nodeid"].endswith("::test_deviates")
    assert [one["name"] for one in found["test_conforms"]["attachments"]] == ["evidence"]


def test_the_environment_says_what_was_tried(suite: Suite) -> None:
    folder = prepared(suite)
    ran = suite.run("--alluredir=allure", "-k", "test_conforms or test_known")
    lines = (folder / "environment.properties").read_text().splitlines()
    facts = dict(line.partition("=")[::2] for line in lines)
    assert facts["platform"] == "fake"
    assert facts["release"] == "0.30.0"
    assert facts["component.etcd"] == "v3.6.5"
    assert facts["whole_suite"].startswith("no: ")
    assert facts["run"] == ran.record["run"]
    assert facts["harness.version"] == ran.record["harness"]["version"]


def test_two_runs_of_a_test_are_one_history(suite: Suite) -> None:
    folder = prepared(suite)
    suite.run("--alluredir=allure", "-k", "test_conforms or test_broken")
    first = {name: one["historyId"] for name, one in results(folder).items()}
    suite.run("--alluredir=allure", "--clean-alluredir", "-k", "test_conforms")
    assert results(folder)["test_conforms"]["historyId"] == first["test_conforms"]
    assert len({*first.values()}) == len(first) == 3


def test_a_test_that_crashes_its_worker_has_a_result(suite: Suite) -> None:
    suite.tests("""
        @promises("T-1")
        def test_crashes(wds):
            os._exit(3)

        @promises("T-2")
        def test_conforms(wds):
            pass
    """)
    suite.run("--alluredir=allure", "-n1")
    found = results(suite.path / "allure")
    assert found["test_crashes"]["status"] == "broken"
    assert found["test_crashes"]["statusDetails"]["message"].startswith("broken: ")
    assert labelled(found["test_crashes"], "story") == ["T-1: r"]
    assert found["test_conforms"]["status"] == "passed"


@BOTH
def test_junit_has_ids_and_verdicts_as_properties(suite: Suite, processes: tuple[str, ...]) -> None:
    prepared(suite)
    ran = suite.run(*processes)
    seen = {
        name: [(one.attrib["name"], one.attrib["value"]) for one in case.iter("property")]
        for name, case in ran.cases.items()
    }
    assert seen["test_conforms"] == [("promise", "T-1"), ("verdict", "conforms")]
    assert seen["test_deviates"] == [
        ("promise", "T-2"),
        ("promise", "T-1"),
        ("verdict", "deviates"),
    ]
    assert seen["test_known"] == [
        ("promise", "T-1"),
        ("known_deviation", "KD-1"),
        ("verdict", "known deviation"),
    ]
    verdicts = {
        name: [value for key, value in one if key == "verdict"] for name, one in seen.items()
    }
    assert verdicts == {name: [verdict] for name, verdict in ran.verdicts.items()}


def test_junit_names_platform_and_versions(suite: Suite) -> None:
    import xml.etree.ElementTree as ET

    prepared(suite)
    ran = suite.run("-k", "test_conforms")
    found = ET.parse(ran.junit).find("testsuite/properties")
    assert found is not None
    facts = {one.attrib["name"]: one.attrib["value"] for one in found}
    assert facts["platform"] == "fake"
    assert facts["release"] == "0.30.0"
    assert facts["component.etcd"] == "v3.6.5"
