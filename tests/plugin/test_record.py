"""The run's record: what it holds, that a partial run says so, that no credential is in any
report.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import Unfit
from kubestellar_conformance.reporting.conformance.verify import verified
from kubestellar_conformance.reporting.model.base import unknown_keys
from kubestellar_conformance.reporting.model.evidence import EvidenceDocument
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.record import SCHEMA
from kubestellar_conformance.reporting.records import find, read
from kubestellar_conformance.reporting.salvage import KILLED as KILLED_RUN
from tests.support.suite import Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
STORY = """
    @promises("T-1")
    def test_story(wds, wec1, names):
        with step("Create the workload"):
            wds.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names("nginx")}})
        with step("It arrives"), step("in the first WEC"):
            note("UIDs kept", {"of": 2, "kept": [True, False]})

    @promises("T-2")
    def test_fails_in_a_step(wds):
        with step("Ask too much"):
            raise Deviation("no")

    @promises("T-1")
    def test_other(wds):
        pass
"""


@BOTH
def test_a_whole_run(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(STORY)
    ran = suite.run("--ks-component=etcd=v3.6.4", *processes)
    record = ran.record
    assert record["schema"] == SCHEMA
    assert record["complete"] is True
    assert record["selection"]["why_partial"] == []
    assert record["exit_status"] == ran.status == 1
    assert record["counts"]["conforms"] == 2
    assert list(unknown_keys(RunDocument.model_validate(record))) == []
    assert record["run"]
    assert record["suite"]["name"] == "suite"
    assert record["suite"]["tests"] == [
        f"suite/test_it.py::{name}" for name in ("test_fails_in_a_step", "test_other", "test_story")
    ]
    assert record["machine"]["cores"] > 0
    assert record["machine"]["memory_mib"] > 0
    assert "--ks-component=etcd=v3.6.4" in record["options"]["arguments"]
    assert record["options"]["values"]["--ks-component"] == ["etcd=v3.6.4"]
    assert record["options"]["values"]["--ks-platform"] == "fake"
    assert record["overrides"] == ["etcd=v3.6.4"]
    assert record["platform"]["components"] == [{"name": "etcd", "version": "v3.6.5"}]
    assert {row["name"] for row in record["contracts"]} >= {"downsync", "withdrawal"}
    steps = ran.tests["test_story"]["steps"]
    assert [(step["title"], step["depth"], step["outcome"]) for step in steps] == [
        ("Create the workload", 0, "done"),
        ("It arrives", 0, "done"),
        ("in the first WEC", 1, "done"),
    ]
    assert ran.tests["test_fails_in_a_step"]["steps"][0]["outcome"] == "failed"
    assert ran.tests["test_fails_in_a_step"]["where"] == "no"
    assert ran.tests["test_story"]["where"] == ""
    (note,) = ran.tests["test_story"]["notes"]
    assert (note["what"], note["promises"]) == ("UIDs kept", ["T-1"])
    assert note["seen"] == {"of": 2, "kept": [True, False]}
    assert ran.tests["test_other"]["notes"] == []
    assert record["begun"] <= ran.tests["test_story"]["begun"] <= record["ended"]
    evidence = EvidenceDocument.model_validate(ran.evidence("test_story"))
    assert list(unknown_keys(evidence)) == []
    assert ran.evidence("test_story")["notes"] == [note]
    (write,) = ran.evidence("test_story")["writes"]
    assert (write["space"], write["verb"]) == ("wds1", "apply")
    assert write["body"]["metadata"]["name"].startswith("nginx-x")
    promises = {row["id"]: row for row in record["promises"]}
    assert promises["T-1"]["state"] == "holds"
    assert promises["T-2"]["state"] == "does not hold"
    assert (promises["T-3"]["state"], promises["T-3"]["why"]) == (
        "no check yet",
        "no test of the suite names it",
    )
    assert "the harness's own status reporter" in ran.output
    assert "etcd v3.6.5" in ran.output
    counts = {"promises": 3, "holds": 1, "new deviation": 1, "no check yet": 1}
    none = {"known deviation": 0, "not supported": 0, "broken": 0, "not run": 0}
    assert record["coverage"] == {
        "areas": {"t": counts | none},
        "rigs": {"A": counts | none},
        "all": counts | none,
    }
    assert "does not hold      T-2 (new): r" in ran.output
    assert "checks by rig      A 2 of 3" in ran.output
    properties = {
        (node.attrib["name"], node.attrib["value"])
        for node in ran.cases["test_story"].iter("property")
    }
    assert properties == {("promise", "T-1"), ("verdict", "conforms")}
    assert "PARTIAL" not in ran.output
    report = verified(ran.folder / "report" / "conformance.yaml")
    assert list(unknown_keys(report)) == []
    assert report.tests.executed == [f"suite/test_it.py::{name}" for name in sorted(ran.tests)]
    assert report.requirements["new deviation"] == ["T-2"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["-k", "story"], "-k story"),
        (["-k", "story", "-n2"], " deselected"),
        (["-m", "not exclusive"], "-m not exclusive"),
        (["suite/test_it.py"], "only suite/test_it.py"),
        (["suite/test_it.py::test_story", "-n2"], "only suite/test_it.py::test_story"),
        (["--deselect", "suite/test_it.py::test_other"], "--deselect"),
        (["--ignore", "suite/other"], "--ignore"),
        (["-x"], " did not run"),
        (["-x", "-n1"], " did not run"),
    ],
)
def test_a_partial_run_says_so(suite: Suite, args: list[str], why: str) -> None:
    suite.tests(STORY + LAST)
    ran = suite.run(*args)
    assert ran.record["complete"] is False
    assert why in "; ".join(ran.record["selection"]["why_partial"])
    assert "PARTIAL RUN" in ran.output
    with pytest.raises(Unfit, match="of a partial run"):
        verified(ran.folder / "report" / "conformance.yaml")
    if "-x" in args:
        assert ran.status == 1
        assert ran.verdicts["test_last_2"] == "not run"


def test_a_file_that_cannot_be_collected_makes_it_partial(suite: Suite) -> None:
    suite.tests(STORY)
    suite.write("suite/test_wrong.py", "import nothing_of_that_name\n")
    ran = suite.run("--continue-on-collection-errors")
    assert ran.status != 0
    assert "1 file could not be collected" in ran.record["selection"]["why_partial"]


def test_a_check_that_is_left_out_is_not_run(suite: Suite) -> None:
    suite.tests(STORY)
    ran = suite.run("-k", "story")
    states = {row["id"]: (row["state"], row["why"]) for row in ran.record["promises"]}
    assert states["T-2"] == ("not run", "its checks were not part of this run")
    assert states["T-3"][0] == "no check yet"


def test_the_summary_says_what_does_not_hold_and_what_is_not_supported(suite: Suite) -> None:
    suite.tests("""
        @promises("T-1")
        def test_it(wds):
            raise Deviation("stays empty")

        @promises("T-2")
        @pytest.mark.capability("core-chart")
        def test_there(wds):
            pass

        @promises("T-3")
        @pytest.mark.capability("core-chart")
        def test_and_back(wds):
            pass
    """)
    suite.known("""
        - id: KD-1
          tests: [../test_it.py::test_it]
          promises: [T-1]
          expected: the status to return
          seen: it stays empty
          cause: nobody writes it
          rate: 1/1
    """)
    summary = suite.run().output.partition("= KubeStellar conformance =")[2].splitlines()
    assert [line for line in summary if line.startswith(("does not hold", "not supported "))] == [
        "not supported      2",
        "does not hold      T-1 (known): r",
        "not supported      T-2, T-3: platform fake lacks the capability core-chart",
    ]
    head = next(number for number, line in enumerate(summary) if line.startswith("area "))
    assert summary[head + 1].split() == ["t", "3", "-", "1", "-", "2", "-", "-", "-"]
    assert max(map(len, summary[head - 1 : head + 4])) < 100


KILLED = """
    @promises("T-1")
    def test_holds(wds):
        with step("Create it"):
            pass

    @promises("T-2")
    def test_breaks(wds):
        raise Deviation("no; token: s3cr3t-of-a-killed-run")

    @promises("T-3")
    @pytest.mark.parametrize("one", ["first", "second"])
    def test_rows(wds, one, request):
        if one == "second":
            part = request.config.rootpath / "run" / "report" / "run.part.jsonl"
            while '::test_rows[first]", "verdict": "conforms"' not in part.read_text():
                time.sleep(0.01)  # until the process that owns the run has its result
            worker = hasattr(request.config, "workerinput")
            os.kill(os.getppid() if worker else os.getpid(), 9)
            time.sleep(5)
"""


@BOTH
def test_a_killed_run_leaves_what_it_knew(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(KILLED)
    killed = suite.run(*(("-n1",) if processes else ()))
    killed.end_child()
    path = find(str(killed.folder), suite.path)
    found = read(path)
    assert "s3cr3t" not in path.read_text()
    assert list(unknown_keys(RunDocument.model_validate(found))) == []
    assert found["complete"] is False
    assert found["selection"]["why_partial"] == [f"{KILLED_RUN}: 1 of 4 tests have no result"]
    verdicts = {test["nodeid"].partition("::")[2]: test["verdict"] for test in found["tests"]}
    assert verdicts == {
        "test_holds": "conforms",
        "test_breaks": "deviates",
        "test_rows[first]": "conforms",
        "test_rows[second]": "not run",
    }
    states = {row["id"]: row["state"] for row in found["promises"]}
    assert states == {"T-1": "holds", "T-2": "does not hold", "T-3": "not run"}
    assert found["platform"]["started"] is True
    (component,) = found["platform"]["components"]
    assert (component["name"], component["version"]) == ("etcd", "v3.6.5")


LAST = "".join(
    f"\n    @promises('T-3')\n    def test_last_{number}(wds):\n        time.sleep(0.3)\n"
    for number in range(3)
)
SECRETS = """
    import base64

    SECRET = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"key": base64.b64encode(b"s3cr3t-of-an-object").decode()},
    }
    KEY = "-----BEGIN PRIVATE KEY-----\\nczNjcjN0LWtleQ\\n-----END PRIVATE KEY-----"

    def test_applied(wds):
        wds.apply(SECRET)
        note("what came back", [SECRET, "token: s3cr3t-of-a-note"])
        wds.apply({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
            "data": {"kubeconfig": "client-key-data: c3VwZXItczNjcjN0LWRhdGE\\ntoken: s3cr3t-in-text"},
        })

    def test_in_an_assertion(wds):
        value = os.environ["PLANTED"]  # so that it is in no source line
        wds.apply({**SECRET, "stringData": {"password": value}})
        print("captured", value)
        assert {"is": value} == {"is": "other"}

    def test_in_a_deviation(wds):
        raise Deviation("log: Authorization: Bearer s3cr3t-of-a-bearer\\n" + KEY)

    def test_broken(wds):
        raise RuntimeError("https://admin:s3cr3t-of-a-url@127.0.0.1:6443 refused")

    def test_part_dies(platform, wds):
        platform.component("etcd").die()

    @pytest.fixture
    def bad():
        raise RuntimeError("controller ended; token: " + os.environ["PLANTED"])

    def test_broken_in_setup(bad, wds):
        pass

    @pytest.fixture
    def bad_end():
        yield
        raise RuntimeError("not taken away; token: " + os.environ["PLANTED"])

    def test_broken_in_teardown(bad_end, wds):
        pass
"""


@BOTH
def test_no_credential_is_in_any_report(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PLANTED", "s3cr3t-of-the-environment")
    suite.tests(SECRETS)
    typed = "--override-ini=log_date_format=Bearer s3cr3t-of-an-option"
    ran = suite.run("--alluredir=allure", "-l", "-rA", typed, *processes)
    assert ran.status == 10
    assert len(ran.tests) == 7
    files = [*(ran.folder / "report").rglob("*"), *(suite.path / "allure").rglob("*"), ran.junit]
    texts = {file.name: file.read_text() for file in files if file.is_file()} | {
        "terminal": ran.output
    }
    assert len(texts) > 10
    assert {"run.json", "conformance.yaml"} <= texts.keys()
    for name, text in texts.items():
        for planted in ("s3cr3t", "czNjcjN0", "c3VwZXIt"):
            assert planted not in text, (
                f"{planted} in {name}: {text[max(0, text.find(planted) - 200) :][:400]}"
            )
    assert (
        '"key": "(redacted)"'
        in (ran.folder / "report" / ran.tests["test_applied"]["evidence"]).read_text()
    )
