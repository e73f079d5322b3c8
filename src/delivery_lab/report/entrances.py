"""What APIs, URLs of functions and pipes hand requests and records to: functions, queues, buses, streams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from delivery_lab.stack.apis import Api, Integration
from delivery_lab.stack.events import DEFAULT_BUS, Bus
from delivery_lab.stack.function_urls import FunctionUrl
from delivery_lab.stack.rest_apis import RestApi, RestIntegration
from delivery_lab.stack.stack import Stack

_QUEUE_OF_URI = re.compile(r"arn:(aws[\w-]*):apigateway:([\w-]+):sqs:path/(\w+)/(.+)")


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way into a stack: an API, and what it hands requests to."""

    api: str
    target: str
    kind: Literal["function", "queue", "bus"]


def entrances_of(stack: Stack) -> Iterator[Entrance]:
    """What the APIs and URLs of a stack hand requests to, as far as that is known before deployment."""
    for url in stack.all(FunctionUrl):
        if url.function is not None:
            yield Entrance(url.label, url.function.label, "function")
    for api in stack.all(Api):
        for route in api.routes:
            if route.integration is not None:
                yield from _of_http(stack, api.label, route.integration)
    for rest in stack.all(RestApi):
        for method in rest.methods:
            if method.integration is not None:
                yield from _of_rest(stack, rest.label, method.integration)


def _of_http(stack: Stack, api: str, integration: Integration) -> Iterator[Entrance]:
    if integration.function is not None:
        yield Entrance(api, integration.function.label, "function")
    elif integration.subtype.known == "SQS-SendMessage":
        url = integration.request_parameters.get("QueueUrl")
        queue = stack.queue_of_url(url if isinstance(url, str) else None)
        if queue is not None:
            yield Entrance(api, queue.label, "queue")
    elif integration.subtype.known == "EventBridge-PutEvents":
        name = integration.request_parameters.get("EventBusName") or DEFAULT_BUS
        buses = (bus.label for bus in stack.all(Bus) if bus.arn and name in (bus.arn, bus.arn.rpartition("/")[2]))
        target = DEFAULT_BUS if name == DEFAULT_BUS else next(buses, None)
        if target is not None:
            yield Entrance(api, target, "bus")


def _of_rest(stack: Stack, api: str, integration: RestIntegration) -> Iterator[Entrance]:
    if integration.function is not None:
        yield Entrance(api, integration.function.label, "function")
        return
    found = _QUEUE_OF_URI.fullmatch(str(integration.uri))
    if found is not None:
        partition, region, account, name = found.groups()
        queue = stack.queue_at(f"arn:{partition}:sqs:{region}:{account}:{name.strip('/')}")
        if queue is not None:
            yield Entrance(api, queue.label, "queue")
