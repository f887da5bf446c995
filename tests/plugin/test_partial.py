"""A run in which tests did not run says so and which, in whatever way they were kept from it."""

from __future__ import annotations

import pytest

from tests.support.suite import Ran, Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
ONE = "\n    @promises('T-1')\n    def test_{name}(wds):\n        pass\n"


@pytest.fixture
def whole(suite: Suite) -> Suite:
    """Two files, one of them in a folder, of which nothing is left out."""
    suite.tests(ONE.format(name="here") + ONE.format(name="beside_it"))
    suite.tests(ONE.format(name="there"), name="suite/deep/test_there.py")
    return suite


def _why(ran: Ran) -> str:
    assert ran.status == 0, ran.output
    assert ran.record["complete"] is False
    assert "PARTIAL RUN" in ran.output
    return "; ".join(ran.record["selection"]["why_partial"])


@BOTH
def test_the_whole_is_complete(whole: Suite, processes: tuple[str, ...]) -> None:
    assert whole.run(*processes).record["complete"] is True


@BOTH
@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan"])
def test_what_is_only_set_up_is_not_run(
    whole: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...], option: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", option)
    ran = whole.run(*processes)
    why = _why(ran)
    assert option in why
    assert "3 collected tests did not run: suite/deep/test_there.py::test_there, " in why
    assert set(ran.verdicts.values()) == {"not run"}
    states = {promise["state"] for promise in ran.record["promises"]}
    assert states == {"not run", "no check yet"}  # T-3 has no test
    assert ran.tests["test_there"]["message"] == "it was set up but not run"


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        (
            "suite/deep/test_there.py",
            "import pytest\npytest.skip('later', allow_module_level=True)\n",
            "test_there",
        ),
        (
            "suite/deep/test_there.py",
            "import pytest\npytest.importorskip('no_such_module')\n",
            "test_there",
        ),
        ("suite/conftest.py", "collect_ignore = ['deep/test_there.py']\n", "test_there"),
        ("suite/test_helpers.py", "def helps():\n    pass\n", "../test_helpers"),
    ],
    ids=["skip", "importorskip", "collect_ignore", "empty"],
)
def test_a_file_of_which_nothing_is_collected_is_named(
    whole: Suite, file: str, text: str, name: str
) -> None:
    whole.write(file, text)
    named = f"suite/deep/{name}.py".replace("deep/../", "")
    assert f"nothing was collected in {named}" in _why(whole.run())


@BOTH
@pytest.mark.parametrize(
    ("ini", "why"),
    [
        ("norecursedirs=deep", "nothing was collected in suite/deep/test_there.py"),
        ("python_functions=test_here test_there", "-o python_functions=test_here test_there"),
    ],
)
def test_settings_that_narrow_are_named(
    whole: Suite, processes: tuple[str, ...], ini: str, why: str
) -> None:
    assert why in _why(whole.run("-o", ini, *processes))


def test_settings_of_another_file_are_named(whole: Suite) -> None:
    own = (whole.path / "pytest.ini").read_text()
    whole.write("other.ini", own + "python_classes = Probe\n")
    assert "-o python_classes=Probe" in _why(whole.run("-c", "other.ini"))


@BOTH
def test_tests_that_a_plugin_takes_out_silently_are_counted(
    whole: Suite, processes: tuple[str, ...]
) -> None:
    whole.write(
        "suite/conftest.py",
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if item.name != "test_beside_it"]
        """,
    )
    assert "1 test deselected" in _why(whole.run(*processes))


@BOTH
def test_tests_that_are_skipped_did_not_run(whole: Suite, processes: tuple[str, ...]) -> None:
    whole.write(
        "suite/conftest.py",
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.skip(reason="not today"))
        """,
    )
    ran = whole.run(*processes)
    assert "3 collected tests did not run: suite/deep/test_there.py::test_there, " in _why(ran)
    assert ran.tests["test_there"]["message"] == "not today"


def test_what_the_platform_cannot_carry_is_a_whole_run(whole: Suite) -> None:
    whole.tests("    @pytest.mark.capability('core-chart')" + ONE.format(name="far"))
    ran = whole.run()
    assert ran.verdicts["test_far"] == "not supported"
    assert ran.record["complete"] is True
