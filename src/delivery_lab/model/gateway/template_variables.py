"""The variables of mapping templates: `$input`, `$util`, `$context` and `$stageVariables`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway.context import context_value
from delivery_lab.model.gateway.requests import ApiRequest
from delivery_lab.model.gateway.velocity_methods import Tool
from delivery_lab.model.json_paths import MISSING, follow


class BadBodyError(Exception):
    """A template reads a body as JSON, and it is none."""


def variables_of(request: ApiRequest, body: str) -> Mapping[str, Any]:
    """The variables for one template.

    Args:
        request: the request.
        body: what `$input` reads: the request's body, or that of the integration's answer.
    """
    return {
        "input": _input(request, body),
        "util": _UTIL,
        "context": _Context(request).tool(),
        "stageVariables": dict(request.stage_variables),
    }


def _input(request: ApiRequest, body: str) -> Tool:
    def document(path: str) -> Any:
        try:
            parsed = json.loads(body) if body.strip() else {}
        except ValueError:
            raise BadBodyError("the body is no JSON") from None
        found = follow(parsed, path)
        return None if found is MISSING else found

    def as_json(path: str) -> str:
        if document(path) is None:
            raise NotModelledError(
                f"$input.json({path!r}) finds nothing, or null; what API Gateway writes for it is not known\n"
                "  nearest: #if around it that asks $input.path"
            )
        return json.dumps(document(path), separators=(",", ":"), ensure_ascii=False)

    def params(name: str | None = None) -> Any:
        sources = {
            "path": dict(request.variables),
            "querystring": {key: values[-1] for key, values in request.query_values.items()},
            "header": request.written_headers,
        }
        if name is None:
            return sources
        lowered = {key.lower(): value for key, value in sources["header"].items()}
        found = (sources["path"].get(name), sources["querystring"].get(name), lowered.get(name.lower()))
        return next((value for value in found if value is not None), "")

    def property_of(name: str) -> str:
        if name == "body":
            return body or "{}"  # what API Gateway has for a request without a body
        raise NotModelledError(f"$input.{name} is not modelled\n  nearest: $input.body, .json, .path and .params")

    return Tool("input", {"json": as_json, "path": document, "params": params}, property_of)


class _Context:
    """`$context`, whose names have dots in them."""

    def __init__(self, request: ApiRequest, prefix: str = "") -> None:
        self._request = request
        self._prefix = prefix

    def tool(self) -> Tool:
        return Tool("context", {}, self._get)

    def _get(self, name: str) -> Any:
        if name == "identity" and not self._prefix:
            return _Context(self._request, "identity.").tool()
        return context_value(self._request, self._prefix + name)


_ESCAPES = {'"': '\\"', "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _escaped(value: Any) -> str:
    """A text by JavaScript's rules; a single quote is escaped too, which JSON does not take (REST-VTL-1)."""
    return "".join(_ESCAPES.get(character, character) for character in _text(value))


def _url_encoded(value: Any) -> str:
    """As Java does it: a space becomes a plus, and of the marks `* - . _` stay."""
    return quote_plus(_text(value), safe="*").replace("~", "%7E")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise NotModelledError("$util of an object or a list is not modelled\n  nearest: $input.json")


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode(errors="replace")


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise BadBodyError("$util.parseJson of what is no JSON") from None


_UTIL = Tool(
    "util",
    {
        "urlEncode": _url_encoded,
        "urlDecode": lambda value: unquote_plus(_text(value)),
        "escapeJavaScript": _escaped,
        "base64Encode": lambda value: base64.b64encode(_text(value).encode()).decode(),
        "base64Decode": _decoded,
        "parseJson": _parsed,
    },
)
