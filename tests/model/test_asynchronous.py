"""Asynchronous invokes: retries, back-off, age, and what becomes of events."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import (
    BatchReleased,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    InvokeRefused,
    InvokeStarted,
    MessageDeadLettered,
)
from delivery_lab.limits.functions import LOOP_PASSES
from delivery_lab.model.asynchronous import RETRY_SECONDS, EventInvokeConfig
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.loops import Loops
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.runtime import Caller
from delivery_lab.rules.assumptions import Assumptions
from tests.model.events import EventsWorld, bodies_of, failing
from tests.model.support import COLD_START_SECONDS, Behaviour, Script, fail, succeed


def _throttle(world: EventsWorld, for_seconds: float | None, kind: FaultKind = FaultKind.THROTTLE) -> None:
    end = None if for_seconds is None else seconds(for_seconds)
    world.account.inject_faults([InjectedFault(kind, Occasion(end=end), function="worker")])


def _waits(world: EventsWorld) -> list[float]:
    """Seconds between the refused tries of an event."""
    return [round(later - earlier, 6) for earlier, later in pairwise(world.times_of(InvokeRefused))]


def test_asy_queue_1_an_event_is_accepted_before_anything_runs() -> None:
    world = EventsWorld()

    answer = world.invoke_api(InvocationType="Event", Payload=b'{"id": "a"}')

    assert (answer.answer["StatusCode"], answer.answer["Payload"]) == (202, b"")
    assert world.calls == []
    world.run()
    assert [call.event for call in world.calls] == [{"id": "a"}]


def test_asy_retry_1_a_failing_event_is_tried_at_0_60_and_180_seconds() -> None:
    world = EventsWorld(failing(3))

    world.event()
    world.run()

    assert world.tried_at == [COLD_START_SECONDS + at for at in (0, 60, 180)]
    assert RETRY_SECONDS == (60, 120)


def test_asy_retry_1_the_wait_counts_from_the_end_of_the_attempt() -> None:
    world = EventsWorld(failing(1, takes_seconds=4))

    world.event()
    world.run()

    assert world.tried_at == [COLD_START_SECONDS, COLD_START_SECONDS + 4 + 60]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_asy_retry_2_so_many_retries_and_no_more(retries: int) -> None:
    world = EventsWorld(fail)
    target = world.queue("failures")
    world.configure(maximum_retry_attempts=retries, on_failure=target.arn)

    world.event()
    world.run()

    assert len(world.calls) == retries + 1
    [record] = bodies_of(target)
    assert record["requestContext"]["approximateInvokeCount"] == retries + 1
    assert record["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"maximum_retry_attempts": 3}, "Value 3 at 'maximumRetryAttempts' failed to satisfy constraint: 0 to 2"),
        ({"maximum_retry_attempts": -1}, "Value -1 at 'maximumRetryAttempts' failed to satisfy constraint: 0 to 2"),
        (
            {"maximum_event_age_seconds": 59},
            "Value 59 at 'maximumEventAgeInSeconds' failed to satisfy constraint: 60 to 21600",
        ),
        (
            {"maximum_event_age_seconds": 21_601},
            "Value 21601 at 'maximumEventAgeInSeconds' failed to satisfy constraint: 60 to 21600",
        ),
    ],
)
def test_values_out_of_bounds_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        EventsWorld().configure(**settings)

    assert caught.value.aws_message == message


def test_asy_backoff_1_throttles_use_up_no_retry() -> None:
    world = EventsWorld(failing(2))
    _throttle(world, 100)

    world.event()
    world.run()

    assert len(world.calls) == 3
    assert world.tried_at[0] >= 100
    assert len(world.messages_of(EventCompleted)) == 1


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.ERROR])
def test_asy_backoff_2_waits_double_from_one_second_to_five_minutes(kind: FaultKind) -> None:
    world = EventsWorld()
    _throttle(world, 3_000, kind)

    world.event()
    world.run()

    waits = _waits(world)
    for n, wait in enumerate(waits):
        assert 0.8 * min(2**n, 250) <= wait <= 1.2 * min(2**n, 250)
    assert len(set(waits)) == len(waits) > 12
    assert len(world.calls) == 1


def test_asy_backoff_2_at_the_longest_wait_events_do_not_retry_in_step() -> None:
    world = EventsWorld()
    _throttle(world, 3_000)

    for _ in range(50):
        world.event()
    world.run()

    last = world.times_of(InvokeRefused)[-200:]
    assert len(set(last)) == 200


def test_asy_backoff_2_a_backlog_of_events_uses_most_of_the_six_hours() -> None:
    world = EventsWorld(lambda call: Script(240.0), reserved=1, timeout=300)

    for _ in range(110):  # 90 of them fit into six hours
        world.event()
    world.run()

    assert 20 <= len(world.messages_of(EventExpired)) <= 26


@pytest.mark.parametrize(("tries", "measured_seconds"), [(7, 67.932), (8, 117.0)])
def test_asy_backoff_2_what_was_measured_lies_within_what_seeds_give(tries: int, measured_seconds: float) -> None:
    """An event is throttled for a minute: https://cosmo-grant.github.io/aws-by-example/lambda_retries.html."""
    succeeded: dict[int, list[float]] = {}
    for seed in range(200):
        world = EventsWorld(seed=seed)
        _throttle(world, 60)
        world.event()
        world.run()
        succeeded.setdefault(len(world.times_of(InvokeRefused)) + 1, []).append(world.tried_at[0] - COLD_START_SECONDS)

    assert set(succeeded) == {7, 8}
    assert min(succeeded[tries]) < measured_seconds < max(succeeded[tries])


@pytest.mark.parametrize(("jitter", "least", "most"), [(0.0, 300, 300), (0.5, 100, 300)])
def test_asy_backoff_2_how_far_waits_spread(jitter: float, least: float, most: float) -> None:
    world = EventsWorld(assumptions=Assumptions(event_jitter=jitter))
    _throttle(world, None)

    world.event()
    world.run()

    last = _waits(world)[10:]
    assert len(last) > 50
    assert least <= min(last) <= max(last) <= most
    assert max(last) - min(last) >= 0.5 * (most - least)


def test_asy_age_1_a_throttled_event_is_given_up_after_its_age() -> None:
    world = EventsWorld()
    target = world.queue("failures")
    world.configure(maximum_event_age_seconds=60, on_failure=target.arn)
    _throttle(world, None)

    world.event()
    world.run()

    assert world.calls == []
    [record] = bodies_of(target)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record


def test_asy_age_1_without_a_destination_an_old_event_expires_after_six_hours() -> None:
    world = EventsWorld()
    _throttle(world, None)

    event = world.event()
    world.run()

    assert world.messages_of(EventExpired) == [event]
    assert world.times_of(EventExpired) == [21_600]


def test_asy_age_2_a_waiting_event_goes_when_it_is_too_old_and_a_running_one_ends_first() -> None:
    world = EventsWorld(failing(3, takes_seconds=3), timeout=10)
    world.configure(maximum_event_age_seconds=65)

    world.event()
    world.run()

    # The second attempt runs from 63.25 to 66.25 s, past the age; there is no third.
    assert len(world.calls) == 2
    assert world.times_of(EventExpired) == [pytest.approx(66.25)]


def test_asy_zero_1_with_a_reserved_concurrency_of_0_events_go_to_the_destination_at_once() -> None:
    world = EventsWorld(reserved=0)
    target = world.queue("failures")
    world.configure(on_failure=target.arn)

    world.event()

    [record] = bodies_of(target)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert list(record) == ["version", "timestamp", "requestContext", "requestPayload"]
    world.run()
    assert (world.calls, world.events(InvokeRefused), world.now) == ([], [], 0)


def test_asy_once_1_an_event_is_handed_over_once_unless_a_fault_says_twice() -> None:
    once, twice = EventsWorld(), EventsWorld()
    twice.account.inject_faults([InjectedFault(FaultKind.DUPLICATE, function="worker")])
    for world in (once, twice):
        world.event()
        world.run()

    assert [len(world.calls) for world in (once, twice)] == [1, 2]
    assert len(twice.messages_of(EventCompleted)) == 1


def test_asy_id_1_all_attempts_have_the_same_request_id() -> None:
    world = EventsWorld(fail)

    event = world.event()
    world.run()

    assert [e.invoke for e in world.events(InvokeStarted)] == [event] * 3


def test_asy_config_1_a_configuration_replaces_the_one_before_as_a_whole() -> None:
    world = EventsWorld()
    target = world.queue("failures")
    world.configure(maximum_retry_attempts=0, on_failure=target.arn)

    world.configure(maximum_event_age_seconds=60)

    assert world.account.events.configuration("worker") == EventInvokeConfig(maximum_event_age_seconds=60)


def test_asy_gone_1_without_a_destination_nothing_is_left() -> None:
    world = EventsWorld(fail)

    event = world.event()
    world.run()

    assert world.messages_of(EventDiscarded) == [event]
    assert [e.rule for e in world.events(EventDiscarded)] == ["ASY-GONE-1"]


@pytest.mark.parametrize(("age", "invokes"), [(60, 1), (150, 2)])
def test_asy_age_2_an_event_that_failed_and_is_too_old_for_its_next_try_has_the_response_of_the_last(
    age: int, invokes: int
) -> None:
    world = EventsWorld(fail)
    target = world.queue("failures")
    world.configure(on_failure=target.arn, maximum_event_age_seconds=age)

    world.event("{}")
    world.run()

    [record] = bodies_of(target)
    context = record["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", invokes)
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert "responsePayload" in record


def test_asy_loop_1_a_function_that_invokes_itself_is_stopped_after_16_passes() -> None:
    world = EventsWorld()
    target = world.queue("failures")
    world.configure(on_failure=target.arn)
    world.runtime.behave = lambda call: _again(world)

    world.event("{}")
    world.run()

    assert len(world.calls) == LOOP_PASSES
    [record] = bodies_of(target)
    assert record["requestContext"]["approximateInvokeCount"] == 0


def test_asy_loop_1_an_event_of_a_loop_is_discarded_by_that_rule_without_a_destination() -> None:
    world = EventsWorld()
    world.runtime.behave = lambda call: _again(world)

    world.event("{}")
    world.run()

    assert len(world.calls) == LOOP_PASSES
    assert [event.rule for event in world.events(EventDiscarded)] == ["ASY-LOOP-1"]


def test_asy_loop_1_a_message_in_a_loop_is_received_until_it_goes_to_the_dead_letter_queue() -> None:
    world = EventsWorld()
    jobs = world.queue("jobs", dead_letters=world.queue("dlq"), max_receive_count=3)
    world.mapping(jobs)
    world.start()
    world.runtime.behave = lambda call: _send_again(world, jobs.url)

    world.send(jobs, "x")
    world.run()

    assert len(world.calls) == LOOP_PASSES
    [message] = world.account.queues["dlq"].messages
    assert (message.body, message.receive_count) == ("x", 3)
    assert [event.rule for event in world.events(BatchReleased)] == ["ASY-LOOP-1"] * 3
    assert world.times_of(MessageDeadLettered)[0] - world.times_of(BatchReleased)[0] == 3 * 30


@pytest.mark.parametrize(("place", "behave"), [("on_success", succeed), ("on_failure", fail)])
def test_asy_loop_1_a_function_may_be_its_own_destination_for_a_while(place: str, behave: Behaviour) -> None:
    world = EventsWorld(behave)
    arn = world.account.functions.configuration("worker").arn
    world.configure(**{place: arn, "maximum_retry_attempts": 0})

    world.event("{}")
    world.run()

    assert len(world.calls) == LOOP_PASSES


def test_asy_loop_1_ends_also_where_nothing_ever_runs() -> None:
    world = EventsWorld(reserved=0)
    world.function("other", reserved=0)
    arns = {name: world.account.functions.configuration(name).arn for name in ("worker", "other")}
    world.configure(on_failure=arns["other"])
    world.account.configure_events("config", "other", EventInvokeConfig(on_failure=arns["worker"]))

    world.event("{}")
    world.run()

    assert world.calls == []
    assert len(world.messages_of(EventDiscarded)) == 1


def test_asy_loop_1_counts_on_while_the_same_event_runs_twice() -> None:
    loops = Loops()
    for _ in range(2):
        loops.begin("worker", "event-1", {"worker": 3})
    loops.end("event-1")

    assert loops.lineage("event-1") == {"worker": 4}
    loops.end("event-1")
    assert loops.lineage("event-1") == {}


def test_asy_loop_1_may_be_allowed() -> None:
    world = EventsWorld()
    world.account.functions.loops.allow("worker")
    world.runtime.behave = lambda call: _again(world) if len(world.calls) < 40 else Script()

    world.event("{}")
    world.run()

    assert len(world.calls) == 40


def _request_of_last_invoke(world: EventsWorld) -> Caller:
    return Caller("worker", world.events(InvokeStarted)[-1].invoke)


def _again(world: EventsWorld) -> Script:
    caller = _request_of_last_invoke(world)
    parameters = {"FunctionName": "worker", "InvocationType": "Event", "Payload": b"{}"}
    world.account.call("lambda", "Invoke", parameters, caller)
    return Script()


def _send_again(world: EventsWorld, url: str) -> Script:
    caller = _request_of_last_invoke(world)
    world.account.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": "x"}, caller)
    return Script()


def test_events_of_several_seeds_are_conserved() -> None:
    """Every event ends in exactly one way, whatever its function does."""
    for seed in range(20):
        world = EventsWorld()
        target = world.queue("failures")
        if seed % 2:
            world.configure(maximum_retry_attempts=seed % 3, maximum_event_age_seconds=60, on_failure=target.arn)
        chance = world.streams.stream("test", str(seed))
        world.runtime.behave = lambda call, chance=chance: (  # type: ignore[misc]  # mypy infers no type for the default
            Script(chance.random()) if chance.random() < 0.5 else fail(call)
        )
        world.account.inject_faults(
            [InjectedFault(FaultKind.THROTTLE, Occasion(0, seconds(90), 0.5), function="worker")]
        )
        sent = [world.event(json.dumps({"id": n})) for n in range(10)]
        world.run()

        ended = world.messages_of(EventCompleted, EventDeadLettered, EventExpired, EventDiscarded)
        assert sorted(ended) == sorted(sent)
