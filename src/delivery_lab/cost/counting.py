"""What a run uses: requests, GB-seconds, records, events, lines of logs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from delivery_lab.cost.polling import EMPTY_RECEIVES, LONG_POLL_SECONDS, polls_of
from delivery_lab.cost.reading import UseReader, use_of
from delivery_lab.cost.standing import architecture, standing
from delivery_lab.cost.use import SECONDS_OF_HOUR, Usage
from delivery_lab.events import Run
from delivery_lab.events.instants import seconds
from delivery_lab.model.capacity import HALVES_OF_UNIT
from delivery_lab.model.sqs.billing import DELETE_BATCH, RECEIVE
from delivery_lab.stack.function_urls import FunctionUrl
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import ON_DEMAND, PER_REQUEST, Stream
from delivery_lab.stack.topics import Topic

_GB = 2**30
_PUBLISH_BATCH = 10

_OWN_BYTES_OF_INVOKE = 1024
"""Room for START, END and REPORT, and for 26 bytes of each event that CloudWatch adds (BILL-LOG-1)."""


def used_by(run: Run, stack: Stack) -> Iterator[Usage]:
    """Everything that a run uses, the hours that it takes included."""
    end_us = seconds(run.virtual_seconds)
    use = use_of(run, stack)
    yield from _queues(run, stack, use, end_us)
    yield from _functions(stack, use, end_us)
    yield from _streams(run, stack, use)
    yield from _feeders(run, stack, use)
    yield from _apis(stack, use)
    yield from _tables(run, stack)
    yield from _logs(run, use)
    yield from use.units.hours(end_us)
    yield from standing(stack, run.virtual_seconds / SECONDS_OF_HOUR)


# -- SQS ------------------------------------------------------------------------------------------------------


def _queues(run: Run, stack: Stack, use: UseReader, end_us: int) -> Iterator[Usage]:
    kinds, deleted, received = use.queue_kinds, use.deleted, use.received
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
    yield from _empty_receives(run, stack, use, end_us)


def _empty_receives(run: Run, stack: Stack, use: UseReader, end_us: int) -> Iterator[Usage]:
    polls, idle, kinds = polls_of(stack, run.assumptions), use.idle.seconds(end_us), use.queue_kinds
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


def _functions(stack: Stack, use: UseReader, end_us: int) -> Iterator[Usage]:
    """Requests, and GB-seconds by the millisecond, initialisation included, as AWS bills since August 2025."""
    invokes, billed_ms = use.invokes, use.billed_ms(end_us)
    for function in stack.functions:
        name = function.label
        if not invokes[name]:
            continue
        yield Usage("lambda.requests", name, invokes[name])
        memory_mb = function.memory_mb.known
        if memory_mb is not None:
            gb_seconds = billed_ms[name] / 1000 * memory_mb / 1024
            yield Usage(f"lambda.duration.{architecture(function)}", name, gb_seconds)


# -- streams, feeders, APIs, logs -----------------------------------------------------------------------------


def _streams(run: Run, stack: Stack, use: UseReader) -> Iterator[Usage]:
    """Each record is billed by its size, in steps of 25 KB, or of 1 KB in on-demand mode."""
    for stream in stack.all(Stream):
        held = use.records.get(stream.label)
        if not held:
            continue
        if stream.mode.known == ON_DEMAND:
            readers = sum(polled.source == stream.label for polled in run.polled)
            yield Usage("kinesis.data-in.on-demand", stream.label, held.stepped_bytes / _GB)
            yield Usage("kinesis.data-out.on-demand", stream.label, readers * held.held_bytes / _GB)
        else:
            yield Usage("kinesis.put-units", stream.label, held.put_units)


def _feeders(run: Run, stack: Stack, use: UseReader) -> Iterator[Usage]:
    """Publishes and events, each in steps of 64 KB."""
    fifo = {topic.label for topic in stack.all(Topic) if topic.fifo.known}
    batches = any(used.service == "sns" for used in run.used)
    for (kind, name), amount in use.published.items():
        if kind != "topic":
            yield Usage(f"events.{kind}", name, amount)
        else:
            item = "sns.publishes.fifo" if name in fifo else "sns.publishes"
            low = math.ceil(amount / _PUBLISH_BATCH) if batches else None
            yield Usage(item, name, amount, "", low, rules=("BILL-SNS-1",) if batches else ())


def _apis(stack: Stack, use: UseReader) -> Iterator[Usage]:
    rest = {api.label for api in stack.all(RestApi)}
    free = {url.label for url in stack.all(FunctionUrl)}  # Lambda's own price is all that their requests cost
    for name, requests in use.answered.items():
        if name in free:
            continue
        yield Usage(f"apigateway.{'rest' if name in rest else 'http'}.requests", name, requests)


def _tables(run: Run, stack: Stack) -> Iterator[Usage]:
    """Request units of tables on demand; what transactions and indexes use is among them."""
    on_demand = {table.physical_name: table for table in stack.tables if table.billing_mode.known == PER_REQUEST}
    for used, halves in run.used.items():
        if used.service == "dynamodb" and used.resource in on_demand:
            table = on_demand[used.resource]
            yield Usage(f"dynamodb.{used.action}.on-demand", table.label, halves / HALVES_OF_UNIT)


def _logs(run: Run, use: UseReader) -> Iterator[Usage]:
    """What handlers write; Lambda's own lines and CloudWatch's overhead come on top (BILL-LOG-1)."""
    for used, amount in run.used.items():
        if used.service == "logs":
            most = amount + use.invokes.get(used.resource, 0) * _OWN_BYTES_OF_INVOKE
            yield Usage(
                "cloudwatch.logs.ingestion", used.resource, amount / _GB, high=most / _GB, rules=("BILL-LOG-1",)
            )
