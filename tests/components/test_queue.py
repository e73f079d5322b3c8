from __future__ import annotations

from components.queue import QueueWithDlq
from components.settings import DeadLetterQueueSettings, QueueSettings
from tests.components.world import World, deploy

QUEUE = "aws:sqs/queue:Queue"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs-queue"
DLQ_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs-dlq"


def _world(*, initial_visibility_timeout_seconds: int | None = None) -> World:
    queue = QueueSettings.model_validate(
        {
            "visibilityTimeoutSeconds": 60,
            "maxReceiveCount": 3,
            "retentionSeconds": 3600,
            "delaySeconds": 2,
            "receiveWaitTimeSeconds": 10,
            "maximumMessageBytes": 2048,
        }
    )
    dead_letter_queue = DeadLetterQueueSettings.model_validate({"retentionSeconds": 7200})

    def program() -> None:
        QueueWithDlq(
            "jobs", queue, dead_letter_queue, initial_visibility_timeout_seconds=initial_visibility_timeout_seconds
        )

    return deploy(program)


def test_every_setting_reaches_the_source_queue() -> None:
    queue = _world().one(QUEUE, "jobs-queue")
    redrive = queue.document("redrivePolicy")
    inputs = {key: value for key, value in queue.inputs.items() if key != "redrivePolicy"}
    assert inputs == {
        "visibilityTimeoutSeconds": 60,
        "messageRetentionSeconds": 3600,
        "delaySeconds": 2,
        "receiveWaitTimeSeconds": 10,
        "maxMessageSize": 2048,
        "sqsManagedSseEnabled": True,
    }
    assert redrive == {"deadLetterTargetArn": DLQ_ARN, "maxReceiveCount": 3}
    assert queue.property_dependencies["redrivePolicy"] == {"aws:sqs/queue:Queue::jobs-dlq"}


def test_the_dead_letter_queue_keeps_messages_as_told_and_is_encrypted() -> None:
    dlq = _world().one(QUEUE, "jobs-dlq")
    assert dlq.inputs == {"messageRetentionSeconds": 7200, "sqsManagedSseEnabled": True}


def test_only_the_source_may_use_the_dead_letter_queue() -> None:
    allow = _world().one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "jobs-dlq-redrive-allow")
    assert allow.inputs["queueUrl"] == "https://sqs.test/jobs-dlq"
    assert allow.document("redriveAllowPolicy") == {"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE_ARN]}


def test_both_queues_refuse_requests_without_tls() -> None:
    world = _world()
    for label, arn in (("queue", QUEUE_ARN), ("dlq", DLQ_ARN)):
        policy = world.one("aws:sqs/queuePolicy:QueuePolicy", f"jobs-{label}-policy")
        assert policy.inputs["queueUrl"] == f"https://sqs.test/jobs-{label}"
        assert policy.document("policy") == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "RefuseRequestsWithoutTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }


def test_all_children_have_the_component_as_parent_and_its_inputs_are_the_effective_settings() -> None:
    world = _world()
    component = world.one("delivery-lab:queue:QueueWithDlq", "jobs")
    children = [resource for resource in world.resources if resource is not component]
    assert {child.parent for child in children} == {"delivery-lab:queue:QueueWithDlq::jobs"}
    assert len(children) == 5
    assert not component.custom
    assert component.inputs["queue"]["maxReceiveCount"] == 3
    assert component.inputs["deadLetterQueue"] == {"retentionSeconds": 7200}


def test_outputs_are_registered() -> None:
    assert _world().component_outputs["delivery-lab:queue:QueueWithDlq"] == {
        "queueUrl": "https://sqs.test/jobs-queue",
        "queueArn": QUEUE_ARN,
        "dlqUrl": "https://sqs.test/jobs-dlq",
        "dlqArn": DLQ_ARN,
    }


def test_visibility_is_pulumi_s_to_keep_unless_somebody_else_keeps_it() -> None:
    assert _world().one(QUEUE, "jobs-queue").ignore_changes == ()
    kept = _world(initial_visibility_timeout_seconds=90)
    assert kept.one(QUEUE, "jobs-queue").inputs["visibilityTimeoutSeconds"] == 90
    assert kept.one(QUEUE, "jobs-queue").ignore_changes == ("visibilityTimeoutSeconds",)
    assert kept.one(QUEUE, "jobs-dlq").ignore_changes == ()
