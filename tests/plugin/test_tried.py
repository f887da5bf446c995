"""Each step of a clean-up is made, whatever goes wrong in another."""

from __future__ import annotations

from tests.support.suite import Suite


def test_the_limit_of_time_ends_one_step_of_the_clean_up(suite: Suite) -> None:
    suite.tests("""
        from kubestellar_conformance.plugin import surroundings

        CLUSTER = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
                   "metadata": {"name": "there-before"}}
        LEFT = [30]
        surroundings.until_followed = lambda _: LEFT and time.sleep(LEFT.pop())

        @pytest.mark.timeout(1)
        def test_one(its):
            its.patch(CLUSTER, {"metadata": {"labels": {"old": "2"}}})

        def test_two(its):
            assert its.get(CLUSTER)["metadata"]["labels"]["old"] == "1"
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_one": "broken", "test_two": "conforms"}
    assert "Timeout (>1.0s)" in ran.tests["test_one"]["message"]


def test_an_unexpected_error_keeps_no_other_object_from_being_taken_back(suite: Suite) -> None:
    suite.tests("""
        def test_it(wds, names, monkeypatch):
            for name in ("first", "second", "third"):
                cm = {"apiVersion": "v1", "kind": "ConfigMap",
                      "metadata": {"name": names(name), "namespace": "default"}}
                wds.apply(cm)
            delete = wds.delete

            def deleting(ref):
                if "second" in str(ref):
                    raise ValueError("odd")
                delete(ref)

            wds.delete = deleting
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_it": "broken"}
    assert ran.tests["test_it"]["message"] == "ValueError: odd"
    gone = [event.split()[2] for event in ran.events if event.startswith("delete")]
    assert [name.partition("-")[0] for name in gone] == ["third", "first"]


def test_a_part_whose_log_cannot_be_read_keeps_no_other_from_running_again(suite: Suite) -> None:
    suite.tests("""
        def away(*_):
            raise OSError("the API server is away")

        @pytest.mark.exclusive
        def test_it(platform, wds):
            for part in platform.components():
                part.pause()
            platform._parts.reverse()
            product, _ = platform.components()
            product.log_tail = product.resume = away
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_it": "broken"}
    assert "transport-controller: the API server is away" in ran.tests["test_it"]["message"]
    assert (ran.folder / "etcd.state").read_text() == "running"
