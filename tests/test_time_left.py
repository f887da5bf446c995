"""Estimates of the time that work takes."""

from __future__ import annotations

import pytest

from kubestellar_conformance.time_left import ExpectedTime, about, estimate, expected


def test_an_unknown_piece_counts_with_the_median_and_nothing_known_gives_no_estimate() -> None:
    past = {"a": 1.0, "b": 5.0, "c": 90.0}
    assert estimate(["a", "c", "new"], past) == 96.0
    assert estimate([], past) == 0.0
    assert estimate(["a"], {}) is None


def test_a_piece_that_takes_longer_than_expected_does_not_eat_into_the_others() -> None:
    found = expected(["a", "b", "new"], {"a": 10.0, "b": 20.0})
    assert found == ExpectedTime(piece=10.0, rest=35.0)
    assert [found.left(elapsed) for elapsed in (0.0, 4.0, 99.0)] == [45.0, 41.0, 35.0]
    assert expected(["a"], {}) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a few seconds"),
        (9.9, "a few seconds"),
        (10.0, "about 10 s"),
        (94.9, "about 90 s"),
        (95.0, "about 2 min"),
        (190.0, "about 3 min"),
        (3590.0, "about 1 h 0 min"),
        (4500.0, "about 1 h 15 min"),
    ],
)
def test_words_are_no_more_precise_than_an_estimate(seconds: float, words: str) -> None:
    assert about(seconds) == words
