"""``@promises("SCEN-1-01", ...)``: the promises that a check is about."""

from __future__ import annotations

import pytest

promises = pytest.mark.promises
"""Decorator of a scenario: the ids, in the catalogue, of the promises that it checks."""
