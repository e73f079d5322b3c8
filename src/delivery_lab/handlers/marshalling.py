"""What a handler returns, as the JSON that Lambda's Python runtime makes of it (LAM-RESPONSE-1).

The runtime uses simplejson with an encoder of its own. It differs from `json` of the standard library in what it takes:
decimals, named tuples and other objects with `_asdict`, and bytes.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

_PLAIN = frozenset((str, int, float, bool, type(None)))
_WITH_ESCAPES = frozenset(("python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "python3.11"))


class EndsProcessError(Exception):
    """The runtime cannot send the answer on: it ends with an error of its own, outside of all that it catches."""


def marshalled(value: Any, runtime: str) -> str:
    """The response to an invoke, as text.

    Args:
        value: what the handler returned.
        runtime: the function's runtime. Those up to python3.11 write what is not ASCII as escapes.

    Raises:
        EndsProcessError: the response has a lone surrogate, which UTF-8 has not, and the runtime writes UTF-8.
        Exception: the value cannot be written; whatever its own methods raise, too.
    """
    escapes = runtime in _WITH_ESCAPES
    if _is_plain(value):
        text = json.dumps(value, ensure_ascii=escapes)
    else:
        text = "".join(_pieces(value, encode_basestring_ascii if escapes else encode_basestring, set()))
    return sendable(text)


def sendable(text: str) -> str:
    """A text that the runtime sends as UTF-8.

    Raises:
        EndsProcessError: it has a lone surrogate.
    """
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise EndsProcessError from error
    return text


def _is_plain(value: Any) -> bool:
    """Whether `json` of the standard library writes a value as the runtime does."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind in _PLAIN:
            continue
        if id(one) in seen:
            continue
        seen.add(id(one))
        if kind is dict:
            if not all(type(key) in _PLAIN for key in one):
                return False
            waiting.extend(one.values())
        elif kind in (list, tuple):
            waiting.extend(one)
        else:
            return False
    return True


def _pieces(value: Any, quoted: Callable[[str], str], above: set[int]) -> Iterator[str]:
    """A value as JSON, piece by piece; `above` holds what it stands in."""
    if isinstance(value, str):
        yield quoted(value)
    elif isinstance(value, bytes):
        yield quoted(value.decode())
    elif (word := _word(value)) is not None:
        yield word
    elif isinstance(value, decimal.Decimal):
        yield "NaN" if value.is_nan() else str(value)
    else:
        if id(value) in above:
            raise ValueError("Circular reference detected")
        yield from _inner_pieces(value, quoted, above | {id(value)})


def _inner_pieces(value: Any, quoted: Callable[[str], str], above: set[int]) -> Iterator[str]:
    as_dict = getattr(value, "_asdict", None)
    if callable(as_dict):
        value = as_dict()
        if not isinstance(value, dict):
            raise TypeError(f"_asdict() must return a dict, not {type(value).__name__}")
    if isinstance(value, dict):
        separator = "{"
        for key, below in value.items():
            yield f"{separator}{quoted(_key(key))}: "
            yield from _pieces(below, quoted, above)
            separator = ", "
        yield "{}" if separator == "{" else "}"
    elif isinstance(value, list | tuple):
        separator = "["
        for below in value:
            yield separator
            yield from _pieces(below, quoted, above)
            separator = ", "
        yield "[]" if separator == "[" else "]"
    else:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _word(value: Any) -> str | None:
    """A value that is written as one word, None for any other."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    return json.dumps(float(value)) if isinstance(value, float) else None


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return key.decode()
    word = _word(key)
    if word is None:
        raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
    return word
