"""A word that does not exist is one line and exit status 4, before anything starts."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.platforms import Capability
from kubestellar_conformance.plugin.capabilities import demand
from tests.support.fake_platform import FakePlatform
from tests.support.suite import Suite

STORY = "def test_it(wds):\n    pass\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '@pytest.mark.capability("stop-component")\n' + STORY,
            "suite/test_it.py::test_it: unknown capability 'stop-component': use one of "
            "stop-components, ",
        ),
        (
            'from kubestellar_conformance.story import needs\npytestmark = needs("teleport")\n'
            + STORY,
            "unknown capability 'teleport'",
        ),
        ("@pytest.mark.capability\n" + STORY, "the mark capability takes one or more names"),
        (
            "@pytest.mark.exclusiv\n" + STORY,
            "ERROR: suite/test_it.py:5: unknown mark 'exclusiv': use one of api_server_alone, capability, ",
        ),
        ("@pytest.mark.exclusive(1)\n" + STORY, "the mark exclusive takes no arguments"),
        ("@promises()\n" + STORY, "the mark promises takes one or more names"),
        (
            STORY.replace("pass", 'wds.eventually(x, within="soon")'),
            "suite/test_it.py:6: unknown time contract 'soon': use one of binding, ",
        ),
        (
            STORY.replace("pass", 'wds.stays(x, quiet="long")'),
            "unknown time contract 'long'",
        ),
        (
            "from kubestellar_conformance.story import on_topologies\n"
            '@on_topologies("two-itss")\ndef test_it(arrangement):\n    pass\n',
            "unknown topology 'two-itss': use one of as-documented, ",
        ),
        (
            "from kubestellar_conformance.story import on_topologies\n"
            '@on_topologies(promises={"two-itss": "T-1"})\ndef test_it(arrangement):\n    pass\n',
            "unknown topology 'two-itss'",
        ),
    ],
)
def test_an_unknown_word_is_refused(suite: Suite, text: str, said: str) -> None:
    suite.tests(text)
    ran = suite.run()
    assert ran.status == 4
    assert said in ran.output
    assert ran.events == []


@pytest.mark.parametrize(
    ("mark", "said"),
    [('capability("stop-component")', "unknown capability 'stop-component'"), ("no", "mark 'no'")],
)
def test_an_unknown_word_is_refused_by_workers_too(suite: Suite, mark: str, said: str) -> None:
    suite.tests(f"@pytest.mark.{mark}\n{STORY}")
    ran = suite.run("-n2")
    assert ran.status == 4
    assert ran.output.count(said) == 1
    assert ran.events == []


def test_a_doctest_in_a_file_that_is_not_python_has_neither_steps_nor_contracts(
    suite: Suite,
) -> None:
    suite.tests(STORY)
    suite.write("suite/notes.txt", "In words, not in Python:\n\n    >>> 1 + 1\n    2\n")
    ran = suite.run("--doctest-glob=*.txt")
    assert ran.status == 0, ran.output
    assert ran.verdicts == {"notes.txt": "conforms", "test_it": "conforms"}


def test_mistakes_of_a_policy_are_one_line_and_a_missing_promise_is_named(suite: Suite) -> None:
    suite.tests("def test_it(wds, make):\n    make.policy(make.config_map(), createonly=True)\n")
    ran = suite.run()
    [line] = [line for line in ran.output.splitlines() if line.startswith("suite/test_it.py:6:")]
    assert "unknown field 'createonly' of a downsync clause; the fields are: apiGroup, " in line
    assert "Traceback" not in ran.output
    [row] = [line for line in ran.output.splitlines() if line.startswith("no promise ")]
    assert row.endswith("suite/test_it.py::test_it")


def test_a_capability_that_the_platform_must_have_is_broken_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = FakePlatform.__new__(FakePlatform)
    with pytest.raises(NotSupported, match="platform fake lacks the capability core-chart"):
        demand(platform, "stop-components", "core-chart")
    monkeypatch.setattr(FakePlatform, "name", "kind")
    said = "platform kind lacks the capability core-chart, but must have it .add spaces by"
    with pytest.raises(Broken, match=said):
        demand(platform, Capability.CORE_CHART)
    [lacks] = [one for one in platform.abilities()["lacks"] if one["name"] == "core-chart"]
    assert lacks["must_have"] is True


NAMED = """
    from kubestellar_conformance.story import Make, Names, Space

    @promises("T-1")
    def test_shared(wds: Space):
        wds.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "everybodys"}})

    @promises("T-2")
    def test_own(wds: Space, names: Names):
        name = names("config")
        wds.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})

    @pytest.mark.exclusive
    @promises("T-3")
    def test_alone(wds: Space):
        wds.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}})
"""


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_names_that_another_test_may_use_are_told(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(NAMED)
    ran = suite.run(*processes)
    assert ran.status == 0, ran.output
    said = " ".join(ran.output.split())
    assert "names not the test's own, so another test may meet them (take make.name(...)): " in said
    assert "suite/test_it.py::test_shared (ConfigMap default/everybodys)" in said
    assert "test_own (" not in said
    assert "test_alone (" not in said
    assert {name: test["shared_names"] for name, test in ran.tests.items()} == {
        "test_shared": ["ConfigMap default/everybodys"],
        "test_own": [],
        "test_alone": [],
    }
