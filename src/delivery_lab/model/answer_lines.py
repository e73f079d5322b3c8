"""The line of a workload that would answer a call which nothing answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, Shape, StructureShape

from delivery_lab.model.runtime import WebRequest

_READS = ("Assume", "BatchGet", "Decrypt", "Describe", "Generate", "Get", "Head", "List", "Query", "Search")
_FEW = 3
_NEVER_TOLD = frozenset({"NextToken", "ResultMetadata", "NextMarker", "Marker"})


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@cache
def services() -> tuple[str, ...]:
    """The names of all services, as botocore has them."""
    return tuple(_session().get_available_services())


@cache
def operation_of(service: str, operation: str) -> OperationModel | None:
    """AWS's own description of an operation, None if the service has none of that name.

    Raises:
        KeyError: there is no such service.
    """
    try:
        model = _session().get_service_model(service)
    except UnknownServiceError:
        raise KeyError(service) from None
    return model.operation_model(operation) if operation in model.operation_names else None


def operations_of(service: str) -> tuple[str, ...]:
    """The names of the operations of a service.

    Raises:
        KeyError: there is no such service.
    """
    if service not in services():
        raise KeyError(service)
    return tuple(_session().get_service_model(service).operation_names)


def line_of_call(service: str, operation: str) -> str:
    """The line under `answers` that answers an operation, with what most code reads of the answer."""
    model = operation_of(service, operation)
    answer = {} if model is None or model.output_shape is None else _answer(operation, model.output_shape)
    return f"- {{service: {service}, operation: {operation}, answer: {_flow(answer)}}}"


def line_of_request(request: WebRequest) -> str:
    """The line under `answers` that answers a request."""
    return f'- {{http: "{request.method} {request.url.partition("?")[0]}", status: 200, body: {{}}}}'


def _answer(operation: str, shape: StructureShape) -> dict[str, Any]:
    """What is always there, or is read most likely: the streamed body, else a structure, else texts."""
    payload = shape.serialization.get("payload")
    if payload is not None:
        return {str(payload): _example(shape.members[payload])}
    if shape.required_members:
        return {name: _example(shape.members[name]) for name in shape.required_members}
    members = {name: member for name, member in shape.members.items() if name not in _NEVER_TOLD}
    texts = {name: _example(member) for name, member in members.items() if member.type_name in ("blob", "string")}
    if not operation.startswith(_READS):
        return texts if len(texts) <= _FEW else {}
    structures = [name for name, member in members.items() if member.type_name == "structure"]
    if structures:
        return {structures[0]: _example(members[structures[0]])}
    return texts or {name: [] for name, member in list(members.items())[:1] if member.type_name == "list"}


def _example(shape: Shape) -> Any:
    match shape.type_name:
        case "structure" if isinstance(shape, StructureShape):
            return {name: _example(member) for name, member in shape.members.items() if member.type_name == "string"}
        case "list":
            return []
        case "map":
            return {}
        case "boolean":
            return False
        case "integer" | "long" | "float" | "double":
            return 0
        case "timestamp":
            return "2026-01-01T00:00:00Z"
        case _:
            return "..."


def _flow(value: Any) -> str:
    """A value as YAML writes it in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_flow(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)
