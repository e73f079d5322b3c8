"""The lines of a first workload: what each function of a stack is sent, by what feeds it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from delivery_lab import resource_types
from delivery_lab.api.first.bodies import HTTP, KINESIS, QUEUE, TOPIC, MessageBodies, sendable
from delivery_lab.api.first.patterns import matching, merged
from delivery_lab.simulation.qualifiers import qualifiers_of
from delivery_lab.stack.apis import Api
from delivery_lab.stack.events import Bucket, Bus, EventRule, EventTarget
from delivery_lab.stack.function_urls import FunctionUrl
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import DynamoDbMapping, EventSourceMapping, KafkaMapping, KinesisMapping, SqsMapping
from delivery_lab.stack.notifications import BucketNotification, NotificationConfig
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import document
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Table
from delivery_lab.stack.topics import Subscription, Topic

Line = dict[str, Any]
_NUMBER = "N"
_AFTER_START = 600
"""Seconds after which mappings of Kafka have begun to poll: what is there before, one that begins at LATEST skips."""

_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class FirstSends:
    """What a first workload of a stack sends.

    Attributes:
        stack: the stack.
        root: folder of the project, where paths of code start.
    """

    stack: Stack
    root: Path
    _bodies: dict[str, MessageBodies] = field(default_factory=dict)

    def lines(self) -> Iterator[tuple[Function, Line]]:
        """A line for each way to each function, in the order of the functions."""
        for function in self.stack.functions:
            found = [*self._of_mappings(function), *self._of_invokers(function), *self._of_apis(function)]
            direct = {"invoke": function.label, "type": "async", "body": self.bodies(function).event()}
            yield from ((function, line) for line in found or [direct])

    def answers_requests(self, function: Function) -> bool:
        """Whether an API waits for what the function returns, and no mapping looks for failed records in it."""
        mapped = any(True for _ in self.stack.mappings_of(function))
        return not mapped and any(True for _ in self._of_apis(function))

    def flags(self) -> tuple[str, ...]:
        """Members of messages that make a handler fail where they are set."""
        return tuple(flag for each in self.stack.functions for flag in self.bodies(each).found.flags)

    def bodies(self, function: Function) -> MessageBodies:
        """What a function reads."""
        if function.urn not in self._bodies:
            self._bodies[function.urn] = MessageBodies.of(function, self.root)
        return self._bodies[function.urn]

    # -- mappings -------------------------------------------------------------------------------------------------

    def _of_mappings(self, function: Function) -> Iterator[Line]:
        for mapping in self.stack.mappings_of(function):
            bodies, wanted = self.bodies(function), _filtered(mapping)
            match mapping:
                case SqsMapping(queue=queue) if queue is not None:
                    yield from self._of_queue(queue, bodies, wanted)
                case KinesisMapping(stream=stream) if stream is not None:
                    body = _with(bodies.message(KINESIS), wanted.get("data"))
                    yield {"stream": stream.label, "key": "key-{n}", "body": body}
                case DynamoDbMapping(table=table) if table is not None:
                    yield {"table": table.label, "body": {**bodies.image(), **_item(table)}}
                case KafkaMapping(topics=topics) if topics.known:
                    body = _with(bodies.message(()), wanted.get("value"))
                    yield {"at": _AFTER_START, "topic": topics.known[0], "key": "key-{n}", "body": body}

    def _of_queue(self, queue: Queue, bodies: MessageBodies, wanted: Mapping[str, Any]) -> Iterator[Line]:
        """Messages for a queue come from the topics, buckets and rules that feed it, else from the workload itself."""
        feeding = [
            *self._of_topics(queue.arn, bodies),
            *self._of_buckets(queue.arn),
            *self._events_for(queue, bodies),
        ]
        if feeding:
            yield from feeding
            return
        more: Line = {"key": "group-{n}", "dedup": "{n}"} if queue.fifo.known else {}
        attributes = bodies.message_attributes()
        if attributes:
            more["attributes"] = attributes
        yield {"queue": queue.label, **more, "body": _with(bodies.message(QUEUE), wanted.get("body"))}

    # -- topics, buckets, rules -----------------------------------------------------------------------------------

    def _of_invokers(self, function: Function) -> Iterator[Line]:
        for arn in self._arns(function):
            yield from self._of_topics(arn, self.bodies(function))
            yield from self._of_buckets(arn)
        yield from self._of_rules(function)

    def _arns(self, function: Function) -> Iterator[str]:
        """What subscriptions and notifications of the stack call the function."""
        named = [each.endpoint.known for each in self.stack.all(Subscription)]
        named += [
            config.arn.known
            for each in self.stack.all(BucketNotification)
            for config in each.configs
            if config.kind == "function"
        ]
        yield from dict.fromkeys(arn for arn in named if arn and self.stack.function_at(arn) is function)

    def _of_topics(self, arn: str | None, bodies: MessageBodies) -> Iterator[Line]:
        for subscription in self.stack.all(Subscription):
            topic = self.stack.at(subscription.topic.known)
            if arn is None or subscription.endpoint.known != arn or not isinstance(topic, Topic):
                continue
            to_queue = subscription.protocol.known == "sqs"
            place = QUEUE if to_queue else TOPIC
            body = bodies.message(place, wrapped="Message" if to_queue and not subscription.raw.known else "")
            policy = matching(document(subscription.filter_policy.known) or {})
            line: Line = {"sns": topic.label}
            if topic.fifo.known:
                line |= {"key": "group-{n}", "dedup": "{n}"}
            if policy and subscription.filter_scope.known == "MessageBody":
                body = _with(body, policy)
            elif policy:
                line["attributes"] = {
                    key: value for key, value in policy.items() if isinstance(value, str | int | float)
                }
            yield {**line, "body": body}

    def _of_buckets(self, arn: str | None) -> Iterator[Line]:
        buckets = {each.id: each for each in self.stack.all(Bucket)}
        for notification in self.stack.all(BucketNotification):
            bucket = buckets.get(notification.bucket.known or "")
            for config in notification.configs if bucket is not None else ():
                if arn is not None and config.arn.known == arn:
                    assert bucket is not None
                    yield _object(bucket, config)

    def _of_rules(self, function: Function) -> Iterator[Line]:
        """Events of rules that invoke a function, and what schedules invoke it with."""
        for target, rule in self._targets():
            if self.stack.function_at(target.target_arn.known) is not function:
                continue
            line = self._event(rule, self.bodies(function).detail())
            if line is not None:
                yield line
            else:
                given = document(target.input.known)
                event = dict(given) if given is not None else self._whole_event(rule, function)
                yield {"invoke": function.label, "type": "async", "body": event}
        for schedule in self.stack.graph.of_type(resource_types.SCHEDULE):
            held = schedule.inputs.get("target")
            if isinstance(held, Mapping) and self.stack.function_at(held.get("arn")) is function:
                yield {"invoke": function.label, "type": "async", "body": document(held.get("input")) or {}}

    def _targets(self) -> Iterator[tuple[EventTarget, EventRule]]:
        rules = {each.physical_name: each for each in self.stack.all(EventRule) if each.physical_name}
        for target in self.stack.all(EventTarget):
            rule = rules.get(target.rule_name.known or "")
            if rule is not None:
                yield target, rule

    def _events_for(self, queue: Queue, bodies: MessageBodies) -> Iterator[Line]:
        """Events of rules whose target is a queue."""
        for target, rule in self._targets():
            if queue.arn is not None and target.target_arn.known == queue.arn:
                held = bodies.message(QUEUE)
                detail = held.get("detail") if isinstance(held, Mapping) else None
                line = self._event(rule, detail if isinstance(detail, dict) else {})
                yield from [line] if line is not None else []

    def _event(self, rule: EventRule, detail: Line) -> Line | None:
        """An event for the bus of a rule; None where the rule goes off at times, or by events of AWS's own."""
        pattern = document(rule.pattern.known)
        name = rule.bus_name.known or ""
        bus = next((each.label for each in self.stack.all(Bus) if name and name in (each.id, each.arn)), name)
        wanted = matching(pattern or {})
        source = str(wanted.get("source", "a.source"))
        if pattern is None or not bus or bus.startswith("arn:") or source.startswith("aws."):
            return None
        body = merged(detail, wanted.get("detail") or {})
        kind = str(wanted.get("detail-type", "event"))
        return {"event": bus, "source": source, "detailType": kind, "body": body or {"id": "event-{n}"}}

    def _whole_event(self, rule: EventRule, function: Function) -> Line:
        """An event as EventBridge hands it on; of a schedule, AWS's own."""
        own = {"source": "aws.events", "detail-type": "Scheduled Event"}
        pattern = document(rule.pattern.known)
        made = own if pattern is None else matching(pattern)
        read = {"detail": self.bodies(function).detail()}
        common = {"id": "event-{n}", "time": "2026-01-01T00:00:00Z", "detail-type": "event", "source": "a.source"}
        return merged(merged(common, read), made)

    # -- APIs -----------------------------------------------------------------------------------------------------

    def _of_apis(self, function: Function) -> Iterator[Line]:
        apis: list[Api | RestApi] = [*self.stack.all(Api), *self.stack.all(RestApi)]
        here = {None, *qualifiers_of(self.stack, function)}
        urls = (each for each in self.stack.all(FunctionUrl) if each.function is function and each.is_buffered)
        for url in (each for each in urls if each.qualifier.value in here):
            posted: Line = {"method": "POST", "path": self._path("/", function), "api": url.label}
            yield {"http": {**posted, "body": self.bodies(function).message(HTTP)}}
        for api in apis:
            for method, path in _routes(api, function):
                request: Line = {"method": method, "path": self._path(path, function)}
                if method in _WITH_BODY:
                    request["body"] = self.bodies(function).message(HTTP)
                yield {"http": {**request, **({"api": api.label} if len(apis) > 1 else {})}}

    def _path(self, path: str, function: Function) -> str:
        bodies = self.bodies(function)
        query = bodies.parameters("queryStringParameters")
        made = re.sub(r"\{(\w+)\+?\}", lambda found: f"{found[1]}-1", path)
        pairs = urlencode({name: value.replace("{n}", "1") for name, value in query.items()})
        return f"{made}?{pairs}" if pairs else made


def _routes(api: Api | RestApi, function: Function) -> Iterator[tuple[str, str]]:
    """Method and path of each route that invokes a function."""
    if isinstance(api, RestApi):
        named = [
            (each.http_method, each.path)
            for each in api.methods
            if api.stage is not None and each.integration is not None and each.integration.function is function
        ]
    else:
        named = [
            _method_and_path(each.route_key.known or "")
            for each in api.routes
            if each.integration is not None and each.integration.function is function
        ]
    for method, path in dict.fromkeys(named):
        if path is not None and method not in ("OPTIONS", "HEAD") and path.startswith("/"):
            yield "POST" if method == "ANY" else method, path


def _method_and_path(route_key: str) -> tuple[str, str]:
    method, _, path = route_key.partition(" ")
    return ("ANY", "/") if route_key == "$default" else (method, path)


def _object(bucket: Bucket, config: NotificationConfig) -> Line:
    events = config.events.known or ()
    event = events[0].removeprefix("s3:") if events else ""
    line: Line = {"s3": bucket.label, "key": f"{config.prefix.known or ''}object-{{n}}{config.suffix.known or ''}"}
    if event.startswith("ObjectCreated"):
        line["body"] = {"id": "id-{n}"}  # a text to who reads text, and an object to who reads JSON
    named = {"ObjectRemoved:*": "ObjectRemoved:Delete"}.get(event, event)
    return line if event in ("", "ObjectCreated:*", "ObjectCreated:Put") or "*" in named else {**line, "event": named}


def _item(table: Table) -> Line:
    keys = [table.hash_key.known, table.range_key.known]
    return {key: 1 if table.attributes.get(key) == _NUMBER else f"{key}-{{n}}" for key in keys if key}


def _filtered(mapping: EventSourceMapping) -> dict[str, Any]:
    """What the first filter of a mapping asks for."""
    for text in mapping.filters.known or ():
        try:
            pattern = json.loads(text)
        except ValueError:
            continue
        if isinstance(pattern, dict):
            return matching(pattern)
    return {}


def _with(body: Any, wanted: Any) -> Any:
    """A body with the members that a filter asks for."""
    if isinstance(body, Mapping) and isinstance(wanted, Mapping):
        return merged(body, wanted)
    return sendable(wanted) if isinstance(wanted, str) else body
