"""What a run says of promises that stand on steps and rows, and of a clean-up that fails."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])


def _states(record: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {row["id"]: row["state"] for row in record["promises"]}


@BOTH
def test_the_step_that_fails_is_blamed(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(
        """
        def test_story(wds):
            with step("first", promise="T-1"):
                pass
            with step("second", promise="T-2"):
                raise Deviation("it is not so")
            with step("third", promises=["T-3"]):
                pass
        """
    )
    ran = suite.run(*processes)
    assert ran.status == 1
    states = _states(ran.record)
    assert states["T-1"] == "holds"
    assert states["T-2"] == "does not hold"
    assert states["T-3"] == "not run"
    test = ran.tests["test_story"]
    assert test["promises"] == ["T-1", "T-2", "T-3"]
    assert test["judged"] == {"T-1": "conforms", "T-2": "deviates", "T-3": "not run"}
    assert test["steps"][1]["promises"] == ["T-2"]
    why = next(row["why"] for row in ran.record["promises"] if row["id"] == "T-3")
    assert "not reached: it is not so" in why


def test_a_failure_outside_of_promised_steps_blames_the_test_s_own(suite: Suite) -> None:
    suite.tests(
        """
        @promises("T-1", "T-3")
        def test_story(wds):
            with step("first", promise="T-2"):
                pass
            with step("second", promise="T-3"):
                pass
            raise Deviation("it is not so")
        """
    )
    states = _states(suite.run().record)
    assert states == {"T-1": "does not hold", "T-2": "holds", "T-3": "holds"} | {
        name: state for name, state in states.items() if not name.startswith("T-")
    }


@BOTH
def test_a_step_that_fails_never_keeps_its_promise(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests(
        """
        @pytest.fixture
        def checked_after():
            yield
            with step("after", promise="T-1"):
                raise Deviation("not so after the test")

        @promises("T-2")
        def test_after(wds, checked_after):
            pass

        def test_catches(wds):
            with pytest.raises(Deviation), step("caught", promise="T-1"):
                raise Deviation("not so")

        @promises("T-2")
        def test_catches_and_fails(wds):
            with pytest.raises(Deviation), step("caught", promise="T-1"):
                raise Deviation("not so")
            raise Deviation("something else")
        """
    )
    ran = suite.run(*processes)
    assert {name: test["judged"] for name, test in ran.tests.items()} == {
        "test_after": {"T-1": "deviates", "T-2": "conforms"},
        "test_catches": {"T-1": "not run"},
        "test_catches_and_fails": {"T-1": "not run", "T-2": "deviates"},
    }
    [screen] = [text for text in ran.output.split("____ ") if "E   something else" in text]
    assert "step      caught" not in screen


def test_a_row_is_judged_alone(suite: Suite) -> None:
    suite.tests(
        """
        from kubestellar_conformance.story import case

        @pytest.mark.parametrize("fails", [
            case("one that holds", False, promises="T-1"),
            case("one that does not", True, promises=("T-2", "T-3")),
        ])
        def test_rows(wds, fails):
            if fails:
                raise Deviation("it is not so")
        """
    )
    ran = suite.run()
    states = _states(ran.record)
    assert (states["T-1"], states["T-2"], states["T-3"]) == (
        "holds",
        "does not hold",
        "does not hold",
    )
    assert "test_rows[one that holds]" in ran.tests


@pytest.mark.parametrize(
    "text",
    [
        'def test_step(wds):\n    with step("x", promise="T-9"):\n        pass\n',
        "from kubestellar_conformance.story import case\n"
        '@pytest.mark.parametrize("x", [case("a row", 1, promises="T-9")])\n'
        "def test_row(wds, x):\n    pass\n",
    ],
    ids=["step", "row"],
)
@BOTH
def test_an_unknown_promise_is_found_before_anything_starts(
    suite: Suite, text: str, processes: tuple[str, ...]
) -> None:
    suite.tests(text)
    ran = suite.run(*processes)
    assert ran.status == 4
    assert "unknown promise 'T-9'" in ran.output
    assert ran.events == []


@pytest.mark.parametrize("known", [False, True])
def test_what_is_not_withdrawn_is_blamed_on_the_withdrawal(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    promises = "- {id: T-1, requirement: r, source: s, check: c, upstream: none, rig: A}\n"
    if known:  # that the catalogue has the promise of a withdrawal
        promises += promises.replace("T-1", "BIND-28")
    suite.write("suite/promises/t.yaml", promises)
    monkeypatch.setenv("FAKE_WITHDRAWAL", "deviates")
    suite.tests(
        """
        @promises("T-1")
        def test_story(wds, names):
            wds.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": names("x")}})
        """
    )
    ran = suite.run()
    assert ran.status == 1
    test = ran.tests["test_story"]
    assert test["verdict"] == "deviates"
    assert "after the test, while ConfigMap" in test["message"]
    states = _states(ran.record)
    assert states["T-1"] == "holds"
    if known:
        assert states["BIND-28"] == "does not hold"


def test_a_part_that_breaks_after_the_test_says_nothing_of_the_story(suite: Suite) -> None:
    suite.tests(
        """
        @pytest.fixture
        def bad_end():
            yield
            raise OSError("no space left")

        @promises("T-1")
        def test_story(wds, bad_end):
            pass
        """
    )
    ran = suite.run()
    assert ran.status == 10
    assert _states(ran.record)["T-1"] == "holds"


def test_a_mistake_of_an_author_is_one_line(suite: Suite) -> None:
    suite.tests(
        """
        from kubestellar_conformance.story import binding_policy

        @promises("T-1")
        def test_story(wds):
            binding_policy("p", clusters={}, createonly=True)
        """
    )
    ran = suite.run()
    assert ran.status == 10
    assert ran.tests["test_story"]["verdict"] == "broken"
    lines = [line for line in ran.output.splitlines() if "unknown field 'createonly'" in line]
    assert any(line.startswith("suite/test_it.py:10: unknown field") for line in lines)
    assert "binding_policy(" not in ran.output
