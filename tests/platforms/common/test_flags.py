"""Flags of a command line that are replaced."""

from __future__ import annotations

import pytest

from kubestellar_conformance.platforms.common.flags import with_flags


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["--a=1", "--max-num-wrapped=1", "--b"], ["--a=1", "--b", "--max-num-wrapped=2"]),
        (["--max-num-wrapped", "1", "rest"], ["rest", "--max-num-wrapped=2"]),
        (["--max-num-wrapped", "--b", "1"], ["--b", "1", "--max-num-wrapped=2"]),
        (["--max-num-wrapped-more=1"], ["--max-num-wrapped-more=1", "--max-num-wrapped=2"]),
        ([], ["--max-num-wrapped=2"]),
    ],
)
def test_a_flag_is_replaced_however_it_was_given(before: list[str], after: list[str]) -> None:
    assert with_flags(before, {"max_num_wrapped": "2"}) == after


def test_no_flags_change_nothing() -> None:
    assert with_flags(["--a", "b", "--c=d"], {}) == ["--a", "b", "--c=d"]
