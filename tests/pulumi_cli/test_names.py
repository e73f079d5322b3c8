"""Resources whose names the program fixes: what another logical name without an alias does to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pulumi_cli.support import Project, everything

pytestmark = pytest.mark.engine

Program = Callable[[str], Project]


def _queue(logical: str, delay_seconds: int = 0) -> str:
    return (
        "from pulumi_aws import sqs\n"
        f'sqs.Queue("{logical}", name="jobs", delay_seconds={delay_seconds}, sqs_managed_sse_enabled=True)\n'
    )


def _role(logical: str) -> str:
    return f'from pulumi_aws import iam\niam.Role("{logical}", name="worker", assume_role_policy="{{}}")\n'


def test_a_queue_of_a_fixed_name_that_gets_another_logical_name_is_deleted(program: Program) -> None:
    project = program(_queue("queue"))
    project.up()
    url = project.resource("queue")["id"]

    # SQS answers a second CreateQueue of the same name and attributes with the queue that exists.
    project.write(_queue("jobs"))
    project.up()
    assert project.resource("jobs")["id"] == url
    assert everything(project.emulator) == {}

    project.up("--refresh")
    assert everything(project.emulator) == {"queues": [url]}
    project.destroy()


def test_a_queue_of_a_fixed_name_with_another_attribute_too_is_refused_and_stays(program: Program) -> None:
    project = program(_queue("queue"))
    project.up()
    before = everything(project.emulator)
    project.write(_queue("jobs", delay_seconds=5))
    assert "QueueAlreadyExists" in project.up(fails=True)
    assert everything(project.emulator) == before
    project.write(_queue("queue"))
    project.up("--expect-no-changes")
    project.destroy()


def test_a_role_of_a_fixed_name_that_gets_another_logical_name_is_refused_and_stays(program: Program) -> None:
    project = program(_role("role"))
    project.up()
    before = everything(project.emulator)
    project.write(_role("worker"))
    assert "EntityAlreadyExists" in project.up(fails=True)
    assert everything(project.emulator) == before
    project.write(_role("role"))
    project.up("--expect-no-changes")
    project.destroy()


def test_protection_that_the_program_does_not_have_ends_with_the_next_up(program: Program) -> None:
    project = program(_queue("queue"))
    project.up()
    project.run("state", "protect", project.resource("queue")["urn"], "--yes")
    assert project.resource("queue")["protect"] is True
    assert "unprotect" in project.run("destroy", "--yes", "--skip-preview", fails=True)
    project.up()
    assert "protect" not in project.resource("queue")
    project.destroy()
    assert everything(project.emulator) == {}
