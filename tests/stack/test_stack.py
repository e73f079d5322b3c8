"""Look-ups of a stack, and what resources say about each other."""

from __future__ import annotations

import json

import pytest

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.functions import InvokeConfig
from delivery_lab.stack.roles import Role
from delivery_lab.stack.topics import Subscription, Topic
from tests.stack.world import arn_of, resource, stack_of

JOBS = resource(resource_types.QUEUE, "jobs")
DEAD = resource(resource_types.QUEUE, "dead")
WORKER = resource(resource_types.FUNCTION, "worker", {"role": "arn:aws:iam:us-east-1:123456789012:role"})


def policy(count: object = 3, target: object = None) -> str:
    return json.dumps({"deadLetterTargetArn": target or arn_of(DEAD), "maxReceiveCount": count})


def test_queues_are_found_by_arn_and_by_url() -> None:
    stack = stack_of(JOBS, DEAD)

    assert stack.queue_at(arn_of(JOBS)) is stack.queue_of_url("https://sqs/jobs") is stack.queues[0]
    assert stack.queue_at("arn:aws:sqs:us-east-1:123456789012:others") is None
    assert stack.queue_at(None) is None
    assert stack.queue_of_url(None) is None


@pytest.mark.parametrize(
    "reference",
    [
        "worker",
        "worker:live",
        "arn:aws:lambda:us-east-1:123456789012:worker",
        "arn:aws:lambda:us-east-1:123456789012:worker:3",
        "123456789012:function:worker",
    ],
)
def test_functions_are_found_by_what_means_them(reference: str) -> None:
    found = stack_of(WORKER).function_at(reference)

    assert found is not None
    assert found.name == "worker"


@pytest.mark.parametrize(
    "reference", ["", None, UNKNOWN, "others", "arn:aws:lambda:eu-west-1:999999999999:function:worker"]
)
def test_other_functions_are_not_found(reference: object) -> None:
    assert stack_of(WORKER).function_at(reference) is None


def test_an_alias_means_its_function() -> None:
    alias = resource(resource_types.ALIAS, "live", {"functionName": "worker"}, outputs={"arn": "arn:of:the:alias"})
    found = stack_of(WORKER, alias).function_at("arn:of:the:alias")

    assert found is not None
    assert found.name == "worker"


def test_what_the_stack_only_reads_is_none_of_it() -> None:
    stack = stack_of(resource(resource_types.QUEUE, "theirs", external=True))

    assert stack.queues == ()
    assert stack.resources == {}


def test_two_resources_of_a_name_have_labels_with_their_parents() -> None:
    one = resource(resource_types.QUEUE, "jobs", parent="urn:pulumi:test::shop::a:b:C::left")
    urn = "urn:pulumi:test::shop::a:b:C$aws:sqs/queue:Queue::jobs"
    other = resource(resource_types.QUEUE, "jobs", parent="urn:pulumi:test::shop::a:b:C::right")
    from dataclasses import replace

    stack = stack_of(one, replace(other, urn=urn))

    assert [queue.label for queue in stack.queues] == ["left/jobs", "right/jobs"]


def test_the_last_redrive_policy_counts() -> None:
    jobs = resource(resource_types.QUEUE, "jobs", {"redrivePolicy": policy(1)})
    later = resource(
        resource_types.REDRIVE_POLICY, "later", {"queueUrl": "https://sqs/jobs", "redrivePolicy": policy(5)}
    )
    queue, _, _ = (*stack_of(jobs, DEAD, later).queues, None)
    assert queue is not None
    assert queue.redrive is not None

    assert queue.redrive.max_receive_count.value == 5
    assert queue.redrive.origin.resource == "later"
    assert [each.origin.resource for each in queue.redrive_policies] == ["jobs", "later"]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (policy(), ""),
        ("nonsense", "it is no JSON object"),
        ("{}", "it has no deadLetterTargetArn"),
        ('{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead"}', "it has no maxReceiveCount"),
        (policy(0), "maxReceiveCount is 0"),
        (policy(1_001), "maxReceiveCount is 1001"),
        (UNKNOWN, ""),
    ],
)
def test_a_redrive_policy_says_why_sqs_refuses_it(written: object, problem: str) -> None:
    (queue,) = stack_of(resource(resource_types.QUEUE, "jobs", {"redrivePolicy": written})).queues

    assert [each.problem for each in queue.redrive_policies] == [problem]


def test_a_queue_whose_redrive_cannot_be_told_says_so() -> None:
    stray = resource(resource_types.REDRIVE_POLICY, "stray", {"queueUrl": UNKNOWN, "redrivePolicy": policy()})

    assert stack_of(JOBS).queues[0].redrive_known
    assert not stack_of(JOBS, stray).queues[0].redrive_known
    assert not stack_of(resource(resource_types.QUEUE, "jobs", {"redrivePolicy": UNKNOWN})).queues[0].redrive_known


def test_the_visibility_timeout_is_what_a_dynamic_resource_sets_last() -> None:
    token = f"{resource_types.DYNAMIC_PREFIX}/short:Short"
    inputs = {"queueUrl": "https://sqs/jobs", "visibilityTimeoutSeconds": 5, "__provider": "text"}
    (queue,) = stack_of(JOBS, resource(token, "short", inputs)).queues

    assert queue.created_visibility_seconds.value == 30
    assert queue.visibility_seconds.value == 5
    assert str(queue.visibility_seconds.origin) == "short.visibilityTimeoutSeconds"


def test_a_role_has_its_own_policies_and_those_that_are_attached() -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    written = json.dumps({"Statement": statement})
    role = resource(resource_types.ROLE, "role")
    own = resource(resource_types.ROLE_POLICY, "own", {"role": "role", "policy": written})
    managed = resource(resource_types.POLICY, "managed", {"policy": written})
    attachment = resource(
        resource_types.ROLE_POLICY_ATTACHMENT, "attach", {"role": "role", "policyArn": arn_of(managed)}
    )
    stack = stack_of(
        role, own, managed, attachment, resource(resource_types.FUNCTION, "worker", {"role": arn_of(role)})
    )
    found = stack.role_of(stack.functions[0])
    assert isinstance(found, Role)

    assert [each.origin.resource for each in found.policies] == ["own", "managed"]
    assert all(each.statements == (statement,) for each in found.policies)
    assert [each.arn for each in found.attached] == [arn_of(managed)]


def test_topics_have_their_policies_and_subscriptions_their_dead_letter_queues() -> None:
    topic = resource(resource_types.TOPIC, "news", {"policy": json.dumps({"Statement": []}), "fifoTopic": True})
    policy = resource(resource_types.TOPIC_POLICY, "open", {"arn": arn_of(topic), "policy": UNKNOWN})
    inputs = {"topic": arn_of(topic), "protocol": "sqs", "endpoint": arn_of(JOBS), "filterPolicy": {"a": ["b"]}}
    redrive = {"redrivePolicy": json.dumps({"deadLetterTargetArn": arn_of(JOBS)})}
    stack = stack_of(
        JOBS,
        topic,
        policy,
        resource(resource_types.TOPIC_SUBSCRIPTION, "to-jobs", {**inputs, **redrive}),
        resource(resource_types.TOPIC_SUBSCRIPTION, "plain", {"topic": arn_of(topic)}),
    )
    (found,) = stack.all(Topic)
    first, second = stack.all(Subscription)

    assert (found.fifo.known, [each.origin.resource for each in found.policies]) == (True, ["open"])
    assert (first.filter_policy.known, first.filter_scope.known) == ('{"a": ["b"]}', "MessageAttributes")
    assert first.dead_letter_arn.known == arn_of(JOBS)
    assert second.dead_letter_arn.certain() is None


def test_a_topic_is_found_by_its_arn_although_its_policy_has_the_same() -> None:
    topic = resource(resource_types.TOPIC, "news")
    policy = resource(resource_types.TOPIC_POLICY, "tls", {"arn": arn_of(topic)}, outputs={"arn": arn_of(topic)})
    for order in ((topic, policy), (policy, topic)):
        stack = stack_of(*order)
        assert stack.at(arn_of(topic)) is next(stack.all(Topic))


def test_what_invokes_a_function_asynchronously_is_found() -> None:
    target = resource(resource_types.EVENT_TARGET, "every-hour", {"arn": arn_of(WORKER), "rule": "hourly"})
    config = resource(resource_types.INVOKE_CONFIG, "config", {"functionName": "worker", "maximumRetryAttempts": 1})
    stack = stack_of(WORKER, target, config)
    (found,) = stack.all(InvokeConfig)

    assert [(invoker.name, invoker.function.name) for invoker in stack.invokers] == [
        ("every-hour", "worker"),
        ("config", "worker"),
    ]
    assert found.function is stack.functions[0]
    assert found.maximum_retry_attempts.value == 1


def test_variables_of_a_function_are_texts_as_the_provider_passes_them_on() -> None:
    inputs = {"environment": {"variables": {"A": "a", "B": True, "C": 5, "D": None, "E": UNKNOWN}}}
    (function,) = stack_of(resource(resource_types.FUNCTION, "worker", inputs)).functions

    assert function.variables == {"A": "a", "B": "true", "C": "5", "E": UNKNOWN}


def test_a_queue_knows_the_mappings_that_read_it() -> None:
    names = ("first", "second")
    mappings = [resource(resource_types.MAPPING, name, {"eventSourceArn": arn_of(JOBS)}) for name in names]
    stack = stack_of(JOBS, DEAD, *mappings)
    jobs, dead = stack.queues

    assert [mapping.name for mapping in stack.mappings_from(jobs)] == ["first", "second"]
    assert stack.mappings_from(dead) == ()


@pytest.mark.parametrize(
    ("name", "tags", "parking"),
    [
        ("parking", {}, True),
        ("batch-parking", {}, True),
        ("orders_parking", {}, True),
        ("orderParking", {}, True),
        ("jobs", {"delivery-lab:role": "parking"}, True),
        ("jobs", {"delivery-lab:role": "source"}, False),
        ("sparking", {}, False),
        ("jobs", {}, False),
    ],
)
def test_a_parking_queue_is_known_by_its_name_or_its_tag(name: str, tags: dict[str, str], parking: bool) -> None:
    (queue,) = stack_of(resource(resource_types.QUEUE, name, {"tags": tags})).queues

    assert queue.parking is parking
