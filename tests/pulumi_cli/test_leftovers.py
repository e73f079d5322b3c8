"""What runs and what lies about once a command of the CLI has ended, however it ends: nothing."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery_lab.live import emulator as emulators
from delivery_lab.live.emulator import Emulator
from tests.live.support import emulator_python, processes_with_argument
from tests.pulumi_cli.conftest import leaving_nothing
from tests.pulumi_cli.support import COMMAND_SECONDS, Project, everything

pytestmark = pytest.mark.engine

END_SECONDS = COMMAND_SECONDS
"""After which a process that should have ended is one that was left."""

WAITING = """
import os
import pathlib

import pulumi
from pulumi_aws import sqs

def wait(url):
    folder = pathlib.Path(os.environ["DELIVERY_LAB_TEST_MEETING"])
    with (folder / "reached").open("w"):
        pass
    with (folder / "go").open() as go:
        go.readline()
    return sqs.Queue("second").url

first = sqs.Queue("first")
if os.environ.get("DELIVERY_LAB_TEST_MEETING"):
    pulumi.export("second", first.url.apply(wait))
"""
"""A program that, in the middle of a deployment, says that it is there and waits to be told to go on."""


def running(project: Project) -> dict[int, str]:
    """Processes with the environment of the project's commands: the CLI and all that it started, by their id."""
    mark = f"TMPDIR={project.environment['TMPDIR']}".encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process may end while it is looked at.
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def left_running(project: Project) -> dict[int, str]:
    """Processes of the project that have not ended after a while."""
    for process in running(project):
        with contextlib.suppress(ProcessLookupError):
            watching = os.pidfd_open(process)
            select.select([watching], [], [], END_SECONDS)
            os.close(watching)
    return running(project)


def locks(project: Project) -> list[Path]:
    """Locks of stacks in the state."""
    return sorted((project.folder.parent / "state").glob(".pulumi/locks/**/*.json"))


def lying_about(project: Project) -> list[str]:
    """Temporary files, and what is new in the project's folder."""
    own = {".venv", "Pulumi.yaml", "__main__.py", "components", "stacks"}
    temporary = [path.name for path in Path(project.environment["TMPDIR"]).iterdir()]
    return sorted([*temporary, *({path.name for path in project.folder.iterdir()} - own)])


@pytest.fixture
def waiting(emulator: Emulator, tmp_path: Path) -> Iterator[Project]:
    """The program that waits; the engine starts the provider, as it does for users."""
    with leaving_nothing(emulator):
        yield Project.of_program(tmp_path, emulator, WAITING)


@contextlib.contextmanager
def in_the_middle(project: Project) -> Iterator[subprocess.Popen[str]]:
    """A deployment that has created the first queue. At the end of the block it may go on, if it still runs."""
    meeting = project.folder.parent / "meeting"
    meeting.mkdir()
    for name in ("reached", "go"):
        os.mkfifo(meeting / name)
    with project.started("up", "--yes", "--skip-preview", DELIVERY_LAB_TEST_MEETING=str(meeting)) as process:
        with (meeting / "reached").open():
            pass
        yield process
        # Open for both, so that it does not wait for a program that may have ended.
        going_on = os.open(meeting / "go", os.O_RDWR)
        os.write(going_on, b"\n")
        process.communicate(timeout=END_SECONDS)
        os.close(going_on)
    for path in meeting.iterdir():
        path.unlink()
    meeting.rmdir()


def test_nothing_is_left_of_a_deployment_that_succeeds(waiting: Project) -> None:
    with in_the_middle(waiting) as process:
        assert len(running(waiting)) >= 4, "the CLI, the language host, the program and the provider"
    assert process.returncode == 0
    waiting.destroy()
    assert (left_running(waiting), lying_about(waiting), locks(waiting)) == ({}, [], [])


def test_nothing_is_left_of_a_deployment_that_fails(waiting: Project) -> None:
    waiting.write(WAITING.replace('sqs.Queue("first")', 'sqs.Queue("first", delay_seconds=901)'))
    waiting.up(fails=True)
    assert (left_running(waiting), lying_about(waiting), locks(waiting)) == ({}, [], [])
    waiting.destroy()


def test_nothing_is_left_after_ctrl_c(waiting: Project) -> None:
    with in_the_middle(waiting) as process:
        # A terminal sends it to all processes of the group.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(END_SECONDS)
    assert process.returncode != 0
    assert (left_running(waiting), lying_about(waiting), locks(waiting)) == ({}, [], [])

    # What was created is known, and the next deployment goes on from there.
    [first] = everything(waiting.emulator)["queues"]
    waiting.up()
    assert waiting.resource("first")["id"] == first
    waiting.destroy()


def test_what_changes_while_an_update_runs_is_for_the_next_one(waiting: Project) -> None:
    waiting.write(
        WAITING.replace('sqs.Queue("second")', 'sqs.Queue("second", delay_seconds=delay)').replace(
            "def wait", 'delay = pulumi.Config().require_int("delay")\n\ndef wait'
        )
    )
    waiting.run("config", "set", "delay", "1")
    with in_the_middle(waiting) as process:
        # A second update is refused, and the first one goes on with what it has read.
        assert "the stack is currently locked by 1 lock" in waiting.up(fails=True)
        waiting.run("config", "set", "delay", "2")
    assert process.returncode == 0
    assert waiting.resource("second")["inputs"]["delaySeconds"] == 1
    assert (left_running(waiting), lying_about(waiting), locks(waiting)) == ({}, [], [])
    waiting.destroy()


def test_nothing_runs_on_when_the_cli_is_killed(waiting: Project) -> None:
    with in_the_middle(waiting) as process:
        process.kill()
        process.wait(END_SECONDS)
        assert left_running(waiting) == {}
    # Nobody could give the lock back; Pulumi says how it is done.
    assert "pulumi cancel" in waiting.up(fails=True)
    waiting.run("cancel", "--yes")
    assert locks(waiting) == []
    waiting.up()
    waiting.destroy()
    assert (left_running(waiting), lying_about(waiting)) == ({}, [])


def test_nothing_is_left_when_the_emulator_dies_in_the_middle(tmp_path: Path) -> None:
    with emulators.running(emulator_python()) as dying:
        project = Project.of_program(tmp_path, dying, WAITING)
        with in_the_middle(project) as process:
            [emulated] = processes_with_argument(dying.folder)
            watching = os.pidfd_open(emulated)
            os.kill(emulated, signal.SIGKILL)
            assert select.select([watching], [], [], END_SECONDS)[0] == [watching]
            os.close(watching)
        assert process.returncode != 0
        assert (left_running(project), lying_about(project), locks(project)) == ({}, [], [])
    assert processes_with_argument(dying.folder) == []
    assert not dying.folder.exists()
