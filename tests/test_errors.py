"""How errors are worded."""

from __future__ import annotations

import errno

import pytest

from kubestellar_conformance.errors import UserError, plainly


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/run/x"),
            "/run/x: No space left on device",
        ),
        (OSError(errno.ENOLCK, "No locks available"), "No locks available"),
        (OSError("a library's own words"), "a library's own words"),
        (UserError("give another"), "give another"),
        (KeyError(), "KeyError"),
    ],
)
def test_an_error_is_what_and_why_without_its_number(error: Exception, said: str) -> None:
    assert plainly(error) == said
