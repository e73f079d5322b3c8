"""What a run uses: requests, GB-seconds, records, events, lines of logs."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from delivery_lab.cost.pollers import minimum_units, unit_hours
from delivery_lab.cost.polling import EMPTY_RECEIVES, LONG_POLL_SECONDS, IdlePolls, idle_poller_seconds, idle_polls
from delivery_lab.cost.standing import architecture, standing
from delivery_lab.cost.use import SECONDS_OF_HOUR, Usage
from delivery_lab.events import (
    Event,
    FeedConfigured,
    FeederAccepted,
    InvokeEnded,
    InvokeStarted,
    MessageDeleted,
    MessageReceived,
    Published,
    QueueConfigured,
    RecordAppended,
    RequestAnswered,
    Run,
    chunks,
)
from delivery_lab.events.instants import seconds
from delivery_lab.model.sqs.billing import DELETE_BATCH, RECEIVE
from delivery_lab.resource_types import EVENT_BUS, TOPIC
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import ON_DEMAND, Stream
from delivery_lab.stack.topics import Topic

_PUT_UNIT_BYTES = 25 * 1024
_ON_DEMAND_STEP_BYTES = 1024
_GB = 2**30
_MICROSECONDS_OF_MS = 1000
_PUBLISH_BATCH = 10

_OWN_BYTES_OF_INVOKE = 1024
"""Room for START, END and REPORT, and for 26 bytes of each event that CloudWatch adds (BILL-LOG-1)."""


def used_by(run: Run, stack: Stack) -> Iterator[Usage]:
    """Everything that a run uses, the hours that it takes included."""
    end_us = seconds(run.virtual_seconds)
    yield from _queues(run, stack, end_us)
    yield from _functions(run, stack, end_us)
    yield from _streams(run, stack)
    yield from _feeders(run, stack)
    yield from _apis(run, stack)
    yield from _logs(run)
    yield from unit_hours(run.events, minimum_units(stack), end_us)
    yield from standing(stack, run.virtual_seconds / SECONDS_OF_HOUR)


# -- SQS ------------------------------------------------------------------------------------------------------


def _queues(run: Run, stack: Stack, end_us: int) -> Iterator[Usage]:
    kinds = {e.queue: "fifo" if e.fifo else "standard" for e in run.events if type(e) is QueueConfigured}
    deleted, received = _by_mappings(run.events)
    for (service, queue, action), requests in run.used.items():
        if service != "sqs":
            continue
        item = f"sqs.requests.{kinds.get(queue, 'standard')}"
        if action == DELETE_BATCH and deleted.get(queue, 0) > requests:
            yield Usage(item, queue, requests, action, high=deleted[queue], rules=("BILL-DELETE-1",))
        elif action == RECEIVE and received.get(queue, 0) > requests:
            yield Usage(item, queue, requests, action, high=received[queue], rules=("BILL-RECEIVE-1",))
        else:
            yield Usage(item, queue, requests, action)
    yield from _empty_receives(run, stack, end_us, kinds)


def _by_mappings(events: Iterable[Event]) -> tuple[dict[str, int], dict[str, int]]:
    """Messages that mappings deleted and received, by queue: as many requests as there can be at most."""
    deleted: dict[str, int] = defaultdict(int)
    received: dict[str, int] = defaultdict(int)
    for event in events:
        if isinstance(event, MessageDeleted) and event.by.mapping:
            deleted[event.queue] += 1
        elif isinstance(event, MessageReceived) and event.by.mapping:
            received[event.queue] += 1
    return deleted, received


def _empty_receives(run: Run, stack: Stack, end_us: int, kinds: dict[str, str]) -> Iterator[Usage]:
    polls: dict[str, tuple[SqsMapping, IdlePolls]] = {}
    for mapping in stack.mappings:
        if isinstance(mapping, SqsMapping):
            found = idle_polls(mapping, run.assumptions)
            if found is not None:
                polls[mapping.label] = mapping, found
    idle = idle_poller_seconds(run.events, {name: found for name, (_, found) in polls.items()}, end_us)
    for name, (mapping, found) in polls.items():
        queue = mapping.queue.label if mapping.queue is not None else ""
        item = f"sqs.requests.{'fifo' if mapping.fifo else kinds.get(queue, 'standard')}"
        taken, low, high = (each / LONG_POLL_SECONDS for each in idle[name])
        # A receive that finds something ends a wait before its time.
        cut = sum(count for used, count in run.used.items() if used[:2] == ("sqs", queue) and used[2] == RECEIVE)
        yield Usage(
            item,
            name,
            taken,
            EMPTY_RECEIVES,
            max(0.0, low - cut - found.low),
            high,
            found.rules,
            by_time=True,
            may_vanish=True,
        )


# -- Lambda ---------------------------------------------------------------------------------------------------


def _functions(run: Run, stack: Stack, end_us: int) -> Iterator[Usage]:
    """Requests, and GB-seconds by the millisecond, initialisation included, as AWS bills since August 2025."""
    started: dict[tuple[str, str], int] = {}
    invokes: dict[str, int] = defaultdict(int)
    billed_ms: dict[str, int] = defaultdict(int)
    for event in run.events:
        if isinstance(event, InvokeStarted):
            started[event.function, event.invoke] = event.instant_us
            invokes[event.function] += 1
        elif isinstance(event, InvokeEnded):
            billed_ms[event.function] += _ms(event.instant_us - started.pop((event.function, event.invoke)))
    for (name, _), since_us in started.items():
        billed_ms[name] += _ms(end_us - since_us)
    for function in stack.functions:
        name = function.label
        if not invokes[name]:
            continue
        yield Usage("lambda.requests", name, invokes[name])
        memory_mb = function.memory_mb.known
        if memory_mb is not None:
            gb_seconds = billed_ms[name] / 1000 * memory_mb / 1024
            yield Usage(f"lambda.duration.{architecture(function)}", name, gb_seconds)


def _ms(spent_us: int) -> int:
    return math.ceil(spent_us / _MICROSECONDS_OF_MS)


# -- streams, feeders, APIs, logs -----------------------------------------------------------------------------


def _streams(run: Run, stack: Stack) -> Iterator[Usage]:
    """Each record is billed by its size, in steps of 25 KB, or of 1 KB in on-demand mode."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for event in run.events:
        if isinstance(event, RecordAppended) and event.source_kind == "kinesis":
            sizes[event.source].append(len(event.body.encode()))
    for stream in stack.all(Stream):
        held = sizes.get(stream.label)
        if not held:
            continue
        if stream.mode.known == ON_DEMAND:
            written = sum(-(-size // _ON_DEMAND_STEP_BYTES) * _ON_DEMAND_STEP_BYTES for size in held) / _GB
            readers = sum(polled.source == stream.label for polled in run.polled)
            yield Usage("kinesis.data-in.on-demand", stream.label, written)
            yield Usage("kinesis.data-out.on-demand", stream.label, readers * sum(held) / _GB)
        else:
            yield Usage("kinesis.put-units", stream.label, sum(max(1, -(-size // _PUT_UNIT_BYTES)) for size in held))


def _feeders(run: Run, stack: Stack) -> Iterator[Usage]:
    """Publishes and custom events, each in steps of 64 KB."""
    kinds = {event.feeder: event.feeder_kind for event in run.events if isinstance(event, FeedConfigured)}
    published: dict[tuple[str, str], int] = defaultdict(int)
    tokens = {each.label: each.type for each in stack.resources.values() if each.type in (TOPIC, EVENT_BUS)}
    for event in run.events:
        if isinstance(event, FeederAccepted):
            if kinds.get(event.feeder) in ("topic", "bus"):
                published[kinds[event.feeder], event.feeder] += _steps(kinds[event.feeder], event.body)
        elif isinstance(event, Published) and event.target in tokens:
            kind = "topic" if tokens[event.target] == TOPIC else "bus"
            published[kind, event.target] += _steps(kind, event.body)
    fifo = {topic.label for topic in stack.all(Topic) if topic.fifo.known}
    batches = any(used.service == "sns" for used in run.used)
    for (kind, name), amount in published.items():
        if kind == "bus":
            yield Usage("events.custom", name, amount)
        else:
            item = "sns.publishes.fifo" if name in fifo else "sns.publishes"
            low = math.ceil(amount / _PUBLISH_BATCH) if batches else None
            yield Usage(item, name, amount, "", low, rules=("BILL-SNS-1",) if batches else ())


def _steps(kind: str, body: str) -> int:
    """As how many a message counts; an event of AWS's own services is free."""
    if kind == "bus":
        try:
            source = json.loads(body).get("source", "")
        except (ValueError, AttributeError):
            source = ""
        if str(source).startswith("aws."):
            return 0
    return chunks((body,))


def _apis(run: Run, stack: Stack) -> Iterator[Usage]:
    answered: dict[str, int] = defaultdict(int)
    for event in run.events:
        if isinstance(event, RequestAnswered):
            answered[event.api] += 1
    rest = {api.label for api in stack.all(RestApi)}
    for name, requests in answered.items():
        yield Usage(f"apigateway.{'rest' if name in rest else 'http'}.requests", name, requests)


def _logs(run: Run) -> Iterator[Usage]:
    """What handlers write; Lambda's own lines and CloudWatch's overhead come on top (BILL-LOG-1)."""
    invokes = Counter(event.function for event in run.events if isinstance(event, InvokeStarted))
    for used, amount in run.used.items():
        if used.service == "logs":
            most = amount + invokes[used.resource] * _OWN_BYTES_OF_INVOKE
            yield Usage(
                "cloudwatch.logs.ingestion", used.resource, amount / _GB, high=most / _GB, rules=("BILL-LOG-1",)
            )
