"""Message attributes: what SQS takes for one, their checksum, and which of them a receive asks for (SQS-ATTR-1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from delivery_lab.limits.queues import ATTRIBUTE_NAME, ATTRIBUTE_TYPE, MESSAGE_ATTRIBUTES
from delivery_lab.model.api_errors import message_attributes as errors
from delivery_lab.model.tracing import TRACE_HEADER

Attribute = Mapping[str, Any]
Attributes = Mapping[str, Attribute]

FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything but the characters that XML 1.0 allows, which SQS takes in bodies and in text values of attributes."""

_RESERVED = ("aws.", "amazon.")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# The field that holds a value of each type, and what SQS calls it.
_FIELDS = {
    "String": ("StringValue", "String"),
    "Number": ("StringValue", "String"),
    "Binary": ("BinaryValue", "Binary"),
}


def check(attributes: Attributes) -> None:
    """Refuse message attributes that SQS refuses (SQS-ATTR-1).

    Raises:
        AwsError: there are too many, or one has a name, a type or a value that SQS does not take.
    """
    if len(attributes) > MESSAGE_ATTRIBUTES.maximum:
        raise errors.TOO_MANY.error(count=len(attributes), limit=MESSAGE_ATTRIBUTES.maximum)
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute, _type_of(name, attribute))


def check_system(attributes: Attributes) -> None:
    """Refuse message system attributes but X-Ray's trace header, which is a text.

    Raises:
        AwsError: another one is given, or the header is no text.
    """
    for name, attribute in attributes.items():
        if name != TRACE_HEADER:
            raise errors.SYSTEM_NAME.error(name=name)
        if attribute.get("DataType") != "String" or not attribute.get("StringValue"):
            raise errors.SYSTEM_TYPE.error(name=name)


def _check_name(name: str) -> None:
    if not name:
        raise errors.NAME_EMPTY.error()
    if len(name) > ATTRIBUTE_NAME.maximum:
        raise errors.NAME_LENGTH.error(
            why=f"{name[:40]}... has {len(name)} characters; at most {ATTRIBUTE_NAME.maximum}."
        )
    # Letters beyond ASCII are taken, though no page says so; a section sign is not.
    if not all(character.isalnum() or character in "_-." for character in name):
        raise errors.NAME_CHARACTERS.error(why=f"The name is {name!r}.")
    if name.lower().startswith(_RESERVED):
        raise errors.NAME_RESERVED.error(why=f"The name is {name}.")
    if name.startswith("."):
        raise errors.NAME_FIRST.error(why=f"The name is {name}.")
    if name.endswith("."):
        raise errors.NAME_LAST.error(why=f"The name is {name}.")
    if ".." in name:
        raise errors.NAME_DOTS.error(why=f"The name is {name}.")


def _type_of(name: str, attribute: Attribute) -> str:
    """The logical type: what stands in front of a label such as `.json`."""
    data_type: str = attribute.get("DataType") or ""
    if not data_type:
        raise errors.TYPE_MISSING.error(name=name)
    if len(data_type) > ATTRIBUTE_TYPE.maximum:
        raise errors.TYPE_LENGTH.error(why=f"The type of {name} has {len(data_type)} characters.")
    logical = data_type.partition(".")[0]
    if logical not in _FIELDS:
        raise errors.TYPE.error(name=name, why=f"It is {data_type}.")
    return logical


def _check_value(name: str, attribute: Attribute, logical: str) -> None:
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise errors.LISTS.error()
    given = [field for field in ("StringValue", "BinaryValue") if attribute.get(field) is not None]
    field, called = _FIELDS[logical]
    if len(given) > 1:
        raise errors.SEVERAL_VALUES.error(name=name)
    if not given or not attribute[given[0]]:
        raise errors.EMPTY.error(name=name, type=logical)
    if given != [field]:
        raise errors.FIELD.error(name=name, type=logical, field=called)
    if logical == "Binary":
        return
    text: str = attribute[field]
    forbidden = FORBIDDEN.search(text)
    if forbidden is not None:
        raise errors.CHARACTERS.error(code=ord(forbidden.group()), name=name)
    if logical == "Number" and not _NUMBER.fullmatch(text):
        raise errors.NO_NUMBER.error(name=name, why=f"It is {text!r}.")


def size_of(attributes: Attributes) -> int:
    """Bytes that attributes count for a message's size: name, type and value of each (SQS-SIZE-1)."""
    return sum(
        len(name.encode()) + len(str(attribute.get("DataType") or "").encode()) + len(_value_of(attribute))
        for name, attribute in attributes.items()
    )


def md5_of(attributes: Attributes) -> str:
    """The checksum of attributes, in hex digits: of names, types and values in the order of the names (SQS-ATTR-2).

    Each of the three has its length in four bytes in front; a byte between type and value says whether the value is a
    text (1) or binary (2).
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        digest.update(_with_length(name.encode()) + _with_length(str(attribute["DataType"]).encode()))
        digest.update(b"\x01" if attribute.get("StringValue") is not None else b"\x02")
        digest.update(_with_length(_value_of(attribute)))
    return digest.hexdigest()


def chosen(attributes: Attributes, patterns: Sequence[str]) -> dict[str, Attribute]:
    """The attributes that `MessageAttributeNames` asks for (SQS-ATTR-3).

    Args:
        attributes: what a message has.
        patterns: names; beginnings such as `order.*`; `All`, `*` or `.*` for every attribute.
    """
    return {name: value for name, value in attributes.items() if any(_asks_for(pattern, name) for pattern in patterns)}


def _asks_for(pattern: str, name: str) -> bool:
    if pattern in ("All", "*", name):
        return True
    return pattern.endswith(".*") and name.startswith(pattern.removesuffix(".*"))


def _value_of(attribute: Attribute) -> bytes:
    text = attribute.get("StringValue")
    if text is not None:
        return str(text).encode("utf-8", "surrogatepass")
    return bytes(attribute.get("BinaryValue") or b"")


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
