"""A module that says nothing definite of its virtual WECs is refused before anything starts."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

IMPORT = "from kubestellar_conformance.story import on_fleet"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'def test_it(fleet): ""',
            "test_it.py::test_it: uses `fleet`, but its module declares none",
        ),
        (
            f'{IMPORT}\n@on_fleet(eu={{}})\ndef test_it(fleet): ""',
            "test_it.py::test_it: uses `fleet`, but its module declares none",
        ),
        (
            f'{IMPORT}\npytestmark = on_fleet()\ndef test_it(fleet): ""',
            "test_it.py::test_it: a fleet needs at least one member",
        ),
        (
            f'{IMPORT}\npytestmark = on_fleet(EU={{}})\ndef test_it(fleet): ""',
            "test_it.py::test_it: 'EU' cannot name a member of a fleet",
        ),
    ],
)
def test_a_mistake_is_one_line_and_starts_nothing(suite: Suite, text: str, message: str) -> None:
    suite.tests(text)
    ran = suite.run()
    assert ran.status == 4
    assert message in ran.output
    assert ran.events == []


def test_a_platform_without_virtual_wecs_does_not_support_a_fleet(suite: Suite) -> None:
    suite.tests(f"""
        {IMPORT}
        pytestmark = on_fleet(eu={{}}, us={{}})

        def test_of_a_module_s_fleet(fleet):
            ""

        def test_of_its_own_fleet(make):
            make.wecs(eu={{}})

        def test_without_one(wds):
            ""
    """)
    ran = suite.run()
    assert ran.status == 0
    assert ran.verdicts == {
        "test_of_a_module_s_fleet": "not supported",
        "test_of_its_own_fleet": "not supported",
        "test_without_one": "conforms",
    }
    assert "lacks the capability virtual-wecs" in str(ran.tests["test_of_its_own_fleet"])
