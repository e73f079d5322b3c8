"""When alarms go off: metrics from events, periods from samples, and the alarms of our own variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from delivery_lab import resource_types as types
from delivery_lab.alarms.evaluation import AlarmCondition, Periods, goes_off_in
from delivery_lab.alarms.invokes import FunctionSampler
from delivery_lab.alarms.noticed import alarms_of
from delivery_lab.alarms.queues import QueueSampler
from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Sampler, Take
from delivery_lab.events import (
    WORKLOAD,
    Event,
    EventAccepted,
    EventExpired,
    EventInvoked,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
    MessageDeadLettered,
    MessageDeleted,
    MessageReceived,
    MessageReturned,
    MessageSent,
    Poison,
    Run,
    VisibilityChanged,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import run, stack_of
from tests.results.world import MAPPING
from tests.stack.world import resource
from tests.stack.world import stack_of as made_of


def sampled(make: Callable[[Take], Sampler], events: Iterable[Event], end_us: int) -> list[MetricSample]:
    """All samples of some events."""
    found: list[MetricSample] = []
    sampler = make(found.append)
    for event in events:
        sampler.read(event)
    sampler.finish(end_us)
    return found


def goes_off_us(samples: Iterable[MetricSample], condition: AlarmCondition, end_us: int) -> int | None:
    """When an alarm goes off that has these samples."""
    periods = Periods(condition.period_us)
    for sample in samples:
        periods.add(sample)
    return goes_off_in(periods, condition, end_us)


# -- queues ---------------------------------------------------------------------------------------------------


def _sent(at: float, message: str, visible: float | None = None) -> Event:
    visible_us = seconds(at if visible is None else visible)
    return MessageSent(seconds(at), None, "jobs", message, "{}", None, (), None, visible_us)


def _received(at: float, message: str, until: float) -> Event:
    return MessageReceived(seconds(at), "SQS-VT-1", "jobs", message, 1, MAPPING, seconds(until))


def _values(metric: str, *events: Event, queue: str = "jobs", minutes: int = 3) -> list[float]:
    return [sample.value for sample in sampled(partial(QueueSampler, queue, metric), events, minutes * MINUTE_US)]


def test_cw_sample_1_depth_in_flight_and_delayed_are_those_at_the_end_of_each_minute() -> None:
    events = (_sent(0, "a"), _sent(0, "b", visible=100), _sent(10, "c"), _received(50, "a", until=130))

    assert _values("ApproximateNumberOfMessagesVisible", *events) == [1, 2, 3]
    assert _values("ApproximateNumberOfMessagesNotVisible", *events) == [1, 1, 0]
    assert _values("ApproximateNumberOfMessagesDelayed", *events) == [1, 0, 0]


def test_what_happens_within_a_minute_and_is_over_at_its_end_is_not_seen() -> None:
    deleted = MessageDeleted(seconds(59), "ESM-REPORT-5", "jobs", "a", MAPPING)

    assert _values("ApproximateNumberOfMessagesVisible", _sent(1, "a"), deleted, minutes=1) == [0]


def test_a_visibility_timeout_that_is_changed_decides_what_is_in_flight() -> None:
    changed = VisibilityChanged(seconds(20), "SQS-VT-2", "jobs", "a", 0)
    returned = MessageReturned(seconds(20), "SQS-VT-2", "jobs", "a", seconds(20))

    events = (_sent(0, "a"), _received(10, "a", until=500), changed, returned)

    assert _values("ApproximateNumberOfMessagesNotVisible", *events, minutes=1) == [0]


def test_the_age_is_that_of_the_oldest_message_that_is_not_deleted() -> None:
    deleted = MessageDeleted(seconds(70), "ESM-REPORT-5", "jobs", "a", MAPPING)

    assert _values("ApproximateAgeOfOldestMessage", _sent(10, "a"), _sent(40, "b"), deleted) == [50, 80, 140]


def test_cw_sent_1_a_move_to_the_dead_letter_queue_is_no_send() -> None:
    moved = MessageDeadLettered(seconds(30), "SQS-DLQ-1", "jobs", "a", "dead")

    assert _values("NumberOfMessagesSent", _sent(0, "a"), moved, queue="dead") == []
    assert _values("NumberOfMessagesSent", _sent(0, "a"), moved) == [1]
    assert _values("ApproximateNumberOfMessagesVisible", _sent(0, "a"), moved, queue="dead", minutes=1) == [1]
    assert _values("ApproximateAgeOfOldestMessage", _sent(0, "a"), moved, queue="dead", minutes=1) == [30]


# -- functions ------------------------------------------------------------------------------------------------


def _started(at: float, invoke: str) -> Event:
    return InvokeStarted(seconds(at), "LAM-ENV-1", "worker", invoke, 1, MAPPING)


def _ended(at: float, invoke: str, error: str | None = None) -> Event:
    return InvokeEnded(seconds(at), "LAM-ENV-1", "worker", invoke, 1, error)


def _of_function(metric: str, *events: Event) -> list[MetricSample]:
    return sampled(partial(FunctionSampler, "worker", metric), events, 0)


def test_cw_invoke_1_an_error_is_stamped_with_the_start_of_its_invoke_and_known_at_its_end() -> None:
    events = (_started(1, "a"), _started(2, "b"), _ended(90, "a", "Boom"), _ended(91, "b"))

    assert _of_function("Errors", *events) == [
        MetricSample(seconds(1), 1, seconds(90)),
        MetricSample(seconds(2), 0, seconds(91)),
    ]
    assert [sample.value for sample in _of_function("Duration", *events)] == [89_000, 89_000]
    assert [sample.value for sample in _of_function("ConcurrentExecutions", *events)] == [1, 2, 1, 0]


def test_only_throttles_are_throttles() -> None:
    throttled = InvokeRefused(seconds(5), "LAM-CONC-1", "worker", "Limit", 429, MAPPING)
    broken = InvokeRefused(seconds(6), "SIM-FAULT-1", "worker", "ServiceException", 500, MAPPING)

    assert _of_function("Throttles", throttled, broken) == [MetricSample(seconds(5), 1, seconds(5))]


def test_asynchronous_events_are_counted_and_their_age_is_taken_at_each_invoke() -> None:
    accepted = EventAccepted(seconds(1), None, "worker", "e", "{}", WORKLOAD, follow_up=False)
    events = (
        accepted,
        EventInvoked(seconds(3), "ASY-QUEUE-1", "worker", "e"),
        EventExpired(seconds(9), "ASY-AGE-1", "worker", "e"),
    )

    assert len(_of_function("AsyncEventsReceived", *events)) == 1
    assert [sample.value for sample in _of_function("AsyncEventAge", *events)] == [2000]
    assert [sample.at_us for sample in _of_function("AsyncEventsDropped", *events)] == [seconds(9)]


# -- evaluation -----------------------------------------------------------------------------------------------


def _condition(**given: Any) -> AlarmCondition:
    settings = {
        "statistic": "Sum",
        "period_us": MINUTE_US,
        "comparison": "GreaterThanThreshold",
        "threshold": 0,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
        "missing_breaches": False,
    }
    return AlarmCondition(**{**settings, **given})


def _at(*minutes: float, value: float = 1.0) -> list[MetricSample]:
    return [MetricSample(int(m * MINUTE_US), value, int(m * MINUTE_US)) for m in minutes]


@pytest.mark.parametrize(
    ("minutes", "periods", "datapoints", "expected"),
    [
        ([2.5], 1, 1, 3),
        ([0.5, 2.5], 3, 2, 3),
        ([0.5, 3.5], 3, 2, None),
        ([0.5, 1.5, 2.5], 3, 3, 3),
        ([0.5, 1.5, 3.5, 4.5, 5.5], 3, 3, 6),
        ([], 1, 1, None),
    ],
)
def test_cw_alarm_1_so_many_of_the_last_periods_have_to_breach(
    minutes: list[float], periods: int, datapoints: int, expected: int | None
) -> None:
    condition = _condition(evaluation_periods=periods, datapoints_to_alarm=datapoints)

    found = goes_off_us(_at(*minutes), condition, 10 * MINUTE_US)

    assert found == (None if expected is None else expected * MINUTE_US)


def test_an_alarm_goes_off_when_the_last_sample_of_its_period_is_known() -> None:
    late = MetricSample(seconds(10), 1, seconds(200))

    assert goes_off_us([late], _condition(), 10 * MINUTE_US) == seconds(200)


def test_periods_without_data_breach_where_missing_data_is_breaching() -> None:
    condition = _condition(evaluation_periods=2, datapoints_to_alarm=2, missing_breaches=True)

    assert goes_off_us(_at(0.5, 1.5, value=0.0), condition, 10 * MINUTE_US) == 4 * MINUTE_US


@pytest.mark.parametrize(
    ("statistic", "threshold", "goes_off"),
    [
        ("Sum", 5.9, True),
        ("Sum", 6, False),
        ("Average", 2.9, True),
        ("Average", 3, False),
        ("Maximum", 3.9, True),
        ("Maximum", 4, False),
        ("Minimum", 1.9, True),
        ("Minimum", 2, False),
        ("SampleCount", 1.9, True),
        ("SampleCount", 2, False),
    ],
)
def test_each_statistic_is_that_of_the_samples_of_a_period(statistic: str, threshold: float, goes_off: bool) -> None:
    samples = [*_at(0.2, value=2.0), *_at(0.8, value=4.0)]

    found = goes_off_us(samples, _condition(statistic=statistic, threshold=threshold), MINUTE_US)

    assert (found is not None) is goes_off


# -- the alarms of a stack ------------------------------------------------------------------------------------


def _alarms(stack: str, *overrides: str) -> dict[str, AlarmFigures]:
    done = run(stack, *overrides)
    found = alarms_of(done, stack_of(stack, overrides), outcome_of(done).first_harm_seconds)
    return {each.name: each for each in found}


def test_the_alarm_of_a_dead_letter_queue_goes_off_a_minute_after_the_first_message_is_in_it() -> None:
    """Poison is moved at 60.264 s: the sample at 120 s is the first to show it."""
    found = _alarms("batch-partial")["batch-alarm-dlq"]

    assert (found.metric, found.at_seconds, found.unknown) == ("ApproximateNumberOfMessagesVisible", 120, "")
    assert found.after_harm_seconds is None  # poison in the dead-letter queue is no harm


def test_nothing_goes_off_where_messages_are_deleted_without_having_been_processed() -> None:
    found = _alarms("batch-unreported")

    assert all(each.at_seconds is None and not each.unknown for each in found.values())


def test_an_alarm_says_how_long_after_the_first_harmed_message_it_goes_off() -> None:
    done = run("concurrency-trap")
    harmed = outcome_of(done).first_harm_seconds
    (found,) = (a for a in alarms_of(done, stack_of("concurrency-trap"), harmed) if a.name == "batch-alarm-dlq")

    assert harmed is not None
    assert found.at_seconds is not None
    assert found.after_harm_seconds is not None
    assert found.after_harm_seconds == pytest.approx(found.at_seconds - harmed)
    assert 0 < found.after_harm_seconds <= 120


def test_the_age_of_a_blocked_shard_sets_its_alarm_off() -> None:
    found = _alarms("stream-default")["stream-alarm-iterator-age"]

    assert found.unknown == ""
    assert found.at_seconds is not None


@pytest.mark.parametrize(
    ("inputs", "unknown"),
    [
        (
            {"metricQueries": [{"id": "e", "expression": "a / b"}]},
            "it watches what metric queries compute, which is not modelled",
        ),
        (
            {"namespace": "AWS/SQS", "metricName": "NumberOfEmptyReceives", "dimensions": {"QueueName": "jobs"}},
            "the metric NumberOfEmptyReceives of queues is not modelled",
        ),
        (
            {"namespace": "AWS/SQS", "metricName": "NumberOfMessagesSent", "dimensions": {"QueueName": "theirs"}},
            "the queue theirs is none of the stack",
        ),
        (
            {"namespace": "AWS/Lambda", "metricName": "Errors", "dimensions": {"FunctionName": "theirs"}},
            "the function theirs is none of the stack",
        ),
        (
            {"namespace": "AWS/Kinesis", "metricName": "GetRecords.Bytes", "dimensions": {"StreamName": "s"}},
            "metrics of AWS/Kinesis are not modelled",
        ),
    ],
)
def test_what_is_not_computed_is_said(inputs: dict[str, Any], unknown: str) -> None:
    settings = {
        "period": 60,
        "statistic": "Sum",
        "threshold": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        **inputs,
    }
    stack = made_of(resource(types.QUEUE, "jobs"), resource(types.METRIC_ALARM, "a", settings))
    nothing = frozenset[str]()
    empty = Run("s", "simulation", "w", Poison(), 1, 0.0, (), (), "", nothing, nothing, (), ())

    (found,) = alarms_of(empty, stack, None)

    assert (found.at_seconds, found.unknown) == (None, unknown)


def test_a_percentile_is_said_not_to_be_modelled() -> None:
    settings = {
        "period": 60,
        "extendedStatistic": "p99",
        "threshold": 1,
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        "namespace": "AWS/SQS",
        "metricName": "NumberOfMessagesSent",
        "dimensions": {"QueueName": "jobs"},
    }
    stack = made_of(resource(types.QUEUE, "jobs"), resource(types.METRIC_ALARM, "a", settings))
    nothing = frozenset[str]()
    empty = Run("s", "simulation", "w", Poison(), 1, 0.0, (), (), "", nothing, nothing, (), ())

    (found,) = alarms_of(empty, stack, None)

    assert found.unknown == "it watches a percentile or an anomaly, which is not modelled"
