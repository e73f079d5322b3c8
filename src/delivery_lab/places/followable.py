"""What can be followed in somebody's account, and the calls that it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from delivery_lab.errors import NotModelledError
from delivery_lab.model.feeds.targets import QueueTarget
from delivery_lab.model.mapping.kafka import TopicConsumer
from delivery_lab.model.mapping.stream import StreamConsumer
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.places.feeders import FEEDERS, feeder_of, is_removal
from delivery_lab.places.known import KnownStack
from delivery_lab.results.fates import business_id_of
from delivery_lab.simulation.send_lines import Arrival
from delivery_lab.stack.apis import Api
from delivery_lab.stack.functions import Function
from delivery_lab.stack.rest_apis import RestApi

_WHY_NOT = {
    "invoke": "who waits for an answer has it, and nothing is delivered to be followed",
    "topic": "brokers are reached from within their network only",
}
"""Why what is sent to something is not followed."""
_SENDS = {
    "queue": "sqs:SendMessageBatch",
    "stream": "kinesis:PutRecord",
    "table": "dynamodb:PutItem",
    "event": "lambda:Invoke (Event)",
    "sns": "sns:Publish",
    "s3": "s3:PutObject",
    "bus": "events:PutEvents",
}
_READ = ("stream", "table")
"""What has records that mappings read."""
_OBJECT_EVENTS = ("", "ObjectCreated:Put", "ObjectRemoved:Delete")
"""What can happen to objects: they are put or deleted."""


def check_followable(known: KnownStack) -> None:
    """Refuse what cannot be followed in somebody's account.

    Raises:
        NotModelledError: the workload sends to something whose messages are not seen there, or has faults; or a
            mapping filters records.
    """
    if known.faults:
        raise NotModelledError(
            f"{known.workload.origin}: --on aws injects no faults: functions are invoked by AWS\n"
            "  nearest: --on simulation, or a workload without"
        )
    queues = {mapping.queue.name for mapping in known.account.mappings.values()}
    streams = {mapping.source.name for mapping in readers_of(known)}
    for arrival in known.arrivals:
        _check_arrival(known, arrival, queues, streams)
        if arrival.target == "http":
            _check_request(known, arrival)
        if arrival.target == "table":
            _check_id(arrival)
        if arrival.target in FEEDERS:
            _check_fed(known, arrival, queues)
    _check_alone(known)
    sent = {arrival.name for arrival in known.arrivals if arrival.target in _READ}
    for mapping in readers_of(known):
        if mapping.source.name in sent and mapping.config.patterns:
            raise NotModelledError(
                f"{known.stack.name}: {mapping.config.name} filters records: one that it leaves out reaches no "
                "function, as one that waits does not\n  nearest: --on simulation, or --on local"
            )


def readers_of(known: KnownStack) -> list[StreamConsumer]:
    """The mappings that read streams, of Kinesis and of tables; pipes, which have no function, are none."""
    return [
        mapping
        for name, mapping in known.account.record_mappings.items()
        if not isinstance(mapping, TopicConsumer) and name not in known.account.pipes
    ]


def _check_arrival(known: KnownStack, arrival: Arrival, queues: set[str], streams: set[str]) -> None:
    origin = known.workload.origin
    if arrival.target in _WHY_NOT:
        raise NotModelledError(
            f"{origin}: --on aws does not follow what is sent to {arrival.name}: "
            f"{_WHY_NOT[arrival.target]}\n  nearest: --on simulation, or --on local"
        )
    read = {"queue": queues, **dict.fromkeys(_READ, streams)}.get(arrival.target)
    if read is not None and arrival.name not in read:
        raise NotModelledError(
            f"{origin}: --on aws sends to {arrival.target}s that a mapping of the stack reads, and {arrival.name} is "
            f"none (read: {', '.join(sorted(read)) or 'none'})\n  nearest: --on simulation, or --on local"
        )


def _check_fed(known: KnownStack, arrival: Arrival, queues: set[str]) -> None:
    """Refuse what a topic, bucket or bus is sent that cannot be found again behind it."""
    feeder, nearest = feeder_of(known.account, arrival), "nearest: --on simulation, or --on local"
    feeds = [feed for feed in known.account.feeds if feed.feeder == feeder.name]
    if not feeds:
        raise NotModelledError(
            f"{known.workload.origin}: {feeder.name} hands nothing on: nothing of it could be followed\n  {nearest}"
        )
    for feed in feeds:
        if not isinstance(feed.target, QueueTarget) or feed.target.name not in queues:
            raise NotModelledError(
                f"{known.stack.name}: {feed.name} hands on to {feed.target.name}, which is no queue that a mapping of "
                f"the stack reads: only what functions have of queues is seen\n  {nearest}"
            )
        if any(other.target.name == feed.target.name and other is not feed for other in known.account.feeds):
            raise NotModelledError(
                f"{known.stack.name}: {feed.target.name} gets messages of several subscriptions, notifications or "
                f"rules: which of them a message is of is not seen\n  {nearest}"
            )
        if feed.dead_letters is not None and not isinstance(feed.dead_letters, QueueTarget):
            raise NotModelledError(
                f"{known.stack.name}: {feed.name} dead-letters to {feed.dead_letters.name}, which is no queue of the "
                f"stack: what it gets is not seen\n  {nearest}"
            )
    if isinstance(feeder, NotifyingBucket):
        if arrival.event not in _OBJECT_EVENTS or (is_removal(arrival) and feeder.keeps_versions):
            raise NotModelledError(
                f"{arrival.where}: objects are put or, without versions, deleted: {feeder.name} would tell of "
                f"something else than {arrival.event}\n  {nearest}"
            )
    else:
        _check_id(arrival)


def api_of(known: KnownStack, arrival: Arrival) -> str:
    """The name of the API that a request is sent to."""
    return arrival.name or next(iter(known.account.apis))


def _check_request(known: KnownStack, arrival: Arrival) -> None:
    """Refuse requests of which it is not seen what they become."""
    name, request = api_of(known, arrival), arrival.request
    assert request is not None
    route = known.account.apis[name].route(request.method, request.path)
    if not (route is not None and route.function and known.account.mappings):
        raise NotModelledError(
            f"{known.workload.origin}: --on aws does not follow what is sent to {name}: only functions say in the log "
            "contract what they queue, in a stack that reads a queue\n  nearest: --on simulation, or --on local"
        )


def _check_alone(known: KnownStack) -> None:
    """Refuse functions that have messages of several sources, where only the business id tells what they had."""
    tables = {arrival.name for arrival in known.arrivals if arrival.target == "table"}
    feeders = {feeder_of(known.account, arrival).name for arrival in known.arrivals if arrival.target in FEEDERS}
    fed = {feed.target.name for feed in known.account.feeds if feed.feeder in feeders}
    events = {(arrival.name, "asynchronous events") for arrival in known.arrivals if arrival.target == "event"}
    queues = {(mapping.config.function, mapping.queue.name) for mapping in known.account.mappings.values()}
    records = {(reader.config.function, reader.source.name) for reader in readers_of(known)}
    for function, source in sorted({*queues, *records}):
        others = sorted(name for given, name in {*queues, *records, *events} if given == function and name != source)
        if source in fed | tables and others:
            raise NotModelledError(
                f"{known.stack.name}: {function} has messages of {source}, which are known by their business ids, and "
                f"of {', '.join(others)}: which of its lines are about which is not seen\n"
                "  nearest: --on simulation, or --on local"
            )


def _check_id(arrival: Arrival) -> None:
    if business_id_of(arrival.body) is None:
        raise NotModelledError(
            f"{arrival.where}: a body without an `id`, by which functions log in the log contract what they had: what "
            f"{arrival.name} hands on could not be told apart\n  nearest: --on simulation, or --on local"
        )


def name_of(known: KnownStack, arrival: Arrival) -> str:
    """The name of what something is sent to."""
    return api_of(known, arrival) if arrival.target == "http" else arrival.name


def address_of(known: KnownStack, arrival: Arrival) -> str:
    """The URL or ARN that something is sent to."""
    account = known.account
    if arrival.target == "queue":
        return account.queues[arrival.name].url
    if arrival.target == "stream":
        return account.streams_by_name[arrival.name].arn
    if arrival.target == "http":
        name = api_of(known, arrival)
        arns = {api.label: api.execution_arn for api in known.stack.all(Api)}
        arns |= {api.label: api.execution_arn for api in known.stack.all(RestApi)}
        return arns.get(name) or name
    if arrival.target == "table":
        return account.table_streams[arrival.name].arn.partition("/stream/")[0]
    if arrival.target in FEEDERS:
        feeder = feeder_of(account, arrival)
        return feeder.identity.arn if isinstance(feeder, NotifyingBucket) else feeder.arn
    return account.functions.configuration(arrival.name).arn


def planned(known: KnownStack) -> Iterator[str]:
    """The calls of a run, in words: what is asked, and of what."""
    yield "sts:GetCallerIdentity"
    for queue in known.account.queues.values():
        yield f"sqs:GetQueueAttributes {queue.url} (until nothing moves)"
    reading = {mapping.config.function for mapping in readers_of(known)}
    given = {arrival.name for arrival in known.arrivals if arrival.target == "event"}
    for function in known.stack.functions:
        name = known.physical_name(function)
        yield f"lambda:GetFunctionConfiguration {name}"
        yield f"logs:FilterLogEvents of {name}"
        yield f"cloudwatch:GetMetricStatistics {', '.join(_metrics(function, reading, given))} of {name}"
    for mapping in known.account.mappings.values():
        yield f"lambda:ListEventSourceMappings {mapping.queue.arn}"
    for reader in readers_of(known):
        yield f"lambda:ListEventSourceMappings {reader.source.arn}"
    sent = Counter((_call_of(arrival), address_of(known, arrival)) for arrival in known.arrivals)
    for (call, address), count in sent.items():
        yield f"SENDS {call} {address}: {count} messages"


def _call_of(arrival: Arrival) -> str:
    if arrival.request is not None:
        return f"{arrival.request.method} {arrival.request.path}"
    return "s3:DeleteObject" if arrival.target == "s3" and is_removal(arrival) else _SENDS[arrival.target]


def _metrics(function: Function, reading: set[str], given: set[str]) -> Iterator[str]:
    yield from ("Throttles", "Errors")
    if function.label in given:
        yield "AsyncEventsDropped"
    if function.label in reading:
        yield "IteratorAge"
