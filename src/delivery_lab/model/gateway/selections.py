"""Parameter mappings: what `$request.body.id` (HTTP APIs) and `method.request.querystring.id` (REST APIs) mean."""

from __future__ import annotations

import json
import re
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.limits.gateway import MAPPED_BODY_BYTES
from delivery_lab.model.gateway.context import context_value
from delivery_lab.model.gateway.requests import ApiRequest
from delivery_lab.model.json_paths import MISSING, follow

_BRACED = re.compile(r"\$\{([^}]*)\}")


class UnresolvedError(Exception):
    """A mapping names what a request does not have."""


def selected(request: ApiRequest, expression: str) -> str:
    """The value of a mapping of an HTTP API (HTTP-MAP-1); text without a `$` in front stands for itself.

    Raises:
        UnresolvedError: the request has no such value.
        NotModelledError: the expression is of a kind that is not modelled.
    """
    if not expression.startswith("$"):
        return _BRACED.sub(lambda found: selected(request, f"${found[1]}"), expression)
    if expression.startswith("${") and expression.endswith("}") and "${" not in expression[2:]:
        expression = f"${expression[2:-1]}"
    source, _, name = expression.removeprefix("$").partition(".")
    if source == "request":
        return _of_request(request, name, expression)
    if source == "stageVariables" and name:
        return _required(request.stage_variables.get(name), expression)
    if source == "context" and name:
        return _required(context_value(request, name), expression)
    raise NotModelledError(f"the mapping {expression} is not modelled\n  nearest: $request, $context, $stageVariables")


def _of_request(request: ApiRequest, place: str, expression: str) -> str:
    kind, _, name = place.partition(".")
    if kind == "body":
        return _of_body(request, name, expression) if name else request.body
    if kind == "header" and name:
        return _required(request.lower_headers.get(name.lower()), expression)
    if kind == "querystring" and name:
        values = request.query_values.get(name)
        return _required(None if values is None else ",".join(values), expression)
    if kind == "path":
        return _required(request.variables.get(name), expression) if name else request.path
    raise NotModelledError(
        f"the mapping {expression} is not modelled\n  nearest: $request.body, .header, .querystring and .path"
    )


def _of_body(request: ApiRequest, name: str, expression: str) -> str:
    """A part of the body, of which HTTP APIs look at the first 100 KB only."""
    try:
        document = json.loads(request.body.encode()[:MAPPED_BODY_BYTES])
    except ValueError:
        raise UnresolvedError(expression) from None
    return _required(as_text(follow(document, f"$.{name}")), expression)


def _required(value: str | None, expression: str) -> str:
    if value is None:
        raise UnresolvedError(expression)
    return value


def as_text(value: Any) -> str | None:
    """A value of a JSON document as a parameter: text as it is, everything else as JSON; None for what is missing."""
    if value is MISSING or value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def mapped(request: ApiRequest, expression: str) -> str | None:
    """The value of a mapping of a REST API (REST-MAP-1), None where the request has none.

    Raises:
        NotModelledError: the expression is of a kind that is not modelled.
    """
    if len(expression) > 1 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    source, _, name = expression.partition(".")
    if source == "context":
        return context_value(request, name)
    if source == "stageVariables":
        return request.stage_variables.get(name)
    place = expression.removeprefix("method.request.")
    kind, _, name = place.partition(".")
    if place == expression or kind not in ("body", "header", "querystring", "path") or (kind != "body" and not name):
        raise NotModelledError(
            f"the mapping {expression} is not modelled\n"
            "  nearest: 'text', method.request.body, .header, .querystring and .path, context, stageVariables"
        )
    try:
        return _of_request(request, place, expression)
    except UnresolvedError:
        return None
