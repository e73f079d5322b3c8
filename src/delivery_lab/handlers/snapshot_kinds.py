"""Kinds of objects as a snapshot tells them apart: what never changes, what holds others, and what hides its state."""

from __future__ import annotations

import _random
import collections
import contextvars
import datetime
import decimal
import functools
import io
import itertools
import operator
import re
import ssl
import struct
import types
import typing
import weakref
import zoneinfo
from _thread import LockType, RLock
from abc import ABC
from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

State = tuple[Callable[[], None], Iterable[object]]
"""What sets an object back, and what it holds."""


class Unrestorable(Exception):  # noqa: N818 - it says what an object is, and is no error of anybody
    """The state of an object cannot be read, or not be set back."""


ATOMS: frozenset[type] = frozenset(
    {int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range, slice, types.CodeType}
)
"""Kinds that never change and refer to nothing that does; what a slice or a range is made of is as constant."""

_LEAVES: frozenset[type] = ATOMS | {
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone, decimal.Decimal,
    re.Pattern, weakref.ref, weakref.ProxyType, weakref.CallableProxyType, contextvars.ContextVar,
    types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
    types.GetSetDescriptorType, types.MemberDescriptorType, struct.Struct, zoneinfo.ZoneInfo, typing.TypeVar,
    typing.ParamSpec, type(vars(ABC)["_abc_impl"]), type(vars(namedtuple("_", "field"))["field"]),
    ssl.SSLContext.__mro__[1],
}  # fmt: skip
_LEAF_MODULES = ("pydantic_core._pydantic_core",)
"""Modules in C whose objects do not change once they are made, or only keep what can be computed again."""

_TRANSPARENT: frozenset[type] = frozenset(
    {
        tuple, frozenset, staticmethod, classmethod, property, types.MethodType, types.BuiltinMethodType,
        types.MethodWrapperType, types.MappingProxyType, types.GenericAlias, types.UnionType, functools.partial,
        operator.itemgetter, operator.attrgetter, operator.methodcaller, types.SimpleNamespace, super,
        io.IOBase, io.RawIOBase, io.TextIOBase, io.BufferedIOBase,
    }
    | {base for kind in (io.IOBase, io.RawIOBase, io.TextIOBase, io.BufferedIOBase) for base in kind.__mro__}
) - {object}  # fmt: skip
"""Kinds that never change themselves, but refer to what may."""

_C_DESCRIPTORS = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
)
_OF_EVERY_CLASS = ("__dict__", "__weakref__")


@cache
def is_leaf(kind: type) -> bool:
    """Whether objects of a kind neither change nor refer to what does."""
    return kind in _LEAVES or (kind.__module__ in _LEAF_MODULES and not is_python(kind))


def is_transparent(kind: type) -> bool:
    """Whether objects of a kind never change, but refer to what may."""
    return kind in _TRANSPARENT


@cache
def is_python(kind: type) -> bool:
    """Whether a class was written in Python, so that all its state is in `__dict__` and `__slots__`."""
    return kind.__flags__ & _HEAP_TYPE != 0 and not any(
        (isinstance(value, _C_DESCRIPTORS) and value.__objclass__ is kind and name not in _OF_EVERY_CLASS)
        or (name == "__new__" and isinstance(value, types.BuiltinFunctionType))
        for name, value in vars(kind).items()
    )


_HEAP_TYPE = 1 << 9
"""`Py_TPFLAGS_HEAPTYPE`: made while Python runs."""


@cache
def own_classes(kind: type) -> tuple[tuple[type, ...], type]:
    """The classes written in Python that an object's state is spread over, and the one in C that they stand on.

    Raises:
        Unrestorable: they stand on more than one.
    """
    python = tuple(each for each in kind.__mro__ if is_python(each))
    base = next(each for each in kind.__mro__ if not is_python(each))
    others = [each for each in kind.__mro__ if not is_python(each) and each is not base and each is not object]
    if any(not issubclass(base, each) and not is_transparent(each) for each in others):
        raise Unrestorable(f"{kind.__module__}.{kind.__qualname__} is made of several kinds")
    return python, base


def _dict(found: Any) -> State:
    content = dict.copy(found)

    def restore() -> None:
        if dict.__len__(found) == len(content) and all(
            map(operator.is_, [*dict.keys(found), *dict.values(found)], [*content, *content.values()])
        ):
            return
        dict.clear(found)
        for key, value in content.items():
            dict.__setitem__(found, key, value)

    return restore, [*content, *content.values()]


def _default_dict(found: Any) -> State:
    restore_content, inside = _dict(found)
    factory = found.default_factory

    def restore() -> None:
        restore_content()
        found.default_factory = factory

    return restore, [*inside, factory]


def _ordered_dict(found: Any) -> State:
    ordered = collections.OrderedDict
    content = list(ordered.items(found))
    flat = [*itertools.chain.from_iterable(content)]

    def restore() -> None:
        now = [*itertools.chain.from_iterable(ordered.items(found))]
        if len(now) == len(flat) and all(map(operator.is_, now, flat)):
            return
        ordered.clear(found)
        for key, value in content:
            ordered.__setitem__(found, key, value)

    return restore, flat


def _list(found: Any) -> State:
    entries = list.copy(found)

    def restore() -> None:
        if list.__len__(found) != len(entries) or not all(map(operator.is_, list.__iter__(found), entries)):
            list.__setitem__(found, slice(None), entries)

    return restore, entries


def _set(found: Any) -> State:
    members = list(set.__iter__(found))
    in_order = members

    def restore() -> None:
        nonlocal in_order
        if not (members or set.__len__(found)):
            return
        now = list(set.__iter__(found))  # each `id` would call the audit hooks
        if len(now) == len(members) and all(map(operator.is_, now, in_order)):
            return
        if len(now) != len(members) or {*map(id, now)} != {*map(id, members)}:
            set.clear(found)
            set.update(found, members)
        in_order = list(set.__iter__(found))

    return restore, members


def _deque(found: Any) -> State:
    kind: Any = collections.deque
    entries = list(kind.__iter__(found))

    def restore() -> None:
        if kind.__len__(found) != len(entries) or not all(map(operator.is_, kind.__iter__(found), entries)):
            kind.clear(found)
            kind.extend(found, entries)

    return restore, entries


def _bytes(found: Any) -> State:
    content = bytes(found)

    def restore() -> None:
        if found != content:
            found[:] = content

    return restore, ()


CONTAINERS: dict[type, Callable[[Any], State]] = {
    dict: _dict,
    collections.defaultdict: _default_dict,
    collections.OrderedDict: _ordered_dict,
    list: _list,
    set: _set,
    collections.deque: _deque,
    bytearray: _bytes,
}
"""Kinds that hold other objects, with what takes their state."""


def state_of_opaque(found: Any, kind: type) -> Callable[[], None]:
    """What sets an object back whose state is hidden in C.

    Args:
        found: the object.
        kind: the class in C that it is of.

    Raises:
        Unrestorable: its kind is not known; what is returned raises it where the object has changed for good.
    """
    if kind is _random.Random:
        state = found.getstate()
        return lambda: found.setstate(state)
    if kind in (io.StringIO, io.BytesIO):
        content, position = found.getvalue(), found.tell()
        return lambda: _rewrite(found, content, position)
    readers: dict[type, Callable[[], object]] = {
        itertools.count: lambda: repr(found),
        LockType: lambda: found.locked(),
        RLock: lambda: found._is_owned(),
    }
    if kind is _LRU_CACHE:
        return _cache(found)
    if kind not in readers:
        raise Unrestorable(f"the state of {kind.__module__}.{kind.__qualname__} cannot be read")
    read = readers[kind]
    before = read()

    def check() -> None:
        if read() != before:
            raise Unrestorable(f"{kind.__module__}.{kind.__qualname__} cannot be set back")

    return check


_LRU_CACHE: type = type(functools.lru_cache(int))


def _rewrite(found: Any, content: Any, position: int) -> None:
    if found.getvalue() != content:
        found.seek(0)
        found.truncate()
        found.write(content)
    found.seek(position)


def _cache(found: Any) -> Callable[[], None]:
    """An `lru_cache`: it can be emptied, so it has to be empty when the function was loaded."""
    if found.cache_info()[:2] != (0, 0):
        raise Unrestorable(f"the cache of {found.__module__}.{found.__qualname__} is in use")

    def empty() -> None:
        if found.cache_info()[:2] != (0, 0):
            found.cache_clear()

    return empty
