"""A selection that is wrong or empty says what matched nothing, under xdist too."""

from __future__ import annotations

import pytest

from tests.support.suite import Suite

STORY = "def test_it(wds):\n    pass\n"


@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
@pytest.mark.parametrize(
    ("selection", "said", "status"),
    [
        (["suite/no_such.py"], "not found: suite/no_such.py", 4),
        (["suite/loop"], "not found: suite/loop", 4),
        (["suite/test_it.py::test_other"], "suite/test_it.py::test_other", 4),
        (["suite/test_it.py", "suite/test_b.py::test_no"], "suite/test_b.py::test_no", 4),
        (["-k", "unheard"], "ERROR: no test in suite matches -k 'unheard': nothing was run", 5),
        (["suite/test_it.py", "-m", "exclusive"], "suite/test_it.py matches -m 'exclusive'", 5),
    ],
    ids=["path", "circular link", "id", "one of two", "word", "mark"],
)
def test_what_matched_nothing_is_named(
    suite: Suite, processes: tuple[str, ...], selection: list[str], said: str, status: int
) -> None:
    suite.tests(STORY)
    suite.tests(STORY, "suite/test_b.py")
    (suite.path / "suite" / "loop").symlink_to("loop")
    ran = suite.run(*processes, *selection)
    assert said in " ".join(ran.output.split())
    assert ran.status == status
    assert "Traceback" not in ran.output
