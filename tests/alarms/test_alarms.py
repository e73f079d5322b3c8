"""When alarms go off: metrics from events, periods from samples, and the alarms of our own variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from delivery_lab import resource_types as types
from delivery_lab.alarms.evaluation import MISSING_DATA, AlarmCondition, Evaluation
from delivery_lab.alarms.invokes import FunctionSampler
from delivery_lab.alarms.lag import AgeSampler
from delivery_lab.alarms.noticed import alarms_of
from delivery_lab.alarms.queues import QueueSampler
from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Sampler, Take
from delivery_lab.events import (
    WORKLOAD,
    BatchInvoked,
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
    RecordAppended,
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


def evaluated(samples: Iterable[MetricSample], condition: AlarmCondition, end_us: int) -> Evaluation:
    """An alarm that was given these samples."""
    evaluation = Evaluation(condition)
    for sample in samples:
        evaluation.take(sample)
    evaluation.up_to(end_us)
    return evaluation


def goes_off_us(samples: Iterable[MetricSample], condition: AlarmCondition, end_us: int) -> int | None:
    """When an alarm goes off that has these samples."""
    return evaluated(samples, condition, end_us).at_us


# -- queues ---------------------------------------------------------------------------------------------------


def _sent(at: float, message: str, visible: float | None = None) -> Event:
    visible_us = seconds(at if visible is None else visible)
    return MessageSent(seconds(at), None, "jobs", message, "{}", None, (), None, visible_us)


def _received(at: float, message: str, until: float) -> Event:
    return MessageReceived(seconds(at), "SQS-VT-1", "jobs", message, 1, MAPPING, seconds(until))


def _values(metric: str, *events: Event, queue: str = "jobs", minutes: int = 3, fifo: bool = False) -> list[float]:
    sampler = partial(QueueSampler, queue, metric, fifo=fifo)
    return [sample.value for sample in sampled(sampler, events, minutes * MINUTE_US)]


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


def test_cw_sample_1_what_a_queue_counts_has_one_value_a_minute() -> None:
    sent = [_sent(at, f"m{at}") for at in (0, 59, 60, 130)]

    assert _values("NumberOfMessagesSent", *sent, minutes=4) == [2, 1, 1, 0]


def test_cw_age_1_a_message_that_is_received_three_times_has_no_age_any_more() -> None:
    received = [_received(at, "a", until=at + 5) for at in (1, 61, 121)]
    events = sorted([_sent(0, "a"), _sent(30, "b"), *received], key=lambda event: event.instant_us)

    assert _values("ApproximateAgeOfOldestMessage", *events) == [60, 120, 150]
    assert _values("ApproximateNumberOfMessagesVisible", *events) == [2, 2, 2]


def test_cw_age_1_in_a_fifo_queue_every_message_has_an_age() -> None:
    events = (_sent(0, "a"), *(_received(at, "a", until=at + 5) for at in (1, 61, 121)))

    assert _values("ApproximateAgeOfOldestMessage", *events, fifo=True) == [60, 120, 180]


def test_cw_age_1_in_a_dead_letter_queue_receives_of_the_source_do_not_count() -> None:
    received = [_received(at, "a", until=at + 1) for at in (1, 3, 5)]
    moved = MessageDeadLettered(seconds(30), "SQS-DLQ-1", "jobs", "a", "dead")

    assert _values("ApproximateAgeOfOldestMessage", _sent(0, "a"), *received, moved, queue="dead", minutes=2) == [
        30,
        90,
    ]


def test_cw_sent_1_a_move_to_the_dead_letter_queue_is_no_send() -> None:
    moved = MessageDeadLettered(seconds(30), "SQS-DLQ-1", "jobs", "a", "dead")

    assert _values("NumberOfMessagesSent", _sent(0, "a"), moved, queue="dead", minutes=2) == [0, 0]
    assert _values("NumberOfMessagesSent", _sent(0, "a"), moved, minutes=2) == [1, 0]
    assert _values("ApproximateNumberOfMessagesVisible", _sent(0, "a"), moved, queue="dead", minutes=1) == [1]
    assert _values("ApproximateAgeOfOldestMessage", _sent(0, "a"), moved, queue="dead", minutes=1) == [30]


# -- functions ------------------------------------------------------------------------------------------------


def _started(at: float, invoke: str, environment: int = 1) -> Event:
    return InvokeStarted(seconds(at), "LAM-ENV-1", "worker", invoke, environment, MAPPING)


def _ended(at: float, invoke: str, error: str | None = None, environment: int = 1) -> Event:
    return InvokeEnded(seconds(at), "LAM-ENV-1", "worker", invoke, environment, error)


def _of_function(metric: str, *events: Event) -> list[MetricSample]:
    return sampled(partial(FunctionSampler, "worker", metric), events, 0)


def test_asy_once_1_invokes_of_one_event_that_run_at_once_have_a_duration_each() -> None:
    events = (_started(1, "a"), _started(1, "a", 2), _ended(2, "a"), _ended(5, "a", environment=2))

    assert [sample.value for sample in _of_function("Duration", *events)] == [1000, 4000]


def test_cw_invoke_1_an_error_is_stamped_with_the_start_of_its_invoke_and_known_at_its_end() -> None:
    events = (_started(1, "a"), _started(2, "b"), _ended(90, "a", "Boom"), _ended(91, "b"))

    assert _of_function("Errors", *events) == [
        MetricSample(seconds(1), 1, seconds(90)),
        MetricSample(seconds(2), 0, seconds(91)),
    ]
    assert [sample.value for sample in _of_function("Duration", *events)] == [89_000, 89_000]


def test_cw_conc_1_invokes_that_go_on_are_shown_each_minute() -> None:
    events = (_started(1, "a"), _started(2, "b"), _ended(130, "a"), _ended(131, "b"), _started(400, "c"))

    found = [(sample.at_us, sample.value) for sample in _of_function("ConcurrentExecutions", *events)]

    expected = [(1, 1), (2, 2), (60, 2), (120, 2), (130, 1), (131, 0), (400, 1)]
    assert found == [(seconds(at), value) for at, value in expected]


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


# -- streams --------------------------------------------------------------------------------------------------


def _batch(at: float, *records: str) -> Event:
    return BatchInvoked(seconds(at), "STR-BATCH-1", "m", "clicks", "worker", f"i{at}", records, "shard-1", 0)


def test_cw_age_2_the_age_is_that_of_the_last_record_of_each_batch_that_is_sent() -> None:
    appended = [
        RecordAppended(seconds(at), None, "kinesis", "clicks", "shard-1", f"r{at}", str(at), None, "{}")
        for at in (0, 5)
    ]
    retried = (_batch(6, "r0", "r5"), _batch(90, "r0", "r5"), _batch(91, "r0"))

    found = sampled(partial(AgeSampler, frozenset({"m"})), [*appended, *retried], 10 * MINUTE_US)

    assert [sample.value for sample in found] == [1000, 85_000, 91_000]
    assert sampled(partial(AgeSampler, frozenset({"another"})), [*appended, *retried], 0) == []


# -- evaluation -----------------------------------------------------------------------------------------------


def _condition(**given: Any) -> AlarmCondition:
    settings = {
        "statistic": "Sum",
        "period_us": MINUTE_US,
        "comparison": "GreaterThanThreshold",
        "threshold": 0,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
        "missing_data": "missing",
    }
    return AlarmCondition(**{**settings, **given})


def _at(*minutes: float, value: float = 1.0) -> list[MetricSample]:
    return [MetricSample(int(m * MINUTE_US), value, int(m * MINUTE_US)) for m in minutes]


# AWS's page on missing data: datapoints from the oldest to the newest, X breaches, 0 does not, - is missing;
# whether the state is ALARM for missing, ignore, breaching and notBreaching.
ALL, NONE, BREACHING = (True,) * 4, (False,) * 4, (False, False, True, False)
MISSING_AND_BREACHING = (True, False, True, False)


@pytest.mark.parametrize(
    ("datapoints", "wanted", "alarms"),
    [
        ("0-X-X", 3, NONE),
        ("----0", 3, NONE),
        ("0----", 3, NONE),
        ("-----", 3, BREACHING),
        ("0XX-X", 3, ALL),
        ("----X", 3, BREACHING),
        ("---X-", 3, BREACHING),
        ("--X--", 3, MISSING_AND_BREACHING),
        ("X----", 3, MISSING_AND_BREACHING),
        ("0-X-X", 2, ALL),
        ("00X0X", 2, ALL),
        ("0-X--", 2, BREACHING),
        ("----0", 2, BREACHING),
        ("----X", 2, BREACHING),
        ("---X-", 2, MISSING_AND_BREACHING),
    ],
)
def test_cw_alarm_1_what_stands_for_missing_datapoints_is_as_in_awss_tables(
    datapoints: str, wanted: int, alarms: tuple[bool, ...]
) -> None:
    points = [{"X": True, "0": False, "-": None}[point] for point in reversed(datapoints)]

    found = [
        _condition(evaluation_periods=3, datapoints_to_alarm=wanted, missing_data=missing).is_met(points)
        for missing in MISSING_DATA
    ]

    assert tuple(found) == alarms


@pytest.mark.parametrize(
    ("minutes", "periods", "datapoints", "expected"),
    [
        ([2.5], 1, 1, 3),
        ([0.5, 2.5], 3, 2, 3),
        ([0.5, 4.5], 3, 2, 5),
        ([0.5, 5.5], 3, 2, None),
        ([0.5, 1.5, 2.5], 3, 3, 3),
        ([0.5, 1.5, 3.5], 3, 3, 4),
        ([], 1, 1, None),
    ],
)
def test_cw_alarm_2_it_looks_two_datapoints_further_back_than_it_evaluates(
    minutes: list[float], periods: int, datapoints: int, expected: int | None
) -> None:
    condition = _condition(evaluation_periods=periods, datapoints_to_alarm=datapoints, missing_data="notBreaching")

    found = goes_off_us(_at(*minutes), condition, 10 * MINUTE_US)

    assert found == (None if expected is None else expected * MINUTE_US)


def test_one_breach_among_no_data_sets_off_an_alarm_on_three_where_missing_data_is_missing() -> None:
    condition = _condition(evaluation_periods=3, datapoints_to_alarm=3)

    assert goes_off_us(_at(2.5), condition, 10 * MINUTE_US) == 5 * MINUTE_US
    assert goes_off_us(_at(2.5), replace(condition, missing_data="ignore"), 10 * MINUTE_US) is None
    assert goes_off_us([*_at(1.5, value=0.0), *_at(2.5)], condition, 10 * MINUTE_US) == 7 * MINUTE_US


def test_cw_alarm_3_windows_slide_each_minute() -> None:
    """Three errors within five minutes of two periods of the clock."""
    condition = _condition(period_us=5 * MINUTE_US, threshold=2)

    assert goes_off_us(_at(3.5, 4.5, 6.5), condition, 20 * MINUTE_US) == 7 * MINUTE_US
    assert goes_off_us(_at(1.5, 4.5, 6.5), condition, 20 * MINUTE_US) is None


def test_an_alarm_goes_off_in_the_minute_after_its_last_sample_is_known() -> None:
    late = MetricSample(seconds(10), 1, seconds(130))

    assert goes_off_us([late], _condition(), 10 * MINUTE_US) == seconds(180)


def test_a_sample_that_is_known_when_nobody_looks_there_any_more_is_missed() -> None:
    late = MetricSample(seconds(10), 1, seconds(200))

    found = evaluated([late], _condition(), 10 * MINUTE_US)
    harmless = evaluated([late._replace(value=0.0)], _condition(), 10 * MINUTE_US)
    short = evaluated([late], _condition(statistic="Maximum", threshold=5), 10 * MINUTE_US)

    assert (found.at_us, found.missed) == (None, True)
    assert not harmless.missed
    assert not short.missed


def test_periods_without_data_breach_where_missing_data_is_breaching_and_nothing_else_is_left_to_look_at() -> None:
    condition = _condition(evaluation_periods=2, datapoints_to_alarm=2, missing_data="breaching")

    assert goes_off_us(_at(0.5, 1.5, value=0.0), condition, 10 * MINUTE_US) == 6 * MINUTE_US


def test_a_period_of_a_day_is_looked_at_every_24_minutes() -> None:
    condition = _condition(period_us=24 * 60 * MINUTE_US, threshold=1)

    assert goes_off_us(_at(10.5, 1435.5), condition, 3 * 1440 * MINUTE_US) == 1440 * MINUTE_US


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

    found = goes_off_us(samples, _condition(statistic=statistic, threshold=threshold), 2 * MINUTE_US)

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


QUEUE_METRIC = {"namespace": "AWS/SQS", "metricName": "NumberOfMessagesSent", "dimensions": {"QueueName": "jobs"}}


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
        ({"period": 30}, "its period of 30 s is not one of whole minutes, for which AWS publishes its metrics"),
        (
            {"evaluationWindow": {"wallClockWindow": {"timezone": "UTC"}}},
            "its evaluation window is one of the wall clock, and a run begins at no time of day",
        ),
        (
            {"evaluationCriteria": {"promqlCriteria": {"query": "up"}}},
            "it watches what metric queries compute, which is not modelled",
        ),
        (
            {**QUEUE_METRIC, "comparisonOperator": "LessThanThreshold"},
            "it goes off where little or nothing happens, which depends on what else is sent",
        ),
        (
            {"namespace": "AWS/Lambda", "treatMissingData": "breaching"},
            "it goes off where little or nothing happens, which depends on what else is sent",
        ),
        ({**QUEUE_METRIC, "treatMissingData": "breaching"}, ""),
        (
            {**QUEUE_METRIC, "dimensions": {"QueueName": "arn:aws:sqs:us-east-1:1:jobs"}},
            "CloudWatch has no data of a QueueName arn:aws:sqs:us-east-1:1:jobs: it knows the name",
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


@pytest.mark.parametrize(("fifo", "at_seconds"), [(False, None), (True, 240)])
def test_the_alarm_on_age_knows_whether_its_queue_is_a_fifo_queue(fifo: bool, at_seconds: float | None) -> None:
    settings = {
        "period": 60,
        "statistic": "Maximum",
        "threshold": 200,
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        **QUEUE_METRIC,
        "metricName": "ApproximateAgeOfOldestMessage",
    }
    queue = resource(types.QUEUE, "jobs", {"fifoQueue": fifo})
    stack = made_of(queue, resource(types.METRIC_ALARM, "a", settings))
    nothing = frozenset[str]()
    events = (_sent(0, "a"), *(_received(at, "a", until=at + 5) for at in (1, 61, 121)))
    run_of = Run("s", "simulation", "w", Poison(), 1, 300.0, events, (), "", nothing, nothing, (), ())

    (found,) = alarms_of(run_of, stack, None)

    assert (found.at_seconds, found.unknown) == (at_seconds, "")


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
