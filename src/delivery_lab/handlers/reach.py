"""What a function's code can change of modules that it shares with the lab, as far as its source shows.

Python has no way to be told when a class gets another attribute, and to compare every module and class whenever
control changes would cost more than all the rest of it. So only what the source can name is compared: `threading.Event`
where it says `threading.Event.wait = ...`, each module that it imports where it says `setattr` or `vars`, and all that
the lab works with where it gets at modules by other ways. Code that changes nothing costs nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from delivery_lab.handlers.own_settings import SETTERS

LABS_MODULES = (
    *("builtins", "sys", "os", "posixpath", "io", "time", "datetime", "json", "json.encoder", "json.decoder"),
    *("threading", "_thread", "queue", "contextvars", "concurrent.futures", "concurrent.futures.thread", "asyncio"),
    *("asyncio.events", "asyncio.base_events", "logging", "traceback", "linecache", "warnings", "weakref", "gc"),
    *("signal", "socket", "select", "selectors", "ssl", "subprocess", "tempfile", "pathlib", "random", "uuid"),
    *("re", "math", "copy", "copyreg", "types", "typing", "inspect", "functools", "itertools", "operator", "heapq"),
    *("collections", "collections.abc", "contextlib", "dataclasses", "enum", "hashlib", "base64", "codecs", "locale"),
    *("importlib", "http.client", "urllib.parse", "urllib.request"),
)
"""Modules that the lab itself works with while handlers run."""

_LIKELY = re.compile(
    rb"(?:^|[;:])[ \t]*(?!self\.|cls\.)[A-Za-z_]\w*(?:[ \t]*\([^)\n]*\))?(?:\.\w+)+[ \t]*(?:[-+*/|&^%@<>]*=(?!=)|,|:)"
    rb"|\bdel\b|\b(?:setattr|delattr|vars|__dict__|__setattr__|__delattr__|patch|exec|eval|modules|gc|ctypes|greenlet"
    rb"|__import__|import_module|reload|__builtins__|f_globals|f_builtins|__globals__|__subclasses__|__mro__"
    rb"|" + "|".join(sorted(SETTERS)).encode() + rb")\b",
    re.MULTILINE,
)
"""What a source without cannot change anything of others with; to parse each would take as long as to load it."""
_OF_IMPORTED = frozenset({"setattr", "delattr", "vars", "__dict__", "__setattr__", "__delattr__", "patch"})
_OF_ALL = frozenset(
    {"exec", "eval", "modules", "gc", "ctypes", "greenlet", "__import__", "import_module", "reload", "__builtins__"}
    | {"f_globals", "f_builtins", "__globals__", "__subclasses__", "__mro__"}
)
_OF_THE_FIRST = frozenset({"setattr", "delattr", "vars", "patch"})
_TYPE = "type()"
"""Stands in a chain for the class of what comes before."""

Chain = tuple[str, ...]
"""A module, and the names of attributes from there on."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What code can change.

    Attributes:
        places: modules, classes and objects of which it changes attributes by name.
        modules: modules of which, and of whose classes, it can change any.
        everything: whether it can get at all modules.
        settings: whether it sets anything for its whole process.
    """

    places: frozenset[Chain] = frozenset()
    modules: frozenset[str] = frozenset()
    everything: bool = False
    settings: bool = False

    def __bool__(self) -> bool:
        return bool(self.places or self.modules or self.everything or self.settings)


NOTHING = Reach()


def reach_of(source: bytes) -> Reach:
    """What a source file can change; nothing where it cannot be read as Python."""
    if _LIKELY.search(source) is None:
        return NOTHING
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return NOTHING  # it is not executed, either
    reader = _ReachReader()
    for node in ast.walk(tree):
        reader.read(node)
    return reader.reach()


def found(chain: Chain) -> object | None:
    """What a chain leads to, None where a part of it is not there yet, or has no attributes that could be changed."""
    place: object = sys.modules.get(chain[0])
    for name in chain[1:]:
        if name in (_TYPE, "__class__"):
            place = type(place)
            continue
        namespace = getattr(place, "__dict__", None)
        inside = namespace.get(name) if namespace is not None else None
        if inside is None and isinstance(place, ModuleType):  # `import xml.dom` binds `xml`
            inside = sys.modules.get(f"{place.__name__}.{name}")
        if inside is None and place is not None and not isinstance(place, ModuleType):
            inside = getattr(type(place), name, None) if not isinstance(place, type) else getattr(place, name, None)
        place = inside
    return place if hasattr(place, "__dict__") else None


def with_classes(modules: Iterable[ModuleType]) -> Iterator[object]:
    """Modules, and the classes that are theirs and can be changed."""
    for module in modules:
        yield module
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == module.__name__ and _is_changeable(value):
                yield value


def _is_changeable(kind: type) -> bool:
    return bool(kind.__flags__ & _HEAP_TYPE) and not kind.__flags__ & _IMMUTABLE


_HEAP_TYPE, _IMMUTABLE = 1 << 9, 1 << 8


@dataclass(slots=True)
class _ReachReader:
    imported: dict[str, Chain] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    targets: list[ast.expr] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for one in node.names:
                    self.modules.add(one.name)
                    self.imported[one.asname or one.name.partition(".")[0]] = (
                        (one.name,) if one.asname else (one.name.partition(".")[0],)
                    )
            case ast.ImportFrom() if node.module and not node.level:
                self.modules.add(node.module)
                for one in node.names:
                    self.imported[one.asname or one.name] = (node.module, one.name)
            case ast.Attribute():
                self.names.add(node.attr)
                if isinstance(node.ctx, ast.Store | ast.Del) or node.attr == "__dict__":
                    self.targets.append(node.value)
            case ast.Call(func=ast.Name() as function, args=[of, *_]) if function.id in _OF_THE_FIRST:
                self.targets.append(of)
            case ast.Name():
                self.names.add(node.id)
            case ast.Assign(targets=[ast.Name() as name]) if isinstance(node.value, ast.Name | ast.Attribute):
                self.aliases[name.id] = node.value
            case _:
                return

    def reach(self) -> Reach:
        places = {chain for target in self.targets if (chain := self._chain(target)) is not None}
        everything = not self.names.isdisjoint(_OF_ALL)
        modules = self.modules if everything or not self.names.isdisjoint(_OF_IMPORTED) else ()
        return Reach(frozenset(places), frozenset(modules), everything, not self.names.isdisjoint(SETTERS))

    def _chain(self, target: ast.expr, deep: int = 0) -> Chain | None:
        match target:
            case ast.Attribute():
                before = self._chain(target.value, deep)
                return None if before is None else (*before, target.attr)
            case ast.Call(func=ast.Name(id="type"), args=[of]):
                before = self._chain(of, deep)
                return None if before is None else (*before, _TYPE)
            case ast.Name() if target.id in self.imported:
                return self.imported[target.id]
            case ast.Name() if target.id in self.aliases and deep < len(self.aliases):
                return self._chain(self.aliases[target.id], deep + 1)
            case _:
                return None
