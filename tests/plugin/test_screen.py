"""A failure is one screen, a summary line names hop and part, and progress names areas."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.support.suite import Ran, Suite

FAILS = """
    from kubestellar_conformance.story import Make, Space

    def stopped():
        error = Deviation("Deployment x in cluster1: expected to be there within 20 s\\n  STOP  Binding")
        error.where = "stopped at Binding in wds1: wds1/kubestellar-controller-manager"
        return error

    @promises("T-1")
    def test_deviates(wds: Space, wec1: Space, make: Make):
        \"\"\"It arrives.\"\"\"
        with step("Create it"):
            wds.apply(make.config_map("x"))
        with step("It arrives"):
            raise stopped()
"""
BREAKS = """
    @promises("T-2")
    def test_breaks(wds):
        wds.patch("no reference", {})
"""


def screen_of(ran: Ran, test: str) -> list[str]:
    """The lines between the heading of a failure and the next one."""
    lines = ran.output.splitlines()
    begin = next(n for n, line in enumerate(lines) if re.match(rf"_+ .*{test} _+$", line))
    end = next(
        n for n, line in enumerate(lines[begin + 1 :], begin + 1) if line[:3] in ("___", "===")
    )
    return lines[begin + 1 : end]


LONG = (
    "\n    def test_long(wds):\n"
    + "".join(f"        x = {n}\n" for n in range(40))
    + "        assert x == 2\n"
)


@pytest.mark.parametrize("processes", [(), ("-n1",)], ids=["solo", "xdist"])
def test_a_failure_shows_the_story_and_where_to_look(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests(FAILS + BREAKS + LONG)
    ran = suite.run("--ks-slow=2", *processes)
    shown = screen_of(ran, "test_deviates")
    begin = shown.index("    def test_deviates(wds: Space, wec1: Space, make: Make):")
    assert shown[begin + 1 : begin + 12] == [
        '        """It arrives."""',
        '        with step("Create it"):',
        '            wds.apply(make.config_map("x"))',
        '        with step("It arrives"):',
        ">           raise stopped()",
        "E   Deployment x in cluster1: expected to be there within 20 s",
        "E     STOP  Binding",
        "",
        "step      It arrives",
        "at        suite/test_it.py:19",
        shown[begin + 11],
    ]
    facts = dict(line.split(None, 1) for line in shown[begin + 9 :])
    assert (suite.path / facts["evidence"]).is_file()
    again = ["suite/test_it.py::test_deviates", "--ks-platform", "fake", "--ks-slow", "2"]
    assert shlex.split(facts["again"])[-5:] == again
    assert "object at 0x" not in ran.output
    assert "<Space" not in ran.output

    broken = screen_of(ran, "test_breaks")
    assert "E   AttributeError: 'str' object has no attribute 'get'" in broken
    assert any(re.match(r"inside +/.*\.py:\d+$", line) for line in broken)
    assert len(broken) < 15
    [whole] = ran.evidence("test_breaks")["tracebacks"]
    assert whole.startswith("Traceback")
    assert "AttributeError: 'str' object has no attribute 'get'" in whole

    cut = screen_of(ran, "test_long")
    begin = cut.index("    def test_long(wds):")
    assert cut[begin + 1 : begin + 3] == ["        ...", "        x = 17"]
    assert ">       assert x == 2" in cut
    assert "E   assert 39 == 2" in cut

    lines = ran.output.splitlines()
    [begin] = [n for n, line in enumerate(lines) if "short test summary info" in line]
    told = " ".join(line.strip() for line in lines[begin + 1 :])
    assert "DEVIATES suite/test_it.py::test_deviates" in told
    assert "stopped at Binding in wds1: wds1/kubestellar-controller-manager" in told
    assert (
        "BROKEN suite/test_it.py::test_breaks AttributeError: 'str' object has no attribute 'get'"
        in told
    )


LATE = """
    from pathlib import Path

    PATH = "/" + "/".join(["long"] * 100)
    LINES = (f"exited; why: {PATH}/it.log", "  | " + "x" * 300, "  | " + "y" * 400, "z" * 2000)

    @pytest.fixture
    def late():
        yield
        raise Deviation("\\n".join(LINES))

    @promises("T-1")
    def test_late(wds, late):
        Path("run/logs").mkdir()
"""


def test_the_last_failure_of_a_worker_has_the_logs_and_only_long_quotations_are_cut(
    suite: Suite,
) -> None:
    suite.tests(LATE)
    shown = screen_of(suite.run("-n1"), "test_late")
    facts = dict(line.split(None, 1) for line in shown if re.match(r"[a-z]+ +\S", line))
    assert facts["logs"] == "run/logs"
    said = [line.removeprefix("E   ") for line in shown if line.startswith("E ")]
    assert said[0].endswith("/long/it.log")
    assert said[1] == "  | " + "x" * 300
    assert said[2] == "  | " + "y" * 256 + "... (144 more characters)"
    assert said[3] == "z" * 1200 + "... (800 more characters)"


def test_pytest_s_own_view_is_given_when_asked_for(suite: Suite) -> None:
    suite.tests(FAILS)
    output = suite.run("--tb=long").output
    assert "errors.Deviation: Deployment x" in output
    assert "again  " not in output


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_progress_names_areas_and_counts(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests("def test_a(wds):\n    pass\n\ndef test_b(wds):\n    pytest.skip('x')\n")
    suite.tests("def test_c(wds):\n    pass\n", "suite/binding/test_c.py")
    suite.tests("def test_d(wds):\n    assert 0\n", "suite/binding/test_d.py")
    ran = suite.run(*processes)
    lines = [line for line in ran.output.splitlines() if re.match(r" *\d+ s +\d of 4  ", line)]
    assert lines[-1].split("of 4")[0].split()[-1] == "4"
    letters = re.findall(r"(binding|test_it\.py) ([.sxn]+)", "\n".join(lines))
    assert sorted("".join(found for area, found in letters if area == "binding")) == ["."]
    assert sorted("".join(found for area, found in letters if area != "binding")) == [".", "s"]
    assert sum(line.endswith("F suite/binding/test_d.py::test_d") for line in lines) == 1
    assert ran.output.count("F deviates") == 1
    assert "[100%]" not in ran.output


CRASHES_AGAIN = """
    @promises("T-1")
    def test_crashes(platform, wds):
        part = platform.component("wds1/transport-controller")
        part.die()
        raise platform.system.abort()
"""


@pytest.mark.parametrize("processes", [(), ("-n1",)], ids=["solo", "xdist"])
def test_a_clean_up_that_fails_of_the_same_crash_is_a_line_on_the_screen_of_its_test(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FAKE_START", "crashes")  # so the part cannot be put back
    suite.tests(CRASHES_AGAIN)
    ran = suite.run(*processes)
    headings = [
        line for line in ran.output.splitlines() if re.match(r"_+ .*test_crashes _+$", line)
    ]
    assert len(headings) == 1
    shown = screen_of(ran, "test_crashes")
    [after] = [line for line in shown if line.startswith("after it")]
    assert "wds1/transport-controller" in after
    assert "exited unexpectedly (now exited): panic: nil map" in after
    assert sum("panic: nil map" in line for line in shown) == 2
    assert re.search(r"^=+ 1 failed[, ]", ran.output, re.M)
    assert ran.status == 1
    assert "expected all parts to run again" in ran.tests["test_crashes"]["message"]
    [failed] = ran.cases["test_crashes"].findall("failure")
    assert "panic: nil map" in failed.attrib["message"] + (failed.text or "")


def test_a_clean_up_that_has_more_to_say_keeps_a_screen_of_its_own(suite: Suite) -> None:
    suite.tests("""
        @pytest.fixture
        def more():
            yield
            raise Deviation("after the test, while x was withdrawn: y\\npath:\\n  STOP  Binding")

        @promises("T-1")
        def test_both(wds, more):
            raise Deviation("not so")
    """)
    ran = suite.run()
    assert len(re.findall(r"^_+ .*test_both _+$", ran.output, re.M)) == 2
    assert "E     STOP  Binding" in ran.output


LONG_IDS = """
    HALF = "an_id_that_no_terminal_shows_in_one_line_" * 3

    @promises("T-1")
    @pytest.mark.parametrize("row", [0], ids=[HALF + HALF])
    def test_deviates(wds, row):
        error = Deviation("x")
        error.where = "stopped at Binding in wds1: " + "wds1/kubestellar-controller-manager " * 4
        raise error

    @pytest.mark.parametrize("row", [0], ids=[HALF + "and a blank " + HALF])
    def test_breaks(wds, row):
        raise ValueError(HALF)
"""


def test_the_end_fits_a_terminal_of_100_columns(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.tests(LONG_IDS)
    monkeypatch.setenv("COLUMNS", "100")
    lines = suite.run().output.rstrip().splitlines()
    begin = next(n for n, line in enumerate(lines) if "KubeStellar conformance" in line)
    ending = lines[begin : next(n for n, line in enumerate(lines) if " failed, " in line) + 1]
    assert [
        line for line in [*ending, *(x for x in lines if "BROKEN in" in x)] if len(line) > 100
    ] == []
    assert "record             run/report/run.json" in ending
    assert "site               made by: ks-conformance report run/report/run.json" in ending
    told = ending[next(n for n, line in enumerate(ending) if "short test summary" in line) + 1 :]
    assert told[0].startswith("DEVIATES suite/test_it.py::test_deviates[an_id")
    assert told[0].endswith("_in_one_line_]")
    assert "..." in told[0]
    assert " ".join(line.strip() for line in told[1:4]) == (
        "stopped at Binding in wds1: " + " ".join(["wds1/kubestellar-controller-manager"] * 4)
    )
