"""Read a section as the program reads it, and say what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.settings import Settings, SettingsError, load_settings
from tests.components.world import deploy


def load(section: str, parts: dict[str, Any]) -> Settings:
    """The settings of a stack with one section."""
    loaded: list[Settings] = []
    deploy(lambda: loaded.append(load_settings()), config={f"delivery-lab:{section}": json.dumps(parts)}, stack="mine")
    return loaded[0]


def problems(section: str, parts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Key below the section, message and fix of everything that is wrong with it."""
    with pytest.raises(SettingsError) as caught:
        load(section, parts)
    prefix = f"delivery-lab:{section}."
    return [(problem.key.removeprefix(prefix), problem.message, problem.fix) for problem in caught.value.problems]
