"""Items of DynamoDB's JSON: as events carry them, as plain values, and their size (DDS-SIZE-1)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1


def as_events_carry(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with its binary values as Base64, at every depth (DDS-BINARY-1)."""
    return {name: _carried(value) for name, value in item.items()}


def _carried(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {"B": _base64(content)}
        case "BS":
            # A set has no order: the model gives it one, so that equal runs have equal events.
            return {"BS": sorted(_base64(each) for each in content)}
        case "M":
            return {"M": as_events_carry(content)}
        case "L":
            return {"L": [_carried(each) for each in content]}
    return {kind: content}


def _base64(content: bytes | bytearray | str) -> str:
    """A binary value as text; one that is text is Base64 already."""
    return content if isinstance(content, str) else base64.b64encode(content).decode()


def as_clients_get(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item that events carry as clients of the API get it: with binary values as bytes."""
    return {name: _got(value) for name, value in item.items()}


def _got(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {"B": base64.b64decode(content)}
        case "BS":
            return {"BS": [base64.b64decode(each) for each in content]}
        case "M":
            return {"M": as_clients_get(content)}
        case "L":
            return {"L": [_got(each) for each in content]}
    return {kind: content}


def size_of(item: Mapping[str, Any] | None) -> int:
    """Bytes of an item as DynamoDB counts them: names and values, with its overhead for lists and maps (DDS-SIZE-1).

    Args:
        item: the item as events carry it, or as clients of the API give and get it; None counts nothing.
    """
    return sum(len(name.encode()) + _size_of_value(value) for name, value in (item or {}).items())


def _size_of_value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _size_of_number(content)
        case "B":
            return len(base64.b64decode(content) if isinstance(content, str) else content)
        case "SS" | "NS" | "BS":
            return sum(_size_of_value({kind[0]: each}) for each in content)
        case "L":
            return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _size_of_value(each) for each in content)
        case "M":
            return _CONTAINER_BYTES + _ELEMENT_BYTES * len(content) + size_of(content)
    return 1  # a boolean or a null


def _size_of_number(text: str) -> int:
    """A byte for two significant digits, and one more; zeros before and behind are none."""
    digits = "".join(map(str, Decimal(str(text)).as_tuple().digits)).strip("0")
    return (len(digits) + 1) // 2 + 1


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of DynamoDB's JSON as plain values, as far as results look into it."""
    return {name: _value(value) for name, value in item.items()}


def _value(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        number = Decimal(str(content))
        return int(number) if number == number.to_integral_value() else float(number)
    if kind == "M":
        return plain(content)
    if kind == "L":
        return [_value(item) for item in content]
    return content


def to_item(body: Mapping[str, Any]) -> dict[str, Any]:
    """A plain object as an item of DynamoDB's JSON.

    Raises:
        ValueError: a value has no DynamoDB type.
    """
    return {name: _attribute(value) for name, value in body.items()}


def _attribute(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float)):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_attribute(item) for item in value]}
    if isinstance(value, dict):
        return {"M": to_item(value)}
    raise ValueError(f"{value!r} is no DynamoDB value")
