"""Around a test: its objects are removed, tests that stop parts run alone, parts that die are told
of.
"""

from __future__ import annotations

import pytest

from tests.support.calm import busy
from tests.support.suite import Suite

POLICY = (
    '{"apiVersion": "control.kubestellar.io/v1alpha1", "kind": "BindingPolicy", '
    '"metadata": {"name": names("p")}}'
)
NAMESPACE = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names("nginx")}}'
APPLIES = f"""
    def test_it(wds, names):
        wds.apply({POLICY}, {NAMESPACE})
"""


def test_what_was_applied_is_removed_and_awaited_everywhere(suite: Suite) -> None:
    suite.tests(APPLIES)
    ran = suite.run()
    assert ran.status == 0, ran.output
    done = [event.split()[:3] for event in ran.events]
    first, second = (event[2] for event in done if event[0] == "apply")
    assert [event[2] for event in done if event[0] == "delete"] == [second, first]
    waits = [event[1:3] for event in done if event[0] == "eventually"]
    assert {tuple(wait) for wait in waits} == {
        (name, "withdrawal") for name in ("wds1", "its1", "cluster1", "cluster2")
    }
    assert done.index(["delete", "wds1", first]) < min(
        i for i, event in enumerate(done) if event[0] == "eventually"
    )


@pytest.mark.parametrize(
    ("error", "verdict", "status"), [("deviates", "deviates", 1), ("broken", "broken", 10)]
)
def test_what_does_not_go_is_reported(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, error: str, verdict: str, status: int
) -> None:
    monkeypatch.setenv("FAKE_WITHDRAWAL", error)
    suite.tests(APPLIES)
    ran = suite.run()
    assert (ran.status, ran.verdicts["test_it"]) == (status, verdict)


def test_every_write_is_evidence_and_taken_back(suite: Suite) -> None:
    suite.tests("""
        def test_it(its):
            cluster = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
            old = {**cluster, "metadata": {"name": "there-before"}}
            its.apply({**cluster, "metadata": {"name": "new"}})
            its.patch(old, {"metadata": {"labels": {"old": "2", "zone": "a"}}})
            its.update_status(old, {"ready": True})
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
            its.apply({**secret, "data": {"key": "s3cr3t-of-the-test"}})
            its.patch(secret, {"data": {"key": "s3cr3t-of-the-patch"}})
            its.delete(secret)

        def test_after(its):
            cluster = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
            live = its.get({**cluster, "metadata": {"name": "there-before"}})
            assert live["metadata"]["labels"] == {"old": "1", "same": "1"}
            assert "status" not in live
    """)
    ran = suite.run()
    assert ran.status == 0, ran.output
    assert [event for event in ran.events if event.startswith(("delete", "patch"))] == [
        "patch its1 there-before",
        "patch its1 status there-before",
        "patch its1 s",
        "delete its1 s",
        "delete its1 s",
        "delete its1 new",
        "patch its1 there-before",
        "patch its1 status there-before",
    ]
    writes = ran.evidence("test_it")["writes"]
    assert [(write["verb"], write["object"], write["outcome"]) for write in writes] == [
        ("apply", "ManagedCluster new", "done"),
        ("patch", "ManagedCluster there-before", "done"),
        ("status", "ManagedCluster there-before", "done"),
        ("apply", "Secret default/s", "done"),
        ("patch", "Secret default/s", "done"),
        ("delete", "Secret default/s", "done"),
    ]
    assert {write["space"] for write in writes} == {"its1"}
    assert writes[1]["body"]["metadata"] == {"labels": {"old": "2", "zone": "a"}}
    everything = "".join(path.read_text() for path in ran.folder.glob("report/**/*.json"))
    assert "s3cr3t-of-the" not in everything


def test_objects_of_a_space_that_the_test_removed_are_not_taken_back(suite: Suite) -> None:
    suite.tests(f"""
        def test_it(system, names):
            system["cluster2"].apply({NAMESPACE})
            system.remove("cluster2")
    """)
    ran = suite.run()
    assert ran.status == 0, ran.output
    assert [event for event in ran.events if event.startswith("delete")] == []


def test_a_timeline_that_is_cut_says_so(suite: Suite) -> None:
    suite.write(
        "suite/conftest.py",
        """
        from kubestellar_conformance.plugin import timeline
        timeline.LONGEST = 2
        """,
    )
    suite.tests("""
        from types import SimpleNamespace
        from kubestellar_conformance.spaces import Event, Ref

        def test_it(wds, system):
            cm = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
            wds.apply(cm)
            for n in range(5):
                event = Event(0.0, 0.0, "wds1", "MODIFIED", Ref.of(cm), "u", str(n), n)
                with system.record.changed:
                    system.record._tell(event, SimpleNamespace(get=lambda *key: {}))
    """)
    evidence = suite.run().evidence("test_it")
    assert (len(evidence["timeline"]), evidence["timeline_left_out"]) == (2, 3)


def test_what_is_left_behind_is_reported_as_the_clean_up(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_WITHDRAWAL", "deviates")
    suite.tests(APPLIES)
    message = suite.run().tests["test_it"]["message"]
    assert message.startswith("after the test, while BindingPolicy p-x")
    told = " and 1 more were withdrawn: wds1/transport-controller ended while starting"
    assert told in message


def test_a_refusal_for_lack_of_rights_is_broken_in_the_clean_up_too(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_REFUSES", "delete new")
    suite.tests("""
        def test_it(its):
            cluster = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
            its.apply({**cluster, "metadata": {"name": "new"}})
    """)
    assert suite.run().verdicts["test_it"] == "broken"


def test_another_fixture_called_platform_is_left_alone(suite: Suite) -> None:
    suite.tests("""
        @pytest.fixture
        def platform():
            return "its own"

        def test_it(platform):
            assert platform == "its own"
    """)
    ran = suite.run()
    assert ran.status == 0
    assert ran.events == []


def test_a_failed_test_is_cleaned_without_waiting(suite: Suite) -> None:
    suite.tests(APPLIES + "        assert 0\n")
    ran = suite.run()
    kinds = [event.split()[0] for event in ran.events]
    assert kinds.count("delete") == 2
    assert "eventually" not in kinds


def test_names_are_a_tests_own_and_stable(suite: Suite) -> None:
    suite.tests("""
        SEEN = set()

        @pytest.mark.parametrize("n", range(20))
        def test_it(wds, names, n):
            assert names("nginx") == names("nginx")
            assert names("nginx") not in SEEN
            SEEN.add(names("nginx"))
            import re
            assert re.fullmatch("nginx-x[a-z0-9]{6}", names("nginx"))
            assert len(names("n" * 100)) == 63
    """)
    assert suite.run().status == 0


def test_exclusive_tests_run_alone(suite: Suite) -> None:
    body = """
        begun = time.time()
        time.sleep(0.4)
        open(f"{request.node.name}.span", "w").write(f"{begun} {time.time()}")
    """
    suite.tests(
        "".join(
            f"\n    {mark}\n    def test_{number}(wds, request):{body}"
            for number, mark in enumerate(
                ["@pytest.mark.exclusive", "", "@pytest.mark.exclusive", "", "", ""]
            )
        )
    )
    ran = suite.run("-n3")
    assert ran.status == 0, ran.output
    assert {test["worker"] for test in ran.tests.values()} == {"gw0", "gw1", "gw2"}
    spans = {
        path.stem: tuple(map(float, path.read_text().split())) for path in suite.path.glob("*.span")
    }
    assert len(spans) == 6
    for name in ("test_0", "test_2"):
        begun, ended = spans.pop(name)
        assert all(end <= begun or begin >= ended for begin, end in spans.values()), (
            f"{name} was not alone"
        )


def test_waiting_for_a_turn_is_not_the_tests_own_time(suite: Suite) -> None:
    suite.write(
        "suite/conftest.py",
        """
        import time
        from contextlib import contextmanager
        from kubestellar_conformance.reporting.session_folder import SessionFolder

        locked = SessionFolder.locked

        @contextmanager
        def busy(self, name, **how):
            if name in ("tests", "repair"):
                time.sleep(4)
            with locked(self, name, **how):
                yield

        SessionFolder.locked = busy
        """,
    )
    suite.tests("""
        def test_it(wds):
            time.sleep(0.2)
    """)
    ran = suite.run()
    test = ran.tests["test_it"]
    assert test["waited"] >= 8
    assert 0.2 <= test["seconds"] < 4 * busy()
    assert float(ran.cases["test_it"].attrib["time"]) < 4 * busy()


STOPS = """
    @pytest.mark.exclusive
    def test_stops(platform, wds):
        platform.component("etcd").stop()
        platform.component("wds1/transport-controller").pause()

    @pytest.mark.exclusive
    def test_changes(platform, transport_controller):
        assert {part.state for part in platform.components()} == {"running"}
        assert transport_controller.name == "wds1/transport-controller"
        platform.component("wds1/transport-controller").restart(max_num_wrapped="2")
        assert any(part.changed for part in platform.components())

    @pytest.mark.exclusive
    def test_does_not_wait(platform, wds):
        platform.component("etcd").stop()
        platform.component("etcd").start(wait=False)
        assert platform.component("etcd").state == "starting"

    def test_after(platform):
        assert {part.state for part in platform.components()} == {"running"}
        assert not any(part.changed for part in platform.components())
"""


def test_all_parts_run_again_after_a_test_that_stops_some(suite: Suite) -> None:
    suite.tests(STOPS)
    assert suite.run().status == 0


def test_a_policy_is_withdrawn_before_the_labels_of_wecs_are_put_back(suite: Suite) -> None:
    """Otherwise its Binding follows the labels while it is deleted (KD-0.30.0-BIND-2)."""
    suite.tests(f"""
        def test_it(wds, its, names):
            cluster = {{"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}}
            old = {{**cluster, "metadata": {{"name": "there-before"}}}}
            wds.apply({POLICY})
            its.patch(old, {{"metadata": {{"labels": {{"old": "2"}}}}}})
    """)
    ran = suite.run()
    assert ran.status == 0, ran.output
    waits = [i for i, event in enumerate(ran.events) if event.startswith("eventually")]
    patches = [i for i, event in enumerate(ran.events) if event == "patch its1 there-before"]
    assert len(patches) == 2
    assert patches[0] < min(waits)
    assert max(waits) < patches[1]


def test_a_part_keeps_its_flags_until_the_objects_are_withdrawn(suite: Suite) -> None:
    """A transport controller that gets its own bundle size back wraps the objects anew, so that
    their withdrawal would meet two ManifestWorks of each.
    """
    suite.tests(f"""
        @pytest.mark.exclusive
        def test_it(wds, names, transport_controller):
            wds.apply({POLICY})
            transport_controller.restart(max_num_wrapped="3")
    """)
    ran = suite.run()
    assert ran.status == 0, ran.output
    done = [" ".join(event.split()[:3]) for event in ran.events]
    again = done.index("restart wds1/transport-controller as-it-was")
    assert done.index("restart wds1/transport-controller max_num_wrapped") < again
    withdrawing = [i for i, event in enumerate(done) if event.startswith(("delete", "eventually"))]
    assert len(withdrawing) > 1
    assert max(withdrawing) < again


def test_a_part_that_cannot_be_started_again_is_broken(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_START", "fails")
    suite.tests(STOPS)
    ran = suite.run("-k", "test_stops")
    assert ran.verdicts == {"test_stops": "broken"}
    message = ran.tests["test_stops"]["message"]
    assert "etcd: etcd was not ready after 60 s" in message
    assert "wds1/transport-controller is paused" in message


@pytest.mark.parametrize(
    ("part", "verdict"), [("wds1/transport-controller", "deviates"), ("etcd", "broken")]
)
def test_a_part_that_crashes_again_when_it_is_put_back(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, part: str, verdict: str
) -> None:
    """KubeStellar's own is a deviation, told in full once, whoever restarts it."""
    monkeypatch.setenv("FAKE_START", "crashes")
    suite.tests(f"""
        def test_dies(platform, wds):
            platform.component("{part}").die()

        def test_another(platform, wds):
            pass
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_dies": verdict, "test_another": verdict}
    assert ran.status == (1 if verdict == "deviates" else 10)
    message = ran.tests["test_dies"]["message"]
    assert "panic: nil map" in message
    assert "expected all parts to run again after the test" in message


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FAKE_START", "refused:etcd", "etcd: space wds1: scale of etcd was refused with 409"),
        ("FAKE_COMPONENTS", "refused", "space wds1: get of etcd was refused with 422"),
    ],
)
def test_a_refusal_while_parts_are_put_back_is_broken_and_stops_nothing(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    suite.tests(STOPS)
    ran = suite.run("-k", "test_stops")
    assert ran.verdicts == {"test_stops": "broken"}
    assert said in ran.tests["test_stops"]["message"]
    if variable == "FAKE_START":
        assert "transport-controller" not in ran.tests["test_stops"]["message"]


DIES_BETWEEN = """
    from contextlib import contextmanager

    import pytest
    from kubestellar_conformance.plugin import surroundings
    from kubestellar_conformance.reporting.session_folder import SessionFolder

    LEFT = [1]
    locked, until_withdrawn = SessionFolder.locked, surroundings.until_withdrawn

    @pytest.fixture(scope="session", autouse=True)
    def _dies_between(platform):
        def die():
            if LEFT:
                LEFT.pop()
                platform.component("wds1/transport-controller").die()

        @contextmanager
        def locked_late(self, name, **how):
            with locked(self, name, **how):
                if name == "repair" and {when!r} == "lock":
                    die()
                yield

        def withdrawn(*given):
            until_withdrawn(*given)
            if {when!r} == "end":
                die()

        SessionFolder.locked, surroundings.until_withdrawn = locked_late, withdrawn
"""


@pytest.mark.parametrize("when", ["lock", "end"])
def test_a_part_that_crashes_between_two_looks_is_reported(suite: Suite, when: str) -> None:
    """While another test makes parts run again, or at the very end of the clean-up."""
    suite.write("suite/conftest.py", DIES_BETWEEN.format(when=when))
    suite.tests("""
        def test_one(platform, wds):
            pass

        def test_two(platform, wds):
            pass
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_one": "deviates", "test_two": "conforms"}
    assert ran.tests["test_one"]["message"].count("exited unexpectedly") == 1


@pytest.mark.parametrize(
    ("part", "verdict", "whose"),
    [
        ("wds1/transport-controller", "deviates", "KubeStellar's own"),
        ("etcd", "broken", "not KubeStellar's"),
    ],
)
def test_a_part_that_crashes_is_reported_once_with_its_last_lines(
    suite: Suite, part: str, verdict: str, whose: str
) -> None:
    suite.tests(f"""
        def test_dies(platform, wds):
            platform.component("{part}").die()

        def test_in_a_wait(platform, wds):
            error = platform.system.abort()
            assert error is None, "it was told of already"

        def test_after(platform, wds):
            assert platform.component("{part}").state == "running"
    """)
    ran = suite.run()
    assert ran.verdicts == {
        "test_dies": verdict,
        "test_in_a_wait": "conforms",
        "test_after": "conforms",
    }
    message = ran.tests["test_dies"]["message"]
    assert message.startswith(f"{part} ({whose}) exited unexpectedly")
    assert "panic: nil map" in message


def test_a_wait_learns_of_a_crash_at_once(suite: Suite) -> None:
    suite.tests("""
        def test_dies(platform, wds):
            platform.component("wds1/transport-controller").die()
            raise platform.system.abort()
    """)
    ran = suite.run()
    assert (ran.status, ran.verdicts["test_dies"]) == (1, "deviates")
    assert ran.tests["test_dies"]["message"].count("exited unexpectedly") == 1


def test_a_crash_that_another_worker_has_reported_is_not_reported_again(suite: Suite) -> None:
    """It died in a test that had the platform alone, and was made to run again before this one
    began.
    """
    suite.tests("""
        import pytest

        @pytest.fixture(scope="module")
        def elsewhere(platform):
            platform.component("wds1/transport-controller").die()
            platform.component("wds1/transport-controller").start()

        def test_goes_on(elsewhere, platform, wds):
            assert platform.system.abort() is None
    """)
    assert suite.run().verdicts == {"test_goes_on": "conforms"}


def test_a_deadlock_that_was_noted_has_ended_when_the_next_test_begins(suite: Suite) -> None:
    suite.tests("""
        import json

        NOTE = {"text": "the manager is deadlocked", "goroutines": [1], "until": None}

        def test_one(wds, platform):
            file = platform.folder.state / "deadlocks.json"
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps({"manager": NOTE}))

        def test_other(wds, platform):
            noted = json.loads((platform.folder.state / "deadlocks.json").read_text())
            assert noted["manager"]["until"] is not None
    """)
    ran = suite.run()
    assert ran.status == 0, ran.output
