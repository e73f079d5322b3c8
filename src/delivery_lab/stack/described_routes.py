"""Routes of an HTTP API that stand in an OpenAPI document (`body`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from delivery_lab.limits.gateway import HTTP_TIMEOUT
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.apis import DEFAULT, Integration, Route
from delivery_lab.stack.functions import Function
from delivery_lab.stack.openapi import DescribedOperation, definition, operations_of
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.rest_apis import invoked
from delivery_lab.stack.settings import Origin, Setting

T = TypeVar("T")


def described_routes(inputs: Inputs, find: Callable[[object], Function | None]) -> tuple[Route, ...]:
    """The routes of an API's document, none where it has none or it is known only after deployment.

    Args:
        inputs: inputs of the API.
        find: finds the function that a text means.
    """
    return tuple(_route(inputs, operation, find) for operation in operations_of(definition(inputs.raw("body")) or {}))


def _route(inputs: Inputs, operation: DescribedOperation, find: Callable[[object], Function | None]) -> Route:
    origin = inputs.origin("body")
    key = DEFAULT if operation.is_default else f"{operation.method} {operation.path}"
    held = operation.integration
    made = None if held is None else _integration(inputs, origin, held, find)
    return Route(**inputs.identity(), route_key=Setting(key, origin), target=Setting(key, origin), integration=made)


def _integration(
    inputs: Inputs, origin: Origin, held: Mapping[str, Any], find: Callable[[object], Function | None]
) -> Integration:
    def text(name: str, default: T) -> Setting[Any]:
        value = held.get(name, default)
        return Setting(value if value is UNKNOWN or value is None else str(value), origin, given=name in held)

    kind = text("type", None)
    timeout = held.get("timeoutInMillis")
    parameters = held.get("requestParameters")
    return Integration(
        **inputs.identity(),
        integration_type=Setting(kind.known.upper(), origin) if kind.known else kind,
        subtype=text("integrationSubtype", None),
        payload_format_version=text("payloadFormatVersion", "unset"),
        uri=text("uri", "unset"),
        function=invoked(held.get("uri"), find),
        timeout_milliseconds=Setting(
            timeout if isinstance(timeout, int) else HTTP_TIMEOUT.default, origin, given=timeout is not None
        ),
        credentials=text("credentials", None),
        request_parameters=dict(parameters) if isinstance(parameters, Mapping) else {},
    )


def routes_in_one_order(described: tuple[Route, ...], written: tuple[Route, ...]) -> Iterator[Route]:
    """Routes of a document and of resources; of two with one key the resource counts, which is created later."""
    keys = {each.route_key.known for each in written}
    yield from (each for each in described if each.route_key.known not in keys)
    yield from written
