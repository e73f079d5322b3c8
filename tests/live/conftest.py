"""An emulator for the tests that need one: the same for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery_lab import own_folders
from delivery_lab.live import emulator as emulators
from delivery_lab.live.emulator import Emulator
from delivery_lab.live.provider.cloud import Cloud, ProviderSettings
from delivery_lab.live.provider.creator import Creator, ResourceState
from tests.live.support import emulator_python

Make = Callable[..., ResourceState]


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A running emulator."""
    with emulators.running(emulator_python()) as running:
        yield running


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, where nothing may be left."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    # The emulator that other tests share lies in a folder of this process elsewhere, and new ones would lie beside it.
    monkeypatch.setattr(own_folders, "_roots", {})
    return tmp_path


@pytest.fixture
def creator(emulator: Emulator) -> Creator:
    """A creator of resources in the emulator."""
    return Creator(Cloud(ProviderSettings("us-east-1", dict.fromkeys(emulators.ENDPOINTS, emulator.url))))


@pytest.fixture
def make(creator: Creator) -> Iterator[Make]:
    """Checks and creates a resource, as the engine does, and deletes it at the end of the test."""
    made: list[tuple[str, ResourceState]] = []

    def make(token: str, logical_name: str = "it", /, **inputs: Any) -> ResourceState:
        checked = creator.check(token, logical_name, {}, inputs)
        assert checked.failures == ()
        found = creator.create(token, checked.inputs)
        made.append((token, found))
        return found

    yield make
    for token, found in reversed(made):
        creator.delete(token, found.id, {**found.inputs, **found.outputs})
