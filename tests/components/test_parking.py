from __future__ import annotations

from components.parking import ParkingQueue
from tests.components.world import World, deploy

QUEUE = "aws:sqs/queue:Queue"


def _world(**options: int) -> World:
    def program() -> None:
        ParkingQueue("orders-parking", **options)  # type: ignore[arg-type]  # the one option that is no resource option

    return deploy(program)


def test_the_queue_keeps_messages_longest_and_encrypted_and_no_redrive_policy_points_to_it() -> None:
    world = _world()
    assert world.one(QUEUE, "orders-parking").inputs == {
        "messageRetentionSeconds": 1_209_600,
        "sqsManagedSseEnabled": True,
    }
    assert world.of_type("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy") == []


def test_its_retention_can_be_set() -> None:
    assert _world(retention_seconds=60).one(QUEUE, "orders-parking").inputs["messageRetentionSeconds"] == 60


def test_it_answers_over_tls_only() -> None:
    policy = _world().one("aws:sqs/queuePolicy:QueuePolicy", "orders-parking-policy")
    (statement,) = policy.document("policy")["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == "arn:aws:sqs:eu-west-1:123456789012:orders-parking"


def test_children_and_outputs() -> None:
    world = _world()
    assert world.one(QUEUE, "orders-parking").parent == "delivery-lab:queue:ParkingQueue::orders-parking"
    assert world.component_outputs["delivery-lab:queue:ParkingQueue"] == {
        "queueUrl": "https://sqs.test/orders-parking",
        "queueArn": "arn:aws:sqs:eu-west-1:123456789012:orders-parking",
    }
