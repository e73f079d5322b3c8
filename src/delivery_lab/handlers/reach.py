"""What a function's code can change of modules that it shares with the lab, as far as its source shows.

Python has no way to be told when a class gets another attribute, and to compare every module and class whenever
control changes would cost more than all the rest of it. So only what the source names is compared: `threading.Event`
where it says `threading.Event.wait = ...` or `setattr(threading.Event, ...)`, and Python's own tables where it gets at
them. Code that changes nothing costs nothing. Modules tell of what is set in them by other ways (`watched_modules`).
"""

from __future__ import annotations

import ast
import re
import sys
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
    rb"|\bdel\b|\b(?:setattr|delattr|vars|__dict__|object|reload|modules|__builtins__|f_builtins|f_globals"
    rb"|" + "|".join(sorted(SETTERS)).encode() + rb")\b",
    re.MULTILINE,
)
"""What a source without cannot change anything of others with; to parse each would take as long as to load it."""
_TABLES = frozenset({"modules", "__builtins__", "f_builtins", "f_globals"})
"""Names of Python's own tables."""
_CHANGES_A_TABLE = frozenset({"clear", "pop", "popitem", "setdefault", "update"})
_OF_THE_FIRST = frozenset({"setattr", "delattr", "vars", "reload", "object"})
"""What changes attributes of its first argument: functions, `importlib.reload` and `mock.patch.object`."""
_TYPE = "type()"
"""Stands in a chain for the class of what comes before."""

Chain = tuple[str, ...]
"""A module, and the names of attributes from there on."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What code can change.

    Attributes:
        places: modules, classes and objects of which it changes attributes by name.
        tables: whether it changes `sys.modules`, or what `builtins` or a module has, as a dictionary.
        settings: whether it sets anything for its whole process.
    """

    places: frozenset[Chain] = frozenset()
    tables: bool = False
    settings: bool = False

    def __bool__(self) -> bool:
        return bool(self.places or self.tables or self.settings)


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
        reader.tables = reader.tables or _changes_table(node)
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


@dataclass(slots=True)
class _ReachReader:
    imported: dict[str, Chain] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    targets: list[ast.expr] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    tables: bool = False

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for one in node.names:
                    self.imported[one.asname or one.name.partition(".")[0]] = (
                        (one.name,) if one.asname else (one.name.partition(".")[0],)
                    )
            case ast.ImportFrom() if node.module and not node.level:
                for one in node.names:
                    self.imported[one.asname or one.name] = (node.module, one.name)
            case ast.Attribute():
                self.names.add(node.attr)
                if isinstance(node.ctx, ast.Store | ast.Del) or node.attr == "__dict__":
                    self.targets.append(node.value)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[of, *_]) if name in _OF_THE_FIRST:
                self.targets.append(of)
            case ast.Name():
                self.names.add(node.id)
            case ast.Assign(targets=[ast.Name() as name]) if isinstance(node.value, ast.Name | ast.Attribute):
                self.aliases[name.id] = node.value
            case _:
                return

    def reach(self) -> Reach:
        places = {chain for target in self.targets if (chain := self._chain(target)) is not None}
        return Reach(frozenset(places), self.tables, not self.names.isdisjoint(SETTERS))

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


def _changes_table(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            return _is_table(node.value)
        case ast.Attribute() if node.attr in _CHANGES_A_TABLE:
            return _is_table(node.value)
        case _:
            return False


def _is_table(value: ast.expr) -> bool:
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _TABLES
        case _:
            return False
