"""What the tests of the model share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from delivery_lab.results.invariants import violations
from tests.model.support import WORLDS


@pytest.fixture(autouse=True)
def _worlds_keep_the_invariants() -> Iterator[None]:
    """What must hold in every run holds in every world that a test makes."""
    WORLDS.clear()
    yield
    broken = [str(violation) for world in WORLDS for violation in violations(world.history())]
    WORLDS.clear()
    assert broken == []
