"""Which alarms of a stack a run sets off, and how long after the first message was harmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from delivery_lab.alarms import invokes, lag, queues
from delivery_lab.alarms.evaluation import (
    COMPARISONS,
    MISSING_DATA,
    STATISTICS,
    AlarmCondition,
    Evaluation,
    microseconds,
)
from delivery_lab.alarms.samples import MINUTE_US, Sampler
from delivery_lab.events import AttemptsRepeated, Event, Run, reader_of
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.stack.alarms import Alarm, Metric
from delivery_lab.stack.mappings import StreamMapping
from delivery_lab.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class _Series:
    """A metric while a run goes on, and the alarm over it.

    Attributes:
        sampler: makes its samples of events.
        evaluation: is given the samples.
    """

    sampler: Sampler
    evaluation: Evaluation

    def up_to(self, _: Run, until_us: int) -> Evaluation:
        """The alarm at an instant after the run."""
        self.sampler.finish(until_us)
        self.evaluation.up_to(until_us)
        return self.evaluation


@dataclass(frozen=True, slots=True)
class _Lag:
    """How far mappings were behind, which is read off what became of records."""

    mappings: frozenset[str]
    condition: AlarmCondition

    def up_to(self, run: Run, until_us: int) -> Evaluation:
        """The alarm at an instant after the run."""
        evaluation = Evaluation(self.condition)
        for sample in lag.lag_samples(run, self.mappings, until_us):
            evaluation.take(sample)
        evaluation.up_to(until_us)
        return evaluation


@dataclass(frozen=True, slots=True)
class _WatchedAlarm:
    """An alarm of the stack.

    Attributes:
        alarm: the alarm.
        condition: when it goes off, or why that is not computed.
        series: its metric, or why that is not computed.
    """

    alarm: Alarm
    condition: AlarmCondition | str
    series: _Series | _Lag | str


_TOO_LATE = (
    "an invoke counts for the minute in which it began, and ended so much later that CloudWatch may look there no more"
)
_SILENCE = "it goes off where little or nothing happens, which depends on what else is sent"


class AlarmReader:
    """Follows the metrics that alarms of a stack watch.

    Args:
        stack: the stack.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (*queues.READ, *invokes.READ, *lag.READ)

    def __init__(self, stack: Stack) -> None:
        self.watches = [_watch(stack, alarm) for alarm in stack.all(Alarm)]
        self._samplers = [each.series.sampler for each in self.watches if isinstance(each.series, _Series)]

    def read(self, event: Event) -> None:
        """Take an event."""
        for sampler in self._samplers:
            sampler.read(event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again; most stacks have no alarm that would show them."""
        if self._samplers:
            for event in repeated.events(self.reads):
                self.read(event)


def alarms_of(run: Run, stack: Stack, first_harm_seconds: float | None) -> tuple[AlarmFigures, ...]:
    """What becomes of each alarm of the stack, in the order of the stack.

    Args:
        run: the run.
        stack: the stack that was run.
        first_harm_seconds: when the first message was harmed, None where none was.
    """
    reader = reader_of(run, AlarmReader, lambda: AlarmReader(stack))
    return tuple(_figures(run, watch, first_harm_seconds) for watch in reader.watches)


def _watch(stack: Stack, alarm: Alarm) -> _WatchedAlarm:
    condition = _condition(alarm)
    if isinstance(condition, str):
        return _WatchedAlarm(alarm, condition, "")
    return _WatchedAlarm(alarm, condition, _series(stack, alarm, condition))


def _figures(run: Run, watch: _WatchedAlarm, first_harm_seconds: float | None) -> AlarmFigures:
    alarm, condition, series = watch.alarm, watch.condition, watch.series
    metric = "" if not alarm.metrics else alarm.metrics[0].name
    if isinstance(condition, str) or isinstance(series, str):
        problem = condition if isinstance(condition, str) else str(series)
        return AlarmFigures(name=alarm.name, metric=metric, at_seconds=None, after_harm_seconds=None, unknown=problem)
    evaluated = series.up_to(run, seconds(run.virtual_seconds) + condition.range_us + MINUTE_US)
    at_seconds = None if evaluated.at_us is None else in_seconds(evaluated.at_us)
    after = None if at_seconds is None or first_harm_seconds is None else round(at_seconds - first_harm_seconds, 6)
    unknown = _TOO_LATE if evaluated.missed and at_seconds is None else ""
    return AlarmFigures(
        name=alarm.name, metric=metric, at_seconds=at_seconds, after_harm_seconds=after, unknown=unknown
    )


def _condition(alarm: Alarm) -> AlarmCondition | str:
    """When it goes off, or why that is not computed."""
    if alarm.computed:
        return "it watches what metric queries compute, which is not modelled"
    known = (
        alarm.period_seconds.known,
        alarm.statistic.known,
        alarm.threshold.known,
        alarm.comparison.known,
        alarm.evaluation_periods.known,
    )
    period, statistic, threshold, comparison, periods = known
    if period is None or threshold is None or comparison is None or not periods:
        return "its period, threshold or number of periods is not known before deployment"
    if statistic not in STATISTICS or comparison not in COMPARISONS:
        return "it watches a percentile or an anomaly, which is not modelled"
    if microseconds(period) % MINUTE_US or not period:
        return f"its period of {period} s is not one of whole minutes, for which AWS publishes its metrics"
    if alarm.own_window:
        return "its evaluation window is one of the wall clock, and a run begins at no time of day"
    missing = alarm.missing_data.known
    if missing not in MISSING_DATA:
        return "how it treats missing data is not known before deployment"
    condition = AlarmCondition(
        statistic=statistic,
        period_us=microseconds(period),
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm.known or periods,
        missing_data=missing,
    )
    of_queue = any(metric.namespace == "AWS/SQS" for metric in alarm.metrics)
    if condition.breached_by(0) or (missing == "breaching" and not of_queue):
        return _SILENCE
    # A queue that is active has all its datapoints, before the run as well.
    return replace(condition, missing_data="notBreaching") if of_queue else condition


def _series(stack: Stack, alarm: Alarm, condition: AlarmCondition) -> _Series | _Lag | str:
    """What CloudWatch shows of its metric, or why that is not computed."""
    if not alarm.metrics:
        return "its metric is not known before deployment"
    metric = alarm.metrics[0]
    if metric.no_name is not None:
        return f"CloudWatch has no data of a {metric.no_name[0]} {metric.no_name[1]}: it knows the name"
    match metric.namespace:
        case "AWS/SQS":
            return _of_queue(stack, metric, condition)
        case "AWS/Lambda":
            return _of_function(stack, metric, condition)
    return f"metrics of {metric.namespace} are not modelled"


def _of_queue(stack: Stack, metric: Metric, condition: AlarmCondition) -> _Series | str:
    name = metric.dimensions.get("QueueName")
    queue = next((each for each in stack.queues if name in _names_of(each.arn, each.id, each.url)), None)
    if queue is None:
        return f"the queue {name} is none of the stack"
    if metric.name not in queues.METRICS:
        return f"the metric {metric.name} of queues is not modelled"
    evaluation = Evaluation(condition)
    fifo = queue.fifo.known is True
    return _Series(queues.QueueSampler(queue.label, metric.name, evaluation.take, fifo=fifo), evaluation)


def _of_function(stack: Stack, metric: Metric, condition: AlarmCondition) -> _Series | _Lag | str:
    function = stack.function_at(metric.dimensions.get("FunctionName"))
    if function is None:
        return f"the function {metric.dimensions.get('FunctionName')} is none of the stack"
    evaluation = Evaluation(condition)
    if metric.name == lag.OFFSET_LAG:
        return _Lag(frozenset(each.label for each in stack.mappings_of(function)), condition)
    if metric.name == lag.ITERATOR_AGE:
        streams = frozenset(each.label for each in stack.mappings_of(function) if isinstance(each, StreamMapping))
        return _Series(lag.AgeSampler(streams, evaluation.take), evaluation)
    if metric.name not in invokes.METRICS:
        return f"the metric {metric.name} of functions is not modelled"
    return _Series(invokes.FunctionSampler(function.label, metric.name, evaluation.take), evaluation)


def _names_of(arn: str | None, identity: str, url: str | None) -> set[str]:
    """What a metric may name a queue by."""
    texts = (arn or "", identity, url or "")
    return {text.rpartition(":")[2].rpartition("/")[2] for text in texts if text}
