"""Message attributes as SNS takes them; it says of others what SQS says in other words, and counts none of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from delivery_lab.model.api_errors import sns as errors

_FIELDS = {"String": "StringValue", "Number": "StringValue", "Binary": "BinaryValue"}
_NAME_LIMIT = 256
_ODD = re.compile(r"[^A-Za-z0-9_.-]")


def check(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse message attributes that SNS refuses.

    Raises:
        AwsError: one has a name, a type or a value that SNS does not take.
    """
    for name, attribute in attributes.items():
        problem = _problem_of_name(name) or _problem_of_value(name, attribute)
        if problem:
            raise errors.ATTRIBUTE.error(reason=problem)


def _problem_of_name(name: str) -> str:
    odd = _ODD.search(name)
    if len(name) >= _NAME_LIMIT:
        return f"Length of message attribute name must be less than {_NAME_LIMIT} bytes."
    if odd is not None:
        return (
            f"Invalid non-alphanumeric character '#x{ord(odd.group()):X}' was found in the message attribute name. Can "
            "only include alphanumeric characters, hyphens, underscores, or dots."
        )
    for at, word in ((name.startswith, "starting"), (name.endswith, "ending")):
        if at("."):
            return f"Invalid message attribute name {word} with character '.' was found."
    return "Message attribute name can not have successive '.' character." if ".." in name else ""


def _problem_of_value(name: str, attribute: Mapping[str, Any]) -> str:
    kind = str(attribute.get("DataType") or "").partition(".")[0]
    if kind not in _FIELDS:
        return (
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    field = _FIELDS[kind]
    other = "StringValue" if field == "BinaryValue" else "BinaryValue"
    if attribute.get(other) and not attribute.get(field):
        return f"The message attribute '{name}' with type '{kind}' must use field '{field.removesuffix('Value')}'."
    if not attribute.get(field):
        return (
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{kind}'."
        )
    return ""
