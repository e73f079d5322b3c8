"""A copy of the project for each test, and one emulator for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery_lab.live import emulator as emulators
from delivery_lab.live.emulator import Emulator
from tests.live.support import emulator_python, require
from tests.pulumi_cli.support import CLI, Project, everything


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A running emulator."""
    require(CLI / "pulumi", "make pulumi")
    with emulators.running(emulator_python()) as running:
        yield running


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> Iterator[Project]:
    """A copy of the project. The test has to leave the emulator as it found it: empty."""
    yield Project.copy(tmp_path, emulator)
    left = everything(emulator)
    emulator.reset()
    assert left == {}


@pytest.fixture
def program(emulator: Emulator, tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """Makes a project of one program; as `project` otherwise."""
    yield lambda text: Project.of_program(tmp_path, emulator, text)
    left = everything(emulator)
    emulator.reset()
    assert left == {}
