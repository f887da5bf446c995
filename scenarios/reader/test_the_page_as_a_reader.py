"""The example-scenarios page, followed as a reader does: its shell blocks, as they stand."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Reader, case, promises


@pytest.mark.parametrize(
    "scenario",
    [
        case("scenario 0", "Scenario 0", promises="READER-00"),
        case("scenario 1", "Scenario 1", promises="READER-01"),
        case("scenario 2", "Scenario 2", promises="READER-02"),
        case("scenario 3", "Scenario 3", promises="READER-03"),
        case("scenario 4", "Scenario 4", promises="READER-04"),
        case("scenario 5", "Scenario 5", promises="READER-05"),
        case("scenario 6", "Scenario 6", promises="READER-06"),
    ],
)
def test_the_page_s_blocks_do_as_the_page_says(reader: Reader, scenario: str) -> None:
    """A reader runs the blocks in one shell, and sees after each what the page says."""
    reader.follow(scenario)


@promises("READER-07")
def test_the_page_has_the_scenarios_that_are_followed(reader: Reader) -> None:
    """A scenario that the page gains or loses shows, although no test asks for it."""
    assert reader.unplanned() == []
