"""How much of a platform a run starts: by what its tests could use, and in doubt everything."""

from __future__ import annotations

import re

import pytest

from tests.support.suite import Suite

HOOK = """
    from kubestellar_conformance.plugin.extent import extent_of

    def pytest_collection_finish(session):
        for item in session.items:
            print(f"<{item.name}: {extent_of([item]).value}>")
"""
ON_FLEET = """
    from kubestellar_conformance.story import api_server_alone, needs, on_fleet

    pytestmark = on_fleet(eu={})
    URL = {"http": "url"}

    @pytest.fixture
    def made(make, wds):
        return 1

    @pytest.fixture
    def asks(request, wds):
        return 1

    @pytest.fixture
    def reaches(platform):
        return 1

    @pytest.fixture
    def own(made, tmp_path):
        return 1

    def test_fleet(wds, fleet): ...
    def test_parts(fleet, its, host, widget, controller_manager, transport_controller): ...
    @pytest.mark.parametrize("row", [1])
    def test_row(fleet, own, row, monkeypatch): ...
    @needs("virtual-wecs")
    def test_capability(fleet): ...

    def test_wec1(fleet, wec1): ...
    def test_wecs(fleet, wecs): ...
    def test_part(fleet, part): ...
    def test_system(fleet, system): ...
    def test_platform(fleet, platform): ...
    def test_request(fleet, request): ...
    def test_dynamic_fixture(fleet, asks): ...
    def test_reaching_fixture(fleet, reaches): ...
    @pytest.mark.exclusive
    def test_exclusive(fleet): ...
    @pytest.mark.usefixtures("wec1")
    def test_uses(fleet): ...
    def test_without_fleet(wds, make): ...
    def test_fleets_alone(fleets): ...
    def test_no_platform(tmp_path): ...

    @api_server_alone
    def test_api(wds, made, names): ...
    @api_server_alone
    def test_api_and_fleet(wds, fleet): ...
    @api_server_alone
    def test_api_and_its(wds, its): ...
    @api_server_alone
    def test_api_and_request(wds, request): ...
"""
OWN_WDS = """
    from kubestellar_conformance.story import api_server_alone, own_wds

    pytestmark = [own_wds, api_server_alone]

    def test_own_wds(wds): ...
"""
OVERRIDDEN = """
    from kubestellar_conformance.story import on_fleet

    pytestmark = on_fleet(eu={})

    @pytest.fixture
    def fleet(wds):
        return 1

    def test_other_fleet(fleet): ...
"""
NO_WECS = {"fleet", "parts", "row[1]", "capability", "api_and_fleet"}
ALONE = """
    from kubestellar_conformance.story import api_server_alone

    @api_server_alone
    def test_api(wds): ...
"""


def test_only_what_cannot_reach_the_rest_needs_less(suite: Suite) -> None:
    suite.write("suite/conftest.py", HOOK)
    suite.tests(ON_FLEET, "suite/test_fleet.py")
    suite.tests(OWN_WDS, "suite/test_own.py")
    suite.tests(OVERRIDDEN, "suite/test_overridden.py")
    ran = suite.run("--collect-only", "-s")
    found = dict(re.findall(r"<test_(\S+): (.+)>", ran.output))
    assert len(found) == 23
    assert {name for name, extent in found.items() if extent == "no WECs"} == NO_WECS
    assert {name for name, extent in found.items() if extent == "WDS alone"} == {"api"}


@pytest.mark.parametrize(
    ("options", "other", "up"),
    [
        ([], "", "up WDS alone"),
        (["-n2"], "", "up WDS alone"),
        (["--ks-keep"], "", "up"),
        ([], "def test_all(wds): ...", "up"),
        ([], "def test_unit(): ...", "up"),
        (["-k", "api"], "def test_all(wds): ...", "up WDS alone"),
    ],
)
def test_the_selected_tests_decide_and_a_kept_platform_is_whole(
    suite: Suite, options: list[str], other: str, up: str
) -> None:
    suite.tests(ALONE, "suite/test_a.py")
    suite.tests(other, "suite/test_b.py")
    ran = suite.run(*options)
    try:
        assert [event for event in ran.events if event.startswith("up")] == [up]
    finally:
        if ran.child_lives():
            ran.end_child()


def test_the_mark_takes_no_arguments(suite: Suite) -> None:
    suite.tests(ALONE.replace("@api_server_alone", '@api_server_alone("x")'))
    ran = suite.run()
    assert ran.status == 4
    assert "the mark api_server_alone takes no arguments" in ran.output
