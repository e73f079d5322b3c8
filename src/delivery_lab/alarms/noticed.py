"""Which alarms of a stack a run sets off, and how long after the first message was harmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from delivery_lab.alarms.evaluation import COMPARISONS, STATISTICS, AlarmCondition, goes_off_us, microseconds
from delivery_lab.alarms.invokes import METRICS as OF_FUNCTIONS
from delivery_lab.alarms.invokes import function_samples
from delivery_lab.alarms.lag import LAGS, lag_samples
from delivery_lab.alarms.queues import METRICS as OF_QUEUES
from delivery_lab.alarms.queues import queue_samples
from delivery_lab.alarms.samples import MetricSample
from delivery_lab.events import Run
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.results.alarm_figures import AlarmFigures
from delivery_lab.stack.alarms import Alarm, Metric
from delivery_lab.stack.stack import Stack

Series = Callable[[int], Iterable[MetricSample]]
"""The samples of a metric up to an instant."""


def alarms_of(run: Run, stack: Stack, first_harm_seconds: float | None) -> tuple[AlarmFigures, ...]:
    """What becomes of each alarm of the stack, in the order of the stack.

    Args:
        run: the run.
        stack: the stack that was run.
        first_harm_seconds: when the first message was harmed, None where none was.
    """
    return tuple(_figures(run, stack, alarm, first_harm_seconds) for alarm in stack.all(Alarm))


def _figures(run: Run, stack: Stack, alarm: Alarm, first_harm_seconds: float | None) -> AlarmFigures:
    metric = "" if not alarm.metrics else alarm.metrics[0].name
    condition, series = _condition(alarm), _series(run, stack, alarm)
    problem = next((each for each in (condition, series) if isinstance(each, str)), "")
    if isinstance(condition, str) or isinstance(series, str):
        return AlarmFigures(name=alarm.name, metric=metric, at_seconds=None, after_harm_seconds=None, unknown=problem)
    until_us = seconds(run.virtual_seconds) + condition.until_us
    at_us = goes_off_us(series(until_us), condition, until_us)
    at_seconds = None if at_us is None else in_seconds(at_us)
    after = None if at_seconds is None or first_harm_seconds is None else round(at_seconds - first_harm_seconds, 6)
    return AlarmFigures(name=alarm.name, metric=metric, at_seconds=at_seconds, after_harm_seconds=after, unknown="")


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
    return AlarmCondition(
        statistic=statistic,
        period_us=microseconds(period),
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm.known or periods,
        missing_breaches=alarm.missing_data.known == "breaching",
    )


def _series(run: Run, stack: Stack, alarm: Alarm) -> Series | str:
    """What CloudWatch shows of its metric, or why that is not computed."""
    if not alarm.metrics:
        return "its metric is not known before deployment"
    metric = alarm.metrics[0]
    match metric.namespace:
        case "AWS/SQS":
            return _of_queue(run, stack, metric)
        case "AWS/Lambda":
            return _of_function(run, stack, metric)
    return f"metrics of {metric.namespace} are not modelled"


def _of_queue(run: Run, stack: Stack, metric: Metric) -> Series | str:
    name = metric.dimensions.get("QueueName")
    queue = next((each for each in stack.queues if name in _names_of(each.arn, each.id, each.url)), None)
    if queue is None:
        return f"the queue {name} is none of the stack"
    if metric.name not in OF_QUEUES:
        return f"the metric {metric.name} of queues is not modelled"
    label = queue.label
    return lambda until_us: queue_samples(run.events, label, metric.name, until_us)


def _of_function(run: Run, stack: Stack, metric: Metric) -> Series | str:
    function = stack.function_at(metric.dimensions.get("FunctionName"))
    if function is None:
        return f"the function {metric.dimensions.get('FunctionName')} is none of the stack"
    if metric.name in LAGS:
        mappings = frozenset(each.label for each in stack.mappings_of(function))
        return lambda until_us: lag_samples(run, mappings, metric.name, until_us)
    if metric.name not in OF_FUNCTIONS:
        return f"the metric {metric.name} of functions is not modelled"
    label = function.label
    return lambda _: function_samples(run.events, label, metric.name)


def _names_of(arn: str | None, identity: str, url: str | None) -> set[str]:
    """What a metric may name a queue by."""
    texts = (arn or "", identity, url or "")
    return {text.rpartition(":")[2].rpartition("/")[2] for text in texts if text}
