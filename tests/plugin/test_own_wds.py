"""A WDS of a module's own: made for it, spoken of by its fixtures, and removed after it."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

OWN = """
    from kubestellar_conformance.story import own_wds

    pytestmark = own_wds
    POLICY = {"apiVersion": "control.kubestellar.io/v1alpha1", "kind": "BindingPolicy"}

    def test_one(wds, system, transport_controller, names):
        assert wds.name.startswith("wds-x")
        assert system.wds is wds
        assert transport_controller.name == f"{wds.name}/transport-controller"
        wds.apply({**POLICY, "metadata": {"name": names("p")}})
        transport_controller.stop()

    def test_two(wds, system, transport_controller):
        assert system.wds is wds
        assert transport_controller.state == "running", "it runs again after the test before"
"""
SHARED = """
    def test_shared(wds, system):
        assert (wds.name, system.wds.name) == ("wds1", "wds1")
        assert len(system.wdses) == 1
"""
MEET = """
    def meet(mine, other):
        open(f"{mine}.here", "w").close()
        deadline = time.monotonic() + 50
        while not os.path.exists(f"{other}.here"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
"""

SPAN = """
    def span(name):
        begun = time.time()
        time.sleep(1)
        open(f"{name}.span", "w").write(f"{begun} {time.time()}")
"""


@pytest.fixture
def adds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform can add spaces."""
    monkeypatch.setenv("FAKE_TOPOLOGIES", "1")


@pytest.mark.usefixtures("adds")
def test_a_module_gets_one_and_the_next_module_the_platforms(suite: Suite) -> None:
    suite.tests(OWN, "suite/test_a.py")
    suite.tests(SHARED, "suite/test_b.py")
    ran = suite.run()
    assert ran.status == 0, ran.output
    done = [event.split() for event in ran.events]
    [added] = [event[1] for event in done if event[0] == "add"]
    kinds = [event[0] for event in done if event[-1] == added or event[1:2] == [added]]
    assert kinds[0] == "add"
    assert kinds[-1] == "remove"
    assert ["eventually", "its1", "withdrawal", f"ManifestWork of {added}"] in [
        [*event[:3], " ".join(event[3:])] for event in done
    ], "nothing of it is left in the ITS when it goes"


@pytest.mark.usefixtures("adds")
def test_none_is_made_for_a_module_that_needs_more_than_the_platform_has(suite: Suite) -> None:
    suite.tests("""
    from kubestellar_conformance.story import needs, own_wds
    pytestmark = [own_wds, needs("core-chart")]
    def test_one(wds): pass
    def test_two(wds): pass
    """)
    ran = suite.run()
    assert ran.verdicts == {"test_one": "not supported", "test_two": "not supported"}
    assert not [event for event in ran.events if event.startswith("add")]


@pytest.mark.usefixtures("adds")
def test_its_tests_run_beside_others(suite: Suite) -> None:
    own = """
    from kubestellar_conformance.story import own_wds
    pytestmark = own_wds
    def test_own(wds):
        assert meet("own", "other")
    """
    suite.tests(MEET + own, "suite/test_a.py")
    suite.tests(
        MEET + "    def test_other(wds):\n        assert meet('other', 'own')\n", "suite/test_b.py"
    )
    ran = suite.run("-n2", "--dist=loadfile")
    assert ran.status == 0, ran.output


def test_where_none_can_be_added_they_have_the_platforms_alone(suite: Suite) -> None:
    own = """
    from kubestellar_conformance.story import own_wds
    pytestmark = own_wds
    def test_own(wds):
        assert wds.name == "wds1"
        span("own")
    """
    suite.tests(SPAN + own, "suite/test_a.py")
    suite.tests(SPAN + "    def test_other(wds):\n        span('other')\n", "suite/test_b.py")
    ran = suite.run("-n2", "--dist=loadfile")
    assert ran.status == 0, ran.output
    (one, other) = (
        tuple(map(float, path.read_text().split())) for path in suite.path.glob("*.span")
    )
    assert one[1] <= other[0] or other[1] <= one[0]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            """
            from kubestellar_conformance.story import own_wds

            @own_wds
            def test_it(wds):
                pass
            """,
            "test_it: own_wds applies to a whole module: write pytestmark = own_wds",
        ),
        (
            """
            from kubestellar_conformance.story import own_wds
            pytestmark = [own_wds, pytest.mark.exclusive]

            def test_it(wds):
                pass
            """,
            "test_it: is exclusive, but its module has a WDS of its own: choose one",
        ),
        (
            """
            from kubestellar_conformance.story import needs

            @needs("stop-components")
            def test_it(wds):
                pass
            """,
            "test_it: needs stop-components for parts that other tests use: write pytestmark = "
            "own_wds, on_topologies('two-itses'), or mark it exclusive",
        ),
        (
            """
            from kubestellar_conformance.story import needs, on_topologies

            @needs("stop-components")
            @on_topologies("two-wdses-on-one-its")
            def test_it(arrangement):
                pass
            """,
            "test_it[two-wdses-on-one-its]: needs stop-components for parts that other tests use",
        ),
    ],
)
def test_a_mistake_is_one_line_before_anything_starts(suite: Suite, text: str, wrong: str) -> None:
    suite.tests(text)
    ran = suite.run()
    assert ran.status == 4
    assert f"ERROR: suite/test_it.py::{wrong}" in ran.output
    assert ran.events == []


def test_parts_of_a_topology_that_shares_nothing_may_be_stopped(suite: Suite) -> None:
    """On a platform that adds no spaces the test is not supported, and no mistake."""
    suite.tests(
        """
        from kubestellar_conformance.story import needs, on_topologies

        @needs("stop-components")
        @on_topologies("two-itses")
        def test_it(arrangement):
            pass
        """
    )
    ran = suite.run()
    assert ran.status == 0, ran.output
    assert list(ran.verdicts.values()) == ["not supported"]


@pytest.mark.usefixtures("adds")
def test_two_modules_of_one_topology_get_spaces_of_different_names(suite: Suite) -> None:
    """The second would else find what the first has left in the data of a space of its name."""
    asks = """
    from kubestellar_conformance.story import on_topologies

    @on_topologies("two-wdses-on-one-its")
    def test_it(arrangement):
        assert arrangement.wds.name.startswith("wds-x")
    """
    for file in ("suite/test_a.py", "suite/test_b.py"):
        suite.tests(asks, file)
    ran = suite.run()
    assert ran.status == 0, ran.output
    added = [event.split()[1] for event in ran.events if event.startswith("add ")]
    assert len(set(added)) == 2, added
