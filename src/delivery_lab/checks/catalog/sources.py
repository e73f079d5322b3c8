"""What fits no source of that kind: settings, filters and alarms that are meant for another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.limits.mappings import SOURCES
from delivery_lab.resource_types import SourceKind
from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE
from delivery_lab.stack.alarms import Alarm
from delivery_lab.stack.functions import Function, InvokeConfig
from delivery_lab.stack.mappings import RecordMapping, SqsMapping, StreamMapping
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import has_unknown
from delivery_lab.stack.stack import Stack

_LAMBDA_NAMESPACE = "AWS/Lambda"
_METRICS: Mapping[str, tuple[frozenset[SourceKind | None], str]] = {
    "IteratorAge": (frozenset({"kinesis", "dynamodb"}), "streams"),
    "OffsetLag": (frozenset({"kafka"}), "Kafka topics"),
}
"""Metrics of Lambda that only some kinds of sources have."""


class ForeignSettings(Check):
    id = "CHK-KIND-1"
    title = "setting that the source of a mapping does not have"
    severity = Severity.ERROR
    why = "Retries, age, bisecting and destinations belong to streams and Kafka; AWS refuses them for a queue."
    fix = "Remove the setting; a queue has its visibility timeout and its redrivePolicy for that."
    source = "ESM-KIND-1"
    same_as = ("CFN-E3634",)

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            foreign = [setting for setting in mapping.foreign if not has_unknown(setting.value)]
            if mapping.kind is None or not foreign:
                continue
            names = [setting.origin.input for setting in foreign]
            why = (
                f"AWS refuses {', '.join(names)} of a mapping that reads {SOURCES[mapping.kind]}: other kinds of "
                "sources have such settings."
            )
            fix = f"remove {', '.join(names)} of {mapping.name}"
            if isinstance(mapping, SqsMapping) and {"maximumRetryAttempts", "destinationConfig"} & set(names):
                fix += ", and set redrivePolicy of the queue, which is what ends retries there"
            edits = tuple(Edit.of(setting, None) for setting in foreign)
            yield Found((mapping.name,), values_of(*foreign), why, fix, edits)


class RivalFilters(Check):
    id = "CHK-FILTER-1"
    title = "filter on a queue that somebody else reads too"
    severity = Severity.ERROR
    why = "A message that does not match is deleted, not left for the other reader."
    fix = "Give each reader a queue of its own."
    source = "ESM-FILTER-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.polled_queues():
            readers = _readers(stack, queue)
            filtering = [reader for reader in readers if reader.filters.known]
            if not _rival_filters(readers):
                continue
            names = tuple(reader.name for reader in filtering)
            why = (
                "A queue hands each message to one of its readers, and a mapping deletes what its filters do not "
                f"match: messages that are meant for another reader of {queue.name} are deleted by {', '.join(names)}."
            )
            fix = (
                f"give each reader of {queue.name} a queue of its own, with the filter on the subscription that "
                "fills it"
            )
            values = {f"{reader.name}.filterCriteria": _written(reader.filters.known or ()) for reader in filtering}
            others = tuple(reader.name for reader in readers if reader not in filtering)
            yield Found((*names, *others, queue.name), values, why, fix)


def _readers(stack: Stack, queue: Queue) -> list[SqsMapping]:
    """The mappings that poll a queue, or may do so."""
    return [mapping for mapping in stack.mappings_from(queue) if mapping.enabled.known is not False]


def _rival_filters(readers: list[SqsMapping]) -> bool:
    """Whether one mapping deletes what another would take: some filter, and not all in the same way."""
    filters = {reader.filters.known or () for reader in readers}
    return len(filters) > 1


class SharedQueue(Check):
    id = "CHK-SHARE-1"
    title = "two functions or pipes read one queue"
    severity = Severity.WARNING
    why = "They compete: each message goes to one of them, by chance, and the other never sees it."
    fix = "Give each reader a queue of its own, filled by an SNS topic or an event bus."
    source = "SQS-SHARE-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.polled_queues():
            readers, pipes = _readers(stack, queue), list(_pipes(stack, queue))
            functions = {_function_of(reader): reader for reader in readers}
            functions.pop(None, None)
            if len(functions) + len(pipes) < 2 or _rival_filters(readers):
                continue  # with rival filters messages are deleted, which is another check
            names = [*(name for name in functions if name is not None), *(pipe.name for pipe in pipes)]
            who, each = ("reader that", "reader") if pipes else ("function whose poller", "function")
            why = (
                f"{' and '.join(names)} read the same queue, {queue.name}. Messages are not copied: each goes to the "
                f"{who} happens to receive it, so every {each} misses a part of them."
            )
            fix = f"in place of {queue.name}, give each {each} a queue of its own, filled by a topic or an event bus"
            named = (*(reader.function_name for reader in functions.values()), *(pipe.source_arn for pipe in pipes))
            involved = (queue.name, *(reader.name for reader in functions.values()), *(pipe.name for pipe in pipes))
            yield Found(involved, values_of(*named), why, fix)


def _pipes(stack: Stack, queue: Queue) -> Iterator[Pipe]:
    """The pipes that read a queue."""
    return (pipe for pipe in stack.all(Pipe) if not pipe.is_stopped and stack.queue_at(pipe.source_arn.known) is queue)


def _function_of(mapping: SqsMapping) -> str | None:
    """What tells the function of a mapping from others, whatever version or alias it names; None if it is not known."""
    return mapping.function_name.known if mapping.function is None else mapping.function.name


def _written(patterns: tuple[str, ...]) -> dict[str, object]:
    """Filters as the program wrote them."""
    return {"filters": [{"pattern": pattern} for pattern in patterns]}


class SecondMapping(Check):
    id = "CHK-ONE-1"
    title = "second mapping of the same queue or stream to the same function"
    severity = Severity.ERROR
    why = "AWS refuses it with ResourceConflictException."
    fix = "Keep one mapping."
    source = LAMBDA_API + "API_CreateEventSourceMapping.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        pairs: dict[tuple[str, str], list[SqsMapping | StreamMapping]] = {}
        found: list[SqsMapping | StreamMapping] = [*stack.all(SqsMapping), *stack.all(StreamMapping)]
        for mapping in found:
            reference, source = mapping.function_name.known, mapping.source_arn.known
            if source and reference:
                pairs.setdefault((source, reference), []).append(mapping)
        for mappings in pairs.values():
            if len(mappings) < 2:
                continue
            names = tuple(mapping.name for mapping in mappings)
            kind = "queue" if isinstance(mappings[0], SqsMapping) else "stream"
            why = f"AWS refuses a second mapping of the same {kind} to the same function."
            fix = f"keep one of {', '.join(names)}"
            values = values_of(*(mapping.function_name for mapping in mappings))
            yield Found(names, values, why, fix, source="ESM-ONE-1")


class FifoDestination(Check):
    id = "CHK-DEST-1"
    title = "FIFO queue or topic as a destination"
    severity = Severity.ERROR
    why = "Destinations of mappings and of asynchronous invokes are standard queues and topics."
    fix = "Set a standard queue or topic, or a bucket."
    source = "STR-DEST-5"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.all(RecordMapping):
            if (mapping.destination_arn.known or "").endswith(".fifo"):
                why = "AWS refuses a FIFO queue or topic as a destination for failures."
                fix = f"set destinationConfig.onFailure of {mapping.name} to a standard queue or topic, or to a bucket"
                yield Found((mapping.name,), values_of(mapping.destination_arn), why, fix)
        for config in stack.all(InvokeConfig):
            for event, destination in (("onSuccess", config.on_success), ("onFailure", config.on_failure)):
                if (destination.known or "").endswith(".fifo"):
                    why = "AWS refuses a FIFO queue or topic as a destination of asynchronous invokes."
                    fix = f"set destinationConfig.{event} of {config.name} to a standard queue or topic"
                    source = LAMBDA_API + "API_PutFunctionEventInvokeConfig.html"
                    yield Found((config.name,), values_of(destination), why, fix, source=source)


class SilentAlarm(Check):
    id = "CHK-METRIC-1"
    title = "alarm on a metric that the source does not have"
    severity = Severity.WARNING
    why = "IteratorAge belongs to Kinesis and DynamoDB streams, OffsetLag to Kafka: the alarm never has data."
    fix = "Watch OffsetLag for Kafka, IteratorAge for streams, ApproximateAgeOfOldestMessage for queues."
    source = LAMBDA_GUIDE + "monitoring-metrics-types.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for alarm in stack.all(Alarm):
            for metric in alarm.metrics:
                if metric.namespace != _LAMBDA_NAMESPACE or metric.name not in _METRICS:
                    continue
                function = stack.function_at(metric.dimensions.get("FunctionName"))
                fitting, sources = _METRICS[metric.name]
                kinds = _kinds_of(stack, function)
                if function is None or not kinds or kinds & (fitting | {None}):
                    continue
                instead = "OffsetLag" if kinds == {"kafka"} else "IteratorAge" if "kafka" not in kinds else ""
                if kinds == {"sqs"}:
                    instead = "ApproximateAgeOfOldestMessage of the queue"
                why = (
                    f"{metric.name} is a metric of {sources}, which do not feed {function.name}, so the alarm "
                    "never has data."
                )
                fix = (
                    f"let {alarm.name} watch {instead}" if instead else f"let {alarm.name} watch a metric of the source"
                )
                values = {
                    f"{alarm.name}.metricName": metric.name,
                    f"{alarm.name}.dimensions": dict(metric.dimensions),
                }
                yield Found((alarm.name, function.name), values, why, fix)


def _kinds_of(stack: Stack, function: Function | None) -> set[SourceKind | None]:
    return set() if function is None else {mapping.kind for mapping in stack.mappings_of(function)}
