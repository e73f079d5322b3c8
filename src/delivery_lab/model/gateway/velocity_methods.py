"""What can be asked of values in mapping templates: Java's methods of texts, lists and maps, and of tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import NotModelledError


@dataclass(frozen=True, slots=True)
class Tool:
    """A variable of API Gateway, such as `$util`.

    Attributes:
        name: its name.
        functions: its functions by name.
        property: finds a property by name, None where it has none.
    """

    name: str
    functions: Mapping[str, Callable[..., Any]]
    property: Callable[[str], Any] | None = None


def call_tool(tool: Tool, name: str, arguments: list[Any] | None, source: str) -> Any:
    """Ask a tool.

    Args:
        tool: the tool.
        name: of the function or property.
        arguments: arguments of a function, None for a property.
        source: the reference as it is written, for messages.

    Raises:
        NotModelledError: it has no such function or property here.
    """
    function = tool.functions.get(name)
    if arguments is not None and function is not None:
        try:
            return function(*arguments)
        except TypeError:
            raise NotModelledError(f"a mapping template uses {source}, whose arguments are not modelled") from None
    if tool.property is not None and (arguments is None or name == str(arguments[0] if arguments else "")):
        return tool.property(name)
    known = ", ".join(sorted(tool.functions)) or "none"
    raise NotModelledError(f"a mapping template uses {source}, which is not modelled\n  nearest: {known}")


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    """Java's `replaceAll`: a regular expression, and a replacement in which a backslash takes its meaning away."""
    if "$" in replacement:
        raise NotModelledError(f"replaceAll with the replacement {replacement!r} is not modelled")
    literal = re.sub(r"\\(.)", r"\1", replacement)
    try:
        return re.sub(pattern, lambda _: literal, text)
    except re.error as error:
        raise NotModelledError(f"replaceAll with the expression {pattern!r} is not modelled: {error}") from None


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:] if end is None else text[start:end]


def _put(values: dict[str, Any], key: str, value: Any) -> Any:
    before = values.get(key)
    values[key] = value
    return before


def _add(values: list[Any], value: Any) -> bool:
    values.append(value)
    return True


METHODS: Mapping[tuple[type, str], Callable[..., Any]] = {
    (str, "length"): len,
    (str, "isEmpty"): lambda text: not text,
    (str, "toString"): lambda text: text,
    (str, "trim"): str.strip,
    (str, "toLowerCase"): str.lower,
    (str, "toUpperCase"): str.upper,
    (str, "equals"): lambda text, other: text == other,
    (str, "contains"): lambda text, part: part in text,
    (str, "startsWith"): str.startswith,
    (str, "endsWith"): str.endswith,
    (str, "indexOf"): str.find,
    (str, "replace"): str.replace,
    (str, "replaceAll"): _replace_all,
    (str, "substring"): _substring,
    (int, "toString"): str,
    (list, "size"): len,
    (list, "isEmpty"): lambda values: not values,
    (list, "get"): lambda values, index: values[index],
    (list, "contains"): lambda values, value: value in values,
    (list, "add"): _add,
    (dict, "size"): len,
    (dict, "isEmpty"): lambda values: not values,
    (dict, "get"): dict.get,
    (dict, "put"): _put,
    (dict, "containsKey"): lambda values, key: key in values,
    (dict, "keySet"): list,
    (dict, "values"): lambda values: list(values.values()),
    (dict, "entrySet"): lambda values: [{"key": key, "value": value} for key, value in values.items()],
}
