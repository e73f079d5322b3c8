"""From lines of `answers` to the model: services, operations and answers are checked against AWS's own descriptions."""

from __future__ import annotations

import base64
import datetime
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from delivery_lab.errors import WorkloadError
from delivery_lab.model.answer_lines import operation_of, operations_of, services
from delivery_lab.model.answers import ServiceAnswer, WebAnswer
from delivery_lab.model.clock import seconds
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.runtime import AwsError, Connecting, WebResponse
from delivery_lab.simulation.workload_answers import Answer
from delivery_lab.simulation.workload_durations import distribution_of
from delivery_lab.simulation.workload_faults import Fault

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def service_answers(lines: Sequence[Answer], origin: str) -> Iterator[ServiceAnswer]:
    """What calls to AWS services get.

    Args:
        lines: the lines of the workload.
        origin: where the workload comes from, for messages.

    Raises:
        WorkloadError: there is no such service, operation or member of an answer.
    """
    for number, line in enumerate(lines, 1):
        if line.service is None:
            continue
        where = f"{origin}: answers {number}"
        model = known_operation(line.service, line.operation, where)
        answer = None
        if line.answer is not None:
            shape = None if model is None else model.output_shape
            answer = _typed(line.answer, shape, where, "") if shape is not None else {}
        yield ServiceAnswer(
            line.service,
            line.operation,
            line.parameters or {},
            answer,
            None if line.error is None else AwsError(line.error, line.message or line.error, line.status or 400),
            None if line.connection is None else Connecting(line.connection),
            None if line.latency is None else distribution_of(line.latency),
            occasion_of(line),
        )


def web_answers(lines: Sequence[Answer]) -> Iterator[WebAnswer]:
    """What requests to HTTP addresses get."""
    for line in lines:
        if line.http is not None:
            yield WebAnswer(
                line.method,
                line.url,
                _response(line),
                None if line.connection is None else Connecting(line.connection),
                None if line.latency is None else distribution_of(line.latency),
                occasion_of(line),
            )


def occasion_of(line: Answer | Fault) -> Occasion:
    """When, how often and for whom a line of a workload happens."""
    return Occasion(
        start=seconds(line.at),
        end=None if line.for_seconds is None else seconds(line.at + line.for_seconds),
        share=line.share,
        ids=None if line.ids is None else frozenset(line.ids),
    )


def _response(line: Answer) -> WebResponse:
    if line.body is None or isinstance(line.body, str):
        body, kind = (line.body or "").encode(), "text/plain; charset=utf-8"
    else:
        body, kind = json.dumps(line.body).encode(), "application/json"
    named = {name.lower() for name in line.headers}
    headers = [*line.headers.items(), *([] if "content-type" in named or not body else [("content-type", kind)])]
    return WebResponse(line.status or 200, tuple(headers), body)


def known_operation(service: str, operation: str | None, where: str) -> OperationModel | None:
    """What AWS says of an operation that a workload names, None where it names none.

    Args:
        service: the service as boto3 names it.
        operation: the operation, None for all of the service.
        where: what the error begins with.

    Raises:
        WorkloadError: there is no such service or operation; the message names the nearest.
    """
    try:
        known = operations_of(service)
    except KeyError:
        raise WorkloadError(f"{where}: boto3 has no service {service}{_near(service, services())}") from None
    if operation is None:
        return None
    found = operation_of(service, operation)
    if found is None:
        raise WorkloadError(f"{where}: {service} has no operation {operation}{_near(operation, known)}")
    return found


def _near(name: str, known: Sequence[str]) -> str:
    plain = {each.replace("-", "").lower(): each for each in known}
    found = difflib.get_close_matches(name.replace("_", "").replace("-", "").lower(), plain, n=1, cutoff=0.75)
    return f"; did you mean {plain[found[0]]}?" if found else ""


def _typed(value: Any, shape: Shape, where: str, place: str) -> Any:
    """A value of a workload as boto3 returns it: bytes and instants are texts in a file.

    Raises:
        WorkloadError: AWS answers nothing of that name or kind.
    """
    match shape:
        case StructureShape():
            return _structure(value, shape, where, place)
        case ListShape():
            entries = _of_kind(value, list, "a list", where, place)
            return [_typed(entry, shape.member, where, f"{place}[{index}]") for index, entry in enumerate(entries)]
        case MapShape():
            entries = _of_kind(value, Mapping, "a mapping", where, place)
            return {str(name): _typed(inner, shape.value, where, f"{place}.{name}") for name, inner in entries.items()}
        case _:
            return _scalar(value, shape, where, place)


def _structure(value: Any, shape: StructureShape, where: str, place: str) -> dict[str, Any]:
    if shape.is_document_type:
        return dict(_of_kind(value, Mapping, "a mapping", where, place))
    found = {}
    for name, inner in _of_kind(value, Mapping, "a mapping", where, place).items():
        member = shape.members.get(str(name))
        if member is None:
            known = ", ".join(shape.members) or "none"
            raise WorkloadError(f"{where}: AWS answers no {f'{place}.{name}'.lstrip('.')} (it answers: {known})")
        found[str(name)] = _typed(inner, member, where, f"{place}.{name}".lstrip("."))
    return found


def _scalar(value: Any, shape: Shape, where: str, place: str) -> Any:
    kind = shape.type_name
    if kind == "blob":
        if isinstance(value, Mapping) and set(value) == {"base64"}:
            return base64.b64decode(str(value["base64"]))
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()
    if kind == "timestamp":
        return _instant(value, where, place)
    if kind == "boolean":
        return _of_kind(value, bool, "true or false", where, place)
    if kind in _NUMBERS:
        number = _of_kind(value, int if _NUMBERS[kind] is int else int | float, "a number", where, place)
        return _NUMBERS[kind](number)
    return value if isinstance(value, str) else json.dumps(value)


def _instant(value: Any, where: str, place: str) -> datetime.datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    try:
        found = datetime.datetime.fromisoformat(str(value))
    except ValueError:
        raise WorkloadError(f"{where}: {place} is an instant, such as 2026-01-01T00:00:00Z, not {value!r}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


def _of_kind(value: Any, kind: Any, words: str, where: str, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WorkloadError(f"{where}: {place or 'answer'} is {words} in AWS's answer, not {value!r}")
    return value
