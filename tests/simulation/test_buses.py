"""From buses, rules, targets, policies and roles of a stack to a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import FeedDeadLettered, FeedDiscarded, FeedHandedOn
from delivery_lab.model.runtime import Caller
from delivery_lab.program.graph import UNKNOWN, Resource
from tests.model.support import WORLDS
from tests.simulation.event_world import (
    BUS,
    DEAD,
    JOBS,
    RULE,
    SHOP,
    STREAM,
    WORKER,
    DeployedRules,
    a_queue,
    a_rule,
    a_target,
)
from tests.stack.world import arn_of, resource


class _Deployed(DeployedRules):
    def put(self, bus: str = "shop", detail: str = '{"id": "a"}') -> None:
        entry = {"EventBusName": bus, "Source": "shop", "DetailType": "order", "Detail": detail}
        self.account.call("events", "PutEvents", {"Entries": [entry]}, Caller("publisher", None))
        self.run()

    def bodies(self, queue: str = "jobs") -> list[Any]:
        return [json.loads(message.body) for message in self.account.queues[queue].messages]


@pytest.mark.parametrize("reference", ["shop", SHOP])
def test_a_rule_names_its_bus_by_name_or_arn(reference: str) -> None:
    rule = a_rule(eventBusName=reference)

    world = _Deployed(BUS, JOBS, rule, a_target(JOBS, bus=reference))
    world.put()

    assert [body["detail"] for body in world.bodies()] == [{"id": "a"}]
    assert world.notes == []


def test_rules_without_a_bus_are_of_the_default_one() -> None:
    world = _Deployed(JOBS, a_rule(bus="default", eventBusName=None), a_target(JOBS, bus="default", eventBusName=None))

    world.put("default")
    world.put("shop")

    assert len(world.bodies()) == 1


def test_eb_policy_1_policies_and_permissions_of_targets() -> None:
    topic = resource(resource_types.TOPIC, "news")
    closed = a_queue("closed", allows=False)
    targets = [a_target(to, f"to {to.name}") for to in (closed, WORKER, topic, STREAM)]

    world = _Deployed(BUS, closed, WORKER, topic, STREAM, RULE, *targets)
    world.put()

    assert [event.why for event in world.events(FeedDiscarded)] == [
        "closed has no policy that lets rule send",
        "worker has no permission that lets rule invoke it",
        "news has no policy that lets rule publish",
        "to clicks has no role that lets it do kinesis:PutRecord to clicks",
    ]


def test_eb_policy_1_a_permission_and_a_role_that_let_it() -> None:
    permission = resource(resource_types.PERMISSION, "p", {"function": "worker", "principal": "events.amazonaws.com"})
    role = "arn:aws:iam::123456789012:role/elsewhere"

    world = _Deployed(BUS, WORKER, STREAM, permission, RULE, a_target(WORKER), a_target(STREAM, "s", roleArn=role))
    world.put()

    assert len(world.events(FeedHandedOn)) == 2
    assert world.events(FeedDiscarded) == []


def test_eb_policy_2_a_role_does_where_the_policy_of_the_target_does_not() -> None:
    closed, role = a_queue("closed", allows=False), "arn:aws:iam::123456789012:role/elsewhere"

    world = _Deployed(BUS, closed, WORKER, RULE, a_target(closed, roleArn=role), a_target(WORKER, "w", roleArn=role))
    world.put()

    assert [event.target for event in world.events(FeedHandedOn)] == ["closed", "worker"]
    assert "EB-POLICY-2" in world.account.journal.rules


def test_eb_policy_2_the_policy_of_the_target_does_where_its_role_does_not() -> None:
    empty = resource(resource_types.ROLE, "empty", {"assumeRolePolicy": "{}"})
    queues = [a_queue(name, allows=name == "open") for name in ("open", "closed")]
    targets = [a_target(queue, f"to {queue.name}", roleArn=arn_of(empty)) for queue in queues]

    world = _Deployed(BUS, *queues, empty, RULE, *targets)
    world.put()

    assert [event.target for event in world.events(FeedHandedOn)] == ["open"]
    assert [event.why for event in world.events(FeedDiscarded)] == ["closed has no policy that lets rule send"]


def test_what_is_not_taken_goes_to_the_dead_letter_queue() -> None:
    closed = a_queue("closed", allows=False)

    world = _Deployed(BUS, closed, DEAD, RULE, a_target(closed, deadLetterConfig={"arn": arn_of(DEAD)}))
    world.put()

    (event,) = world.events(FeedDeadLettered)
    assert (event.target, len(world.bodies("dead"))) == ("dead", 1)


@pytest.mark.parametrize(
    ("dead", "message"),
    [
        ("arn:aws:sqs:us-east-1:1:theirs", "to arn:aws:sqs:us-east-1:1:theirs, which is not in this stack"),
        ("fifo", "to the FIFO queue dead.fifo; that is not modelled\n  nearest: a standard queue"),
    ],
)
def test_a_dead_letter_queue_that_is_not_modelled_refuses_what_gets_there(dead: str, message: str) -> None:
    fifo = a_queue("dead.fifo", fifoQueue=True)
    closed = a_queue("closed", allows=False)
    arn = arn_of(fifo) if dead == "fifo" else dead
    world = _Deployed(BUS, closed, fifo, RULE, a_target(closed, deadLetterConfig={"arn": arn}))

    with pytest.raises(NotModelledError) as caught:
        world.put()
    assert message in str(caught.value)
    WORLDS.clear()


@pytest.mark.parametrize(
    ("inputs", "body"),
    [
        ({"input": '{"go": true}'}, {"go": True}),
        ({"inputPath": "$.detail"}, {"id": "a"}),
        ({"inputTransformer": {"inputPaths": {"x": "$.detail.id"}, "inputTemplate": '{"x": <x>}'}}, {"x": "a"}),
    ],
)
def test_eb_input_1_what_the_target_gets(inputs: dict[str, Any], body: Any) -> None:
    world = _Deployed(BUS, JOBS, RULE, a_target(JOBS, **inputs))

    world.put()

    assert world.bodies() == [body]


@pytest.mark.parametrize(
    ("rule", "inputs", "message"),
    [
        ({"eventPattern": '{"source": []}'}, {}, "Event pattern is not valid. Reason: Empty arrays are not allowed"),
        (
            {"scheduleExpression": "rate(1 minute)"},
            {},
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            {},
            {"input": "{}", "inputPath": "$.detail"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target target.",
        ),
        (
            {},
            {"inputTransformer": {"inputTemplate": '{"x": <x>}'}, "targetId": "mine"},
            "InputTemplate for target mine contains invalid placeholder x.",
        ),
        (
            {},
            {"retryPolicy": {"maximumRetryAttempts": 186}},
            "Value '186' at 'MaximumRetryAttempts' failed to satisfy constraint",
        ),
        (
            {},
            {"retryPolicy": {"maximumEventAgeInSeconds": 59}},
            "Value '59' at 'MaximumEventAgeInSeconds' failed to satisfy constraint",
        ),
    ],
)
def test_eb_schedule_2_what_aws_would_refuse(rule: dict[str, Any], inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        _Deployed(BUS, JOBS, a_rule(**rule), a_target(JOBS, **inputs))

    assert caught.value.aws_message == message


@pytest.mark.parametrize("off", [{"state": "DISABLED"}, {"isEnabled": False}])
def test_a_rule_that_is_disabled_hands_nothing_on(off: dict[str, Any]) -> None:
    world = _Deployed(BUS, JOBS, a_rule(**off), a_target(JOBS))

    world.put()

    assert (world.bodies(), world.notes) == ([], ["rule is disabled: it hands nothing on"])


@pytest.mark.parametrize(
    ("rule", "target", "note"),
    [
        (
            RULE,
            a_target("arn:aws:ecs:us-east-1:1:cluster/c"),
            "target hands on what rule is about to arn:aws:ecs:us-east-1",
        ),
        (
            RULE,
            a_target(UNKNOWN),
            "target hands on what rule is about to somebody who is known only after deployment",
        ),
        (a_rule(bus="theirs"), a_target(JOBS, bus="theirs"), "rule is about theirs, which is not in this stack"),
        (
            a_rule(eventBusName=UNKNOWN),
            a_target(JOBS),
            "rule is about a bus that is known only after deployment",
        ),
    ],
)
def test_what_leads_out_of_the_stack_is_noted(rule: Resource, target: Resource, note: str) -> None:
    (found,) = _Deployed(BUS, JOBS, rule, target).notes

    assert found.startswith(note)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"ecsTarget": {"taskDefinitionArn": "x"}},
            "a message reaches target, which uses what is not modelled:\n  target: ecs",
        ),
        ({"input": UNKNOWN}, "an event reaches target of rule, and its input is known only after deployment"),
    ],
)
def test_only_events_that_reach_what_is_not_modelled_end_a_run(inputs: dict[str, Any], message: str) -> None:
    world = _Deployed(BUS, JOBS, RULE, a_target(JOBS, **inputs))

    with pytest.raises(NotModelledError) as caught:
        world.put()
    assert str(caught.value).startswith(message)
    WORLDS.clear()


def test_a_fifo_queue_a_topic_and_another_bus() -> None:
    fifo = a_queue("jobs.fifo", fifoQueue=True)
    other = resource(
        resource_types.EVENT_BUS,
        "other",
        outputs={"arn": "arn:aws:events:us-east-1:123456789012:event-bus/other", "name": "other"},
    )
    role = "arn:aws:iam::123456789012:role/elsewhere"
    behind = a_rule("behind", "other")

    world = _Deployed(
        BUS,
        other,
        fifo,
        JOBS,
        RULE,
        behind,
        a_target(fifo, "to fifo", sqsTarget={"messageGroupId": "g"}),
        a_target(other, "to bus", roleArn=role),
        a_target(JOBS, "to jobs", "behind", "other"),
    )
    world.put()

    assert [message.group for message in world.account.queues["jobs.fifo"].messages] == ["g"]
    assert world.bodies() == world.bodies("jobs.fifo")


def test_eb_targets_1_a_rule_has_five_targets_at_most() -> None:
    targets = [a_target(JOBS, f"target-{number}") for number in range(6)]
    assert len(DeployedRules(BUS, JOBS, RULE, *targets[:5]).account.feeds) == 5

    with pytest.raises(DeploymentRefusedError) as caught:
        DeployedRules(BUS, JOBS, RULE, *targets)

    assert (caught.value.rule, caught.value.code) == ("EB-TARGETS-1", "LimitExceededException")
    WORLDS.clear()


def test_eb_fifo_3_a_fifo_queue_as_a_target_needs_a_message_group() -> None:
    ordered = a_queue("ordered", fifoQueue=True, contentBasedDeduplication=True)

    with pytest.raises(DeploymentRefusedError) as caught:
        DeployedRules(BUS, ordered, RULE, a_target(ordered))

    assert caught.value.rule == "EB-FIFO-3"
    assert "MessageGroupId must be specified for target" in str(caught.value)
    WORLDS.clear()


def test_eb_targets_2_two_targets_of_one_id_end_a_run_that_reaches_them() -> None:
    other = a_queue("others")
    targets = [a_target(to, f"to {to.name}", targetId="same") for to in (JOBS, other)]
    world = _Deployed(BUS, JOBS, other, RULE, *targets)

    with pytest.raises(NotModelledError) as refused:
        world.put()

    assert str(refused.value) == (
        "to jobs and to others write target same of rule over each other, and AWS keeps what is written last "
        "(EB-TARGETS-2)\n  fix: give to jobs and to others a targetId of their own"
    )


@pytest.mark.parametrize(
    ("inputs", "message", "fix"),
    [
        (
            {"eventBusName": None},
            "Rule rule does not exist on EventBus default.",
            "set eventBusName of target to that of rule, shop",
        ),
        (
            {"rule": arn_of(RULE)},
            (
                f"Value '{arn_of(RULE)}' at 'rule' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: [\\.\\-_A-Za-z0-9]+"
            ),
            "set rule of target to the name of rule",
        ),
    ],
    ids=["without the bus of its rule", "by the ARN"],
)
def test_eb_targets_3_a_target_of_no_rule_is_refused(inputs: dict[str, Any], message: str, fix: str) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        _Deployed(BUS, JOBS, RULE, a_target(JOBS, **inputs))

    found = refused.value
    assert (found.resource, found.aws_message, found.rule) == ("target", message, "EB-TARGETS-3")
    assert str(found).endswith(f"fix: {fix}")


def test_a_target_of_a_rule_of_another_stack_is_left_alone() -> None:
    world = _Deployed(BUS, JOBS, RULE, a_target(JOBS), a_target(JOBS, "other", rule="elsewhere"))

    world.put()

    assert len(world.bodies()) == 1
