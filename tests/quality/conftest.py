"""Tests here plant bugs that break invariants, which other tests are held to."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _runs_keep_the_invariants() -> None:
    """In place of the fixture of all tests: here runs break invariants on purpose."""
