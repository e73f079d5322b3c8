"""Fixtures of the tests of real handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.handlers.world import World, WorldMaker


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with the usual settings."""
    return World(tmp_path)


@pytest.fixture
def make_world(tmp_path: Path) -> WorldMaker:
    """Makes worlds with other settings in the test's folder."""

    def make(**settings: Any) -> World:
        return World(tmp_path, **settings)

    return make
