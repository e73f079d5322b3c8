"""Updates besides a plain `up`: of a target, of a protected queue, of a state that was kept, to a far variant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from delivery_lab import resource_types
from tests.pulumi_cli.support import Project, Step, everything

pytestmark = pytest.mark.engine

Program = Callable[[str], Project]

QUEUES = """
import pulumi
from pulumi_aws import sqs

config = pulumi.Config()
dlq = sqs.Queue("dlq", message_retention_seconds=config.require_int("retention"))
queue = sqs.Queue(
    "queue",
    visibility_timeout_seconds=config.require_int("visibility"),
    redrive_policy=dlq.arn.apply(lambda arn: f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 3}}'),
)
pulumi.export("url", queue.url)
"""


@pytest.fixture
def queues(program: Program) -> Project:
    """A deployed queue with its dead-letter queue."""
    project = program(QUEUES)
    set_config(project, retention=100_000, visibility=30)
    project.up()
    return project


def set_config(project: Project, **values: int) -> None:
    for name, value in values.items():
        project.run("config", "set", name, str(value))


def urn(project: Project, name: str) -> str:
    found: str = project.resource(name)["urn"]
    return found


def settings(project: Project, name: str) -> tuple[int, int]:
    """Visibility timeout and retention of a queue in the emulator."""
    answer = project.client("sqs").get_queue_attributes(QueueUrl=project.resource(name)["id"], AttributeNames=["All"])
    return int(answer["Attributes"]["VisibilityTimeout"]), int(answer["Attributes"]["MessageRetentionPeriod"])


def test_up_of_a_target_leaves_the_rest_for_the_next_one(queues: Project) -> None:
    set_config(queues, retention=200_000, visibility=60)
    queues.up("--target", urn(queues, "queue"))
    assert settings(queues, "queue")[0] == 60
    assert settings(queues, "dlq")[1] == 100_000
    assert queues.steps() == [
        Step("update", resource_types.QUEUE, "dlq", frozenset({"messageRetentionSeconds"})),
    ]
    queues.up()
    assert settings(queues, "dlq")[1] == 200_000
    queues.destroy()


def test_destroy_of_a_target_takes_what_depends_on_it_only_when_told(queues: Project) -> None:
    target = ("destroy", "--yes", "--skip-preview", "--target", urn(queues, "dlq"))
    assert "--target-dependents" in queues.run(*target, fails=True)
    assert len(everything(queues.emulator)["queues"]) == 2
    queues.run(*target, "--target-dependents")
    assert everything(queues.emulator) == {}
    queues.up()
    queues.destroy()


def test_a_protected_queue_is_neither_destroyed_nor_replaced(queues: Project) -> None:
    protecting = QUEUES.replace('"queue",', '"queue",\n    opts=pulumi.ResourceOptions(protect=True),')
    queues.write(protecting)
    queues.up()
    before = everything(queues.emulator)
    assert "unprotect" in queues.run("destroy", "--yes", "--skip-preview", fails=True)
    queues.write(protecting.replace('"queue",', '"queue",\n    fifo_queue=True,'))
    assert "unprotect" in queues.up(fails=True)
    assert everything(queues.emulator) == before
    queues.run("state", "unprotect", urn(queues, "queue"), "--yes")
    queues.destroy()


def test_an_exported_state_is_imported_again_and_nothing_changes(queues: Project) -> None:
    kept = queues.folder.parent / "kept.json"
    queues.run("stack", "export", "--file", str(kept))
    set_config(queues, visibility=60)
    queues.up()
    queues.run("stack", "import", "--file", str(kept))
    # The state is the older one, and the queue is not: a refresh sees what it is, and then nothing is left to change.
    assert settings(queues, "queue")[0] == 60
    queues.up("--refresh")
    queues.up("--expect-no-changes")
    assert settings(queues, "queue")[0] == 60
    queues.destroy()


def test_up_with_refresh_puts_back_what_somebody_else_changed(queues: Project) -> None:
    url = queues.resource("queue")["id"]
    queues.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "99"})
    # Without a look at AWS the state says that all is as it should be.
    queues.up("--expect-no-changes")
    assert settings(queues, "queue")[0] == 99
    queues.up("--refresh")
    assert settings(queues, "queue")[0] == 30
    queues.destroy()


READER = """
import pulumi
from pulumi_aws import sqs

other = pulumi.StackReference("organization/delivery-lab/dev")
sqs.Queue("reader", delay_seconds=other.get_output("url").apply(lambda url: 1 if url else 2))
pulumi.export("url", other.get_output("url"))
"""


def test_a_stack_reference_gives_the_output_of_the_other_stack(queues: Project) -> None:
    url = queues.outputs()["url"]
    queues.configure("reader", queues.emulator.configuration(), base="dev")
    queues.write(READER)
    queues.run("stack", "init", "reader")
    queues.up()
    assert queues.outputs()["url"] == url
    queues.destroy()
    queues.run("stack", "select", "dev")
    queues.write(QUEUES)
    queues.destroy()


FAR = [
    ("batch-partial", "fifo-ordered"),
    ("fifo-ordered", "batch-partial"),
    ("visibility-short", "visibility-safe"),
    ("visibility-safe", "visibility-short"),
    ("sqs-park", "stream-default"),
]
"""Variants between which queues are replaced, dynamic resources come and go, or all resources change."""


@pytest.mark.parametrize(("before", "after"), FAR)
def test_a_stack_is_updated_to_a_far_variant(project: Project, before: str, after: str) -> None:
    project.use_emulator(before)
    project.run("stack", "init", before)
    project.up()
    project.configure(before, project.emulator.configuration(), base=after)
    project.up()
    project.up("--expect-no-changes")
    # What was deployed is what the other variant deploys at once.
    updated = existing(project)
    project.destroy()
    project.configure(after, project.emulator.configuration())
    project.run("stack", "init", after)
    project.up()
    assert updated == existing(project)
    project.destroy()


def existing(project: Project) -> dict[str, object]:
    """How many resources of each kind there are, and what the queues and the mappings are."""
    sqs = project.client("sqs")
    queues = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in everything(project.emulator).get("queues", [])
    ]
    names = ("VisibilityTimeout", "FifoQueue", "MessageRetentionPeriod", "DelaySeconds")
    mappings = project.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {
        "kinds": {kind: len(names) for kind, names in everything(project.emulator).items()},
        "queues": sorted(tuple(each.get(name, "") for name in names) for each in queues),
        "mappings": sorted((each["BatchSize"], each.get("FunctionResponseTypes", [])) for each in mappings),
    }
