"""From schedules, and rules with a schedule expression, to a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import FeedDeadLettered, FeedDiscarded, FeederAccepted, FeedRetryScheduled, RecordAppended
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.results.invariants import violations
from delivery_lab.simulation.schedules import connect_schedules, start_clocks, stopped_clocks
from delivery_lab.stack.stack import Stack
from tests.model.support import WORLDS
from tests.simulation.event_world import (
    BUS,
    DEAD,
    JOBS,
    STREAM,
    WORKER,
    DeployedRules,
    a_queue,
    a_rule,
    a_target,
)
from tests.stack.world import arn_of, resource

ROLE = "arn:aws:iam::123456789012:role/elsewhere"
ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/tick"
TRUST = '{"Statement": []}'


def _schedule(to: Resource | str, expression: str = "rate(5 minutes)", **inputs: Any) -> Resource:
    target = {"arn": arn_of(to) if isinstance(to, Resource) else to, "roleArn": ROLE, "input": "go"}
    given = {
        "scheduleExpression": expression,
        "flexibleTimeWindow": {"mode": "OFF"},
        **{name: value for name, value in inputs.items() if name not in _OF_TARGETS},
        "target": target | {name: value for name, value in inputs.items() if name in _OF_TARGETS},
    }
    return resource(resource_types.SCHEDULE, "tick", given, outputs={"arn": ARN})


_OF_TARGETS = frozenset(
    (
        "roleArn",
        "input",
        "deadLetterConfig",
        "retryPolicy",
        "sqsParameters",
        "kinesisParameters",
        "eventbridgeParameters",
    )
)


class _Deployed(DeployedRules):
    def connect(self, stack: Stack) -> None:
        super().connect(stack)
        connect_schedules(stack, self.account, self.notes)

    def until(self, until_seconds: float) -> list[float]:
        """Run to a time; returns when something went off."""
        start_clocks(self.account, until_seconds)
        self.run(until_seconds=until_seconds)
        return [in_seconds(event.instant_us) for event in self.events(FeederAccepted)]

    def bodies(self, queue: str = "jobs") -> list[str]:
        return [message.body for message in self.account.queues[queue].messages]


def test_sch_rate_1_a_rate_of_scheduler_begins_at_once() -> None:
    world = _Deployed(JOBS, _schedule(JOBS))

    times = world.until(899)

    assert [time // 60 for time in times] == [0, 5, 10]
    assert world.bodies() == ["go"] * 3


def test_a_universal_target_is_refused_by_name_when_it_goes_off() -> None:
    schedule = _schedule("arn:aws:scheduler:::aws-sdk:sqs:sendMessage")
    _Deployed(JOBS, schedule).run()

    with pytest.raises(NotModelledError, match="tick goes off, and calls sqs:sendMessage itself: a universal target"):
        _Deployed(JOBS, schedule).until(600)


def test_sch_rate_2_a_rate_of_a_rule_begins_after_one_interval() -> None:
    rule = a_rule(bus="default", eventBusName=None, eventPattern=None, scheduleExpression="rate(5 minutes)")

    world = _Deployed(JOBS, rule, a_target(JOBS, bus="default", eventBusName=None))

    assert [time // 60 for time in world.until(899)] == [5, 10]


def test_sch_event_1_the_event_of_a_rule_that_goes_off() -> None:
    rule = a_rule(bus="default", eventBusName=None, eventPattern=None, scheduleExpression="cron(2 0 * * ? *)")

    world = _Deployed(JOBS, rule, a_target(JOBS, bus="default", eventBusName=None))
    world.until(300)

    (body,) = map(json.loads, world.bodies())
    assert body.pop("id")
    # Field by field as AWS's example of a scheduled event has it.
    assert list(body.items()) == [
        ("version", "0"),
        ("detail-type", "Scheduled Event"),
        ("source", "aws.events"),
        ("account", "123456789012"),
        ("time", "2026-01-01T00:02:00Z"),
        ("region", "us-east-1"),
        ("resources", ["arn:aws:events:us-east-1:123456789012:rule/default/rule"]),
        ("detail", {}),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_sch_time_1_within_the_minute(seed: int) -> None:
    (time,) = _Deployed(JOBS, _schedule(JOBS, "cron(10 0 * * ? *)"), seed=seed).until(3_000)

    assert 600 <= time <= 660


def test_sch_time_2_another_seed_another_instant() -> None:
    times = {_Deployed(JOBS, _schedule(JOBS, "cron(10 0 * * ? *)"), seed=seed).until(3_000)[0] for seed in range(5)}

    assert len(times) == 5


def test_sch_window_1_within_the_flexible_window() -> None:
    window = {"mode": "FLEXIBLE", "maximumWindowInMinutes": 30}
    times = [
        _Deployed(JOBS, _schedule(JOBS, "cron(10 0 * * ? *)", flexibleTimeWindow=window), seed=seed).until(3_000)[0]
        for seed in range(8)
    ]

    assert all(600 <= time <= 2_400 for time in times)
    assert max(times) > 660


def test_sch_date_1_start_and_end() -> None:
    dates: dict[str, Any] = {"startDate": "2026-01-01T00:10:00Z", "endDate": "2026-01-01T00:20:00"}

    times = _Deployed(JOBS, _schedule(JOBS, **dates)).until(3_600)

    assert [time // 60 for time in times] == [10, 15, 20]


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize("value", ["nonsense", "2026-13-01T00:00:00Z"])
def test_sch_date_1_what_is_no_time_is_refused(name: str, value: str) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        _Deployed(JOBS, _schedule(JOBS, **{name: value})).until(60)

    assert str(refused.value).endswith(
        f": ValidationException: Value {value!r} at '{name}' is no time in RFC 3339 (SCH-DATE-1)\n"
        f"  fix: write the {name} of {refused.value.resource} such as 2030-01-01T01:00:00Z"
    )


def test_sch_date_1_once_and_never_again() -> None:
    late: dict[str, Any] = {"startDate": "2027-01-01T00:00:00Z"}

    assert len(_Deployed(JOBS, _schedule(JOBS, "at(2026-01-01T00:10:00)", **late)).until(86_400)) == 1


def test_sch_input_1_queues_streams_functions_and_buses() -> None:
    given: dict[str, Any] = {"input": '{"id": "a"}'}
    queue = _Deployed(
        a_queue("jobs.fifo", fifoQueue=True),
        _schedule(a_queue("jobs.fifo", fifoQueue=True), **given, sqsParameters={"messageGroupId": "g"}),
    )
    queue.until(60)
    function = _Deployed(WORKER, _schedule(WORKER, **given))
    function.until(70)
    stream = _Deployed(STREAM, _schedule(STREAM, **given, kinesisParameters={"partitionKey": "k"}))
    stream.until(60)
    named: dict[str, Any] = {"eventbridgeParameters": {"source": "shop", "detailType": "tick"}}
    bus = _Deployed(BUS, JOBS, a_rule(), a_target(JOBS, inputPath="$.detail"), _schedule(BUS, **given, **named))
    bus.until(60)

    assert [m.group for m in queue.account.queues["jobs.fifo"].messages] == ["g"]
    assert [call.payload for call in function.calls] == ['{"id": "a"}']
    assert [event.key for event in stream.events(RecordAppended)] == ["k"]
    assert bus.bodies() == ['{"id":"a"}']


def test_sch_input_2_what_a_target_gets_without_an_input() -> None:
    world = _Deployed(JOBS, _schedule(JOBS, input=None))
    world.until(60)

    (body,) = map(json.loads, world.bodies())
    assert (body["source"], body["detail"], body["resources"]) == ("aws.scheduler", "{}", [ARN])


def test_sch_input_3_context_attributes() -> None:
    world = _Deployed(JOBS, _schedule(JOBS, input="<aws.scheduler.scheduled-time> <aws.scheduler.schedule-arn>"))
    world.until(60)

    assert world.bodies() == [f"2026-01-01T00:00:00Z {ARN}"]


def test_the_number_of_the_attempt_is_not_modelled() -> None:
    world = _Deployed(JOBS, _schedule(JOBS, input="<aws.scheduler.attempt-number>"))

    with pytest.raises(NotModelledError, match="attempt-number"):
        world.until(60)
    WORLDS.clear()


def test_sch_role_1_a_role_that_does_not_let_it_invoke() -> None:
    role = resource(resource_types.ROLE, "role", {"assumeRolePolicy": TRUST}, outputs={"arn": ROLE})

    world = _Deployed(JOBS, role, _schedule(JOBS))
    world.until(60)

    (event,) = world.events(FeedDiscarded)
    assert event.why == "role, the role of tick, does not let it do sqs:SendMessage to jobs"


def test_sch_retry_1_a_target_that_fails_is_tried_again() -> None:
    world = _Deployed(JOBS, _schedule(JOBS, "at(2026-01-01T00:00:00)", retryPolicy={"maximumRetryAttempts": 3}))
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage")])
    world.until(3_600)

    assert (len(world.events(FeedRetryScheduled)), len(world.events(FeedDiscarded))) == (3, 1)
    assert violations(world.history()) == []


def test_sch_dlq_1_what_is_not_taken_is_dead_lettered() -> None:
    fifo = a_queue("jobs.fifo", fifoQueue=True)
    world = _Deployed(fifo, DEAD, _schedule(fifo, "at(2026-01-01T00:00:00)", deadLetterConfig={"arn": arn_of(DEAD)}))
    world.until(3_600)

    (event,) = world.events(FeedDeadLettered)
    assert event.target == "dead"


def test_sch_dlq_2_what_a_dead_letter_tells() -> None:
    fifo = a_queue("jobs.fifo", fifoQueue=True)
    world = _Deployed(fifo, DEAD, _schedule(fifo, "at(2026-01-01T00:00:00)", deadLetterConfig={"arn": arn_of(DEAD)}))
    world.until(3_600)

    (message,) = world.account.queues["dead"].messages
    assert message.body == "go"
    assert message.attributes["SCHEDULE_ARN"]["StringValue"] == ARN


def test_sch_run_1_a_run_that_has_no_end_in_time_says_what_did_not_go_off() -> None:
    world = _Deployed(JOBS, _schedule(JOBS))

    world.run()

    assert world.bodies() == []
    assert list(stopped_clocks(world.account)) == [
        (
            "tick goes off by rate(5 minutes), and not in this run, which ends when nothing moves any more: until: with"
            " seconds lets it, or schedule: tick (SCH-RUN-1)"
        )
    ]


def test_sch_run_1_a_workload_lets_it_go_off() -> None:
    world = _Deployed(JOBS, _schedule(JOBS))

    world.at(5, world.account.buses.clockworks["tick"].go_off)
    world.run()

    assert world.bodies() == ["go"]
    assert list(stopped_clocks(world.account)) == []


@pytest.mark.parametrize(
    ("schedule", "note"),
    [
        (_schedule(JOBS, state="DISABLED"), "tick is disabled: it does not go off"),
        (
            _schedule("arn:aws:sqs:us-east-1:123456789012:elsewhere"),
            "tick invokes arn:aws:sqs:us-east-1:123456789012:elsewhere, outside this stack: that is not counted",
        ),
    ],
)
def test_what_does_not_go_off_is_noted(schedule: Resource, note: str) -> None:
    assert _Deployed(JOBS, schedule).notes == [note]


@pytest.mark.parametrize("given", [{"input": UNKNOWN}, {"kmsNewInput": "x"}])
def test_only_runs_in_which_it_goes_off_are_refused(given: dict[str, Any]) -> None:
    world = _Deployed(JOBS, _schedule(JOBS, **given))
    world.run()

    with pytest.raises(NotModelledError):
        world.until(120)
    WORLDS.clear()


def test_sch_cron_1_an_expression_that_aws_refuses() -> None:
    with pytest.raises(DeploymentRefusedError, match="Parameter ScheduleExpression is not valid"):
        _Deployed(JOBS, _schedule(JOBS, "cron(0 1 * * * *)"))


@pytest.mark.parametrize(("window", "said"), [({}, "no"), ({"maximumWindowInMinutes": 1_441}, "1441")])
def test_sch_window_1_a_flexible_window_needs_its_minutes(window: dict[str, int], said: str) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        _Deployed(JOBS, _schedule(JOBS, flexibleTimeWindow={"mode": "FLEXIBLE", **window}))

    assert refused.value.rule == "SCH-WINDOW-1"
    assert f"The flexible time window has {said} minutes" in str(refused.value)
    WORLDS.clear()


def test_sch_window_1_minutes_without_the_mode_are_refused_when_it_goes_off() -> None:
    world = _Deployed(JOBS, _schedule(JOBS, flexibleTimeWindow={"mode": "OFF", "maximumWindowInMinutes": 5}))

    with pytest.raises(NotModelledError, match="= 5 with the mode OFF; what Scheduler makes of that is not known"):
        world.until(600)
    WORLDS.clear()
