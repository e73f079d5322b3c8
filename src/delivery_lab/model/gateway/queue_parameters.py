"""`SendMessage` as integrations write it: a form of SQS's query API, or parameters of a first-class integration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.model.api_errors import sqs as errors

_PLAIN = frozenset({"QueueUrl", "MessageBody", "MessageGroupId", "MessageDeduplicationId", "DelaySeconds"})
_IGNORED = frozenset({"Action", "Version", ""})
_ATTRIBUTE = re.compile(r"MessageAttributes?\.(\d+)\.(Name|Value\.(?:StringValue|BinaryValue|DataType))")
_DOCUMENTS = ("MessageAttributes", "MessageSystemAttributes")


def from_form(fields: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of a form such as `Action=SendMessage&MessageBody=...`.

    Raises:
        NotModelledError: it calls something else, or has a field that is not modelled.
        AwsError: SQS could not read it.
    """
    action = fields.get("Action", "")
    if action != "SendMessage":
        raise NotModelledError(
            f"an SQS integration calls the action {action or '(none)'}\n  nearest: Action=SendMessage in the template"
        )
    parameters: dict[str, Any] = {}
    attributes: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        found = _ATTRIBUTE.fullmatch(name)
        if found is not None:
            attributes.setdefault(found[1], {})[found[2].removeprefix("Value.")] = value
        elif name in _PLAIN:
            parameters[name] = _whole(value) if name == "DelaySeconds" else value
        elif name not in _IGNORED:
            raise NotModelledError(
                f"an SQS integration sends the field {name} to SQS\n"
                f"  nearest: {', '.join(sorted(_PLAIN))}, MessageAttribute.1.Name; a body with & and = in it needs "
                "$util.urlEncode"
            )
    named = {each.pop("Name", ""): each for each in attributes.values()}
    return parameters | ({"MessageAttributes": named} if named else {})


def from_mapping(values: Mapping[str, str], region: str) -> dict[str, Any]:
    """Parameters of `SQS-SendMessage` of an HTTP API.

    Raises:
        NotModelledError: a parameter is not modelled.
        AwsError: SQS could not read one.
    """
    parameters: dict[str, Any] = {}
    for name, value in values.items():
        if name in _DOCUMENTS:
            parameters[name] = _document(name, value)
        elif name == "DelaySeconds":
            parameters[name] = _whole(value)
        elif name in _PLAIN:
            parameters[name] = value
        elif name != "Region" or value != region:
            raise NotModelledError(
                f"an integration SQS-SendMessage has the parameter {name} = {value!r}\n"
                f"  nearest: {', '.join(sorted((*_PLAIN, *_DOCUMENTS)))}"
            )
    return parameters


def _whole(value: str) -> int:
    if not value.strip().lstrip("-").isdecimal():
        raise errors.DELAY.error(value=value)
    return int(value)


def _document(name: str, value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise NotModelledError(
            f"an integration SQS-SendMessage gets {name} = {value!r}, which is no object of attributes\n"
            '  nearest: {"tenant": {"DataType": "String", "StringValue": "a"}}'
        )
    return found
