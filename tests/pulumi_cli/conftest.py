"""A copy of the project for each test, and one emulator and one provider for all tests of a process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery_lab.live import emulator as emulators
from delivery_lab.live.emulator import Emulator
from tests.live.support import emulator_python, require
from tests.pulumi_cli.support import CLI, Project, everything, running_provider


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A running emulator."""
    require(CLI / "pulumi", "make pulumi")
    with emulators.running(emulator_python()) as running:
        yield running


@pytest.fixture(scope="session")
def provider(emulator: Emulator) -> Iterator[int]:
    """The port of a running provider: most of a short command is its start."""
    with running_provider() as port:
        yield port


@contextlib.contextmanager
def leaving_nothing(emulator: Emulator) -> Iterator[None]:
    """A test has to leave the emulator as it found it: empty."""
    yield
    left = everything(emulator)
    emulator.reset()
    assert left == {}


@pytest.fixture
def project(emulator: Emulator, provider: int, tmp_path: Path) -> Iterator[Project]:
    """A copy of the project, with the provider that runs already."""
    with leaving_nothing(emulator):
        yield Project.copy(tmp_path, emulator, provider)


@pytest.fixture
def own_project(provider: int, tmp_path: Path) -> Iterator[Project]:
    """A copy of the project with an emulator of its own: functions that run may go on after the test."""
    with emulators.running(emulator_python()) as emulator:
        yield Project.copy(tmp_path, emulator, provider)


@pytest.fixture
def user_project(emulator: Emulator, tmp_path: Path) -> Iterator[Project]:
    """A copy of the project as users have it: the engine starts the provider."""
    with leaving_nothing(emulator):
        yield Project.copy(tmp_path, emulator)


@pytest.fixture
def program(emulator: Emulator, provider: int, tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """Makes a project of one program; as `project` otherwise."""
    with leaving_nothing(emulator):
        yield lambda text: Project.of_program(tmp_path, emulator, text, provider)
