"""The list of known deviations where several things go wrong, or only the clean-up does."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

BOTH = pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
MAKES = """
    @promises("T-1")
    def test_it(wds, names, platform):
        wds.apply({"apiVersion": "v1", "kind": "ConfigMap",
                   "metadata": {"name": names("p"), "namespace": "default"}})
"""
DIES = MAKES + '        platform.component("wds1/transport-controller").die()\n'
ENDED, CRASHED = "ended while starting", "panic: nil map"
"""What the clean-up says if ``FAKE_WITHDRAWAL`` is ``deviates``, and of a part that died."""
OF_ALL = "../*"


def entry(matches: str, test: str = "../test_it.py::test_it", name: str = "KD-1") -> str:
    return f"""
- id: {name}
  tests: ["{test}"]
  promises: [T-1]
  expected: e
  seen: s
  cause: c
  rate: 1/1
  intermittent: {str(test == OF_ALL).lower()}
  matches: {matches!r}
"""


@BOTH
@pytest.mark.parametrize(
    ("entries", "verdict", "status"),
    [
        (entry(ENDED, OF_ALL), "deviates", 1),
        (entry(CRASHED, OF_ALL), "deviates", 1),
        (entry(ENDED, OF_ALL) + entry(CRASHED, OF_ALL, "KD-2"), "known deviation", 0),
        (entry(f"{ENDED}|{CRASHED}"), "known deviation", 0),
    ],
    ids=["the one is known", "the other is known", "by two entries", "by one entry"],
)
def test_each_of_several_errors_of_a_clean_up_must_be_known(
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    entries: str,
    verdict: str,
    status: int,
    processes: tuple[str, ...],
) -> None:
    monkeypatch.setenv("FAKE_WITHDRAWAL", "deviates")
    suite.tests(DIES)
    suite.known(entries)
    ran = suite.run(*processes)
    assert (ran.verdicts["test_it"], ran.status) == (verdict, status)
    for told in (ENDED, CRASHED):
        assert told in ran.tests["test_it"]["message"]


@pytest.mark.parametrize(
    ("second", "verdict", "status"),
    [
        ("Deviation('known thing two')", "known deviation", 0),
        ("Deviation('a new thing')", "deviates", 1),
        ("Broken('known thing two')", "broken", 10),
    ],
)
def test_each_of_several_teardowns_must_be_known(
    suite: Suite, second: str, verdict: str, status: int
) -> None:
    suite.tests(f"""
        @pytest.fixture
        def one():
            yield
            raise Deviation("known thing one")

        @pytest.fixture
        def two():
            yield
            raise {second}

        @promises("T-1")
        def test_it(wds, one, two):
            pass
    """)
    suite.known(entry("^known thing"))
    ran = suite.run()
    assert (ran.verdicts["test_it"], ran.status) == (verdict, status)


@BOTH
def test_what_only_the_clean_up_shows_is_not_fixed(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FAKE_WITHDRAWAL", "deviates")
    suite.tests(MAKES)
    suite.known(entry(ENDED))
    ran = suite.run(*processes)
    assert (ran.verdicts["test_it"], ran.status) == ("known deviation", 0)
    [shown] = [(one["seen"], one["not_seen"]) for one in ran.record["known_deviations"]]
    assert shown == (1, 0)
    assert "1 xfailed" in ran.output
    assert "passed" not in ran.output
    assert {node.tag for node in ran.cases["test_it"]} == {"properties", "skipped"}


@BOTH
def test_a_clean_up_that_shows_something_else_leaves_a_deviation_fixed(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FAKE_WITHDRAWAL", "deviates")
    suite.tests(MAKES)
    suite.known(entry("stays empty") + entry(ENDED, OF_ALL, "KD-2"))
    ran = suite.run(*processes)
    test = ran.tests["test_it"]
    assert (test["verdict"], ran.status) == ("fixed deviation", 1)
    assert test["known_deviation"] == "KD-1"
    assert test["message"].startswith("no longer seen: KD-1 ")
    assert ENDED in test["message"]
    assert test["judged"] == {"T-1": "fixed deviation", "BIND-28": "known deviation"}


@BOTH
def test_a_fixed_deviation_is_one_failure_of_the_body(
    suite: Suite, processes: tuple[str, ...]
) -> None:
    suite.tests(MAKES)
    suite.known(entry("stays empty"))
    ran = suite.run("-v", *processes)
    assert (ran.verdicts["test_it"], ran.status) == ("fixed deviation", 1)
    assert "1 failed" in ran.output
    assert "passed" not in ran.output
    assert "FIXED DEVIATION" in ran.output
    assert "(after it)" not in ran.output
    assert 'tests="1"' in ran.junit.read_text()
    [failure] = [node for node in ran.cases["test_it"] if node.tag == "failure"]
    assert failure.attrib["message"].startswith("no longer seen: KD-1 ")
