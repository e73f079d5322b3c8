"""Data classes that are made quickly: `dataclass` as the standard library has it, and the same for whoever uses it.

A command imports some 400 data classes. The standard library writes each method of each as a text and compiles it at
import, which was two fifths of what the lab's own modules took to load. Here only `__init__`, `__setattr__` and
`__delattr__` are made that way. What tells, compares and hashes objects is made of functions that are compiled already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter
    from reprlib import recursive_repr

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """A data class, with the options of `dataclasses.dataclass`."""
        if cls is None:
            return lambda given: dataclass(given, **options)
        return _with_methods(cls, options)

    def _with_methods(cls: type, options: dict[str, bool]) -> type:
        own = cls.__dict__
        tells = options.get("repr", True) and "__repr__" not in own
        compares = options.get("eq", True) and not {"__eq__", "__hash__"} & own.keys()
        if not compares or options.get("order") or options.get("unsafe_hash"):
            return dataclasses.dataclass(cls, **options)
        if cls.__doc__ is None:
            cls.__doc__ = cls.__name__  # or its signature is written out, which is as much work as a method
        made = dataclasses.dataclass(cls, **{**options, "repr": False, "eq": False})
        fields = dataclasses.fields(made)
        if tells:
            _add(made, "__repr__", _telling(tuple(field.name for field in fields if field.repr)))
        _add(made, "__eq__", _comparing(_reading([field.name for field in fields if field.compare])))
        if options.get("frozen"):
            hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
            _add(made, "__hash__", _hashing(_reading(hashed)))
        else:
            made.__hash__ = None
        return made

    def _add(made: type, name: str, method: Callable[..., Any]) -> None:
        method.__name__, method.__qualname__ = name, f"{made.__qualname__}.{name}"
        method.__module__ = made.__module__
        setattr(made, name, method)

    def _reading(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
        """What reads these attributes as a tuple."""
        if len(names) > 1:
            return attrgetter(*names)
        return lambda one: tuple(getattr(one, name) for name in names)

    def _telling(names: tuple[str, ...]) -> Callable[[object], str]:
        @recursive_repr()
        def tell(self: object) -> str:
            told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
            return f"{type(self).__qualname__}({told})"

        return tell

    def _comparing(read: Callable[[object], tuple[Any, ...]]) -> Callable[[object, object], Any]:
        def compare(self: object, other: object) -> Any:
            return read(self) == read(other) if type(other) is type(self) else NotImplemented

        return compare

    def _hashing(read: Callable[[object], tuple[Any, ...]]) -> Callable[[object], int]:
        def hashed(self: object) -> int:
            return hash(read(self))

        return hashed
