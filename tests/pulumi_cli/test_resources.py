"""What happens to resources over their life: drift, replacement, failures, import, secrets, other names."""

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
first = sqs.Queue("first", visibility_timeout_seconds=30)
second = sqs.Queue("second", delay_seconds=config.require_int("delay"))
pulumi.export("url", first.url)
"""


def test_refresh_sees_what_somebody_else_changed_and_up_puts_it_back(program: Program) -> None:
    project = program(QUEUES)
    project.run("config", "set", "delay", "1")
    project.up()
    url = project.outputs()["url"]
    sqs = project.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "99"})

    assert "~ visibilityTimeoutSeconds: 30 => 99" in project.run("refresh", "--yes", "--skip-preview", "--diff")

    assert project.steps() == [Step("update", resource_types.QUEUE, "first", frozenset({"visibilityTimeoutSeconds"}))]
    project.up()
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert answer["Attributes"] == {"VisibilityTimeout": "30"}
    project.destroy()


def test_refresh_forgets_what_somebody_else_deleted_and_up_makes_it_anew(program: Program) -> None:
    project = program(QUEUES)
    project.run("config", "set", "delay", "1")
    project.up()
    gone = project.outputs()["url"]
    project.client("sqs").delete_queue(QueueUrl=gone)

    project.run("refresh", "--yes", "--skip-preview")
    assert [step.op for step in project.steps()] == ["create"]
    project.up()
    assert project.outputs()["url"] != gone
    project.destroy()


def test_a_failed_create_leaves_the_rest_and_the_next_up_completes_it(program: Program) -> None:
    project = program(QUEUES)
    project.run("config", "set", "delay", "901")
    output = project.up(fails=True)
    assert "(InvalidAttributeValue) when calling the CreateQueue operation" in output
    assert "Invalid value for the parameter DelaySeconds." in output
    first = project.resource("first")["id"]
    assert everything(project.emulator) == {"queues": [first]}

    project.run("config", "set", "delay", "900")
    assert project.steps() == [Step("create", resource_types.QUEUE, "second")]
    project.up()
    assert project.resource("first")["id"] == first
    project.destroy()


def test_a_queue_that_exists_is_imported_and_then_unchanged(program: Program) -> None:
    project = program("")
    url = project.client("sqs").create_queue(
        QueueName="jobs", Attributes={"VisibilityTimeout": "120", "SqsManagedSseEnabled": "true"}
    )["QueueUrl"]
    project.run("import", resource_types.QUEUE, "jobs", url, "--yes", "--generate-code=false", "--protect=false")
    inputs = project.resource("jobs")["inputs"]
    assert {name: inputs[name] for name in ("name", "visibilityTimeoutSeconds", "sqsManagedSseEnabled")} == {
        "name": "jobs",
        "visibilityTimeoutSeconds": 120,
        "sqsManagedSseEnabled": True,
    }

    project.write(
        "from pulumi_aws import sqs\n"
        'sqs.Queue("jobs", name="jobs", visibility_timeout_seconds=120, sqs_managed_sse_enabled=True)\n'
    )
    project.up("--expect-no-changes")
    project.destroy()


def test_secrets_of_the_configuration_stay_secret_in_the_state(program: Program) -> None:
    project = program(
        "import pulumi\n"
        "from pulumi_aws import iam\n"
        'token = pulumi.Config().require_secret("token")\n'
        'iam.Role("role", description=token, assume_role_policy="{}")\n'
        'pulumi.export("token", token)\n'
    )
    project.run("config", "set", "--secret", "token", "hunter2")
    assert "hunter2" not in (project.folder / "stacks" / "Pulumi.dev.yaml").read_text()
    assert "hunter2" not in project.up("--diff")
    assert "hunter2" not in project.run("stack", "export")
    assert project.outputs()["token"] == "[secret]"

    [role] = everything(project.emulator)["roles"]
    assert project.client("iam").get_role(RoleName=role)["Role"]["Description"] == "hunter2"
    assert "hunter2" in project.run("stack", "output", "--show-secrets")
    project.up("--expect-no-changes")
    project.destroy()


COMPONENT = """
import pulumi
from components.queue import QueueWithDlq
from components.settings import DeadLetterQueueSettings, QueueSettings

QueueWithDlq({name!r}, QueueSettings(), DeadLetterQueueSettings(), opts=pulumi.ResourceOptions(aliases={aliases}))
"""


def test_a_renamed_component_keeps_its_queues_by_its_alias(program: Program) -> None:
    project = program(COMPONENT.format(name="jobs", aliases=[]))
    project.up()
    before = everything(project.emulator)

    project.write(COMPONENT.format(name="work", aliases="[pulumi.Alias(name='jobs')]"))
    assert [step.op for step in project.steps()] == []
    project.up()
    assert everything(project.emulator) == before
    assert project.resource("work-queue")["id"] in before["queues"]

    project.write(COMPONENT.format(name="work", aliases=[]))
    project.up("--expect-no-changes")
    project.destroy()


def test_a_renamed_component_without_an_alias_gets_other_queues(program: Program) -> None:
    project = program(COMPONENT.format(name="jobs", aliases=[]))
    project.up()
    project.write(COMPONENT.format(name="work", aliases=[]))
    assert {step.op for step in project.steps()} == {"create", "delete"}
    project.destroy()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('sqs.Queue("q", tags={"a": "b"})', "this provider does not follow tags of aws:sqs/queue:Queue"),
        ('kms.Key("k")', "this provider does not create aws:kms/key:Key"),
    ],
)
def test_what_the_provider_does_not_know_fails_the_preview_by_name(program: Program, line: str, message: str) -> None:
    project = program(f"from pulumi_aws import kms, sqs\n{line}\n")
    assert message in project.run("preview", fails=True)
