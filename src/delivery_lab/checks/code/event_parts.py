"""Which expressions of a program are a part of the handler's event: its list of records, a record, what is in one.

Followed is what leaves no doubt: a part that gets a name, that a loop goes through, or that is handed to a function of
the program. A name that is also given something else is nothing, and so is what another library answers.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee, is_plain
from delivery_lab.checks.code.event_shapes import EventShape
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.record_handlers import RECORD
from delivery_lab.checks.code.tree import arguments_for, called_name, parameters_of

Shapes = frozenset[EventShape]
NOTHING: Shapes = frozenset()
_MOST_ROUNDS = 10
"""So many names and functions a part is followed through."""
_SAME = frozenset({"list", "tuple", "iter", "reversed", "sorted"})
_PAIR = 2


@dataclass(frozen=True, slots=True)
class _Binding:
    """What gives a name its value.

    Attributes:
        function: where the expression stands.
        value: the expression.
        is_looped: the name is an entry of the expression, not the expression itself.
    """

    function: FunctionNode
    value: ast.expr
    is_looped: bool = False


class EventParts:
    """The parts of the event in a program.

    Args:
        code: the program.
        entry: its handler.
        events: what the handler may be given as its event.
        records: by functions that Powertools hands each record to: what it may be, under the name `record`.
    """

    def __init__(
        self, code: Code, entry: FunctionNode, events: Shapes, records: Mapping[FunctionNode, Shapes] | None = None
    ) -> None:
        self._code = code
        self._places = reached(code)
        self._held: dict[tuple[int, str], Shapes] = {}
        bindings = self._bindings(entry)
        for name in parameters_of(entry)[:1]:
            if not bindings.pop((id(entry), name), None):
                self._held[id(entry), name] = events
        for function, shapes in (records or {}).items():
            if bindings.pop((id(function), RECORD), None) == [None]:  # what it is called with, and nothing else
                self._held[id(function), RECORD] = shapes
        for _ in range(_MOST_ROUNDS):
            if not self._grow(bindings):
                break

    def of(self, function: FunctionNode, node: ast.expr) -> Shapes:
        """The parts of an event that an expression of a function may be; empty where it may be something else."""
        match node:
            case ast.Name(id=name):
                return self._held.get((id(function), name), NOTHING)
            case ast.NamedExpr(value=value) | ast.BoolOp(op=ast.Or(), values=[value, *_]):
                return self.of(function, value)
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)):
                return _under(self.of(function, value), key)
            case ast.Attribute(value=value, attr="records"):
                return _under(self.of(function, value), "Records")
            case ast.Attribute(value=value, attr="raw_event") | ast.Subscript(value=value, slice=ast.Slice()):
                return self.of(function, value)
            case ast.Subscript(value=value):
                return _entries(self.of(function, value)) or _values(self.of(function, value))
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
                held = self.of(function, value)
                named = key.value if isinstance(key, ast.Constant) else None
                return _under(held, named) if isinstance(named, str) else _values(held)
            case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in _SAME:
                return self.of(function, value)
        return NOTHING

    def _looped(self, function: FunctionNode, node: ast.expr) -> Shapes:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="values" | "items"), args=[]):
                return _values(self.of(function, value))
            case ast.Call(func=ast.Name(id="enumerate"), args=[value, *_]):
                return self._looped(function, value)
        return _entries(self.of(function, node))

    def _grow(self, bindings: dict[tuple[int, str], list[_Binding | None]]) -> bool:
        before = sum(map(len, self._held.values()))
        for name, given in bindings.items():
            found = [
                NOTHING if each is None else (self._looped if each.is_looped else self.of)(each.function, each.value)
                for each in given
            ]
            if found and all(found):
                self._held[name] = frozenset().union(*found)
        return sum(map(len, self._held.values())) > before

    def _bindings(self, entry: FunctionNode) -> dict[tuple[int, str], list[_Binding | None]]:
        """What each name of each function is given; None for what cannot be told."""
        found: dict[tuple[int, str], list[_Binding | None]] = defaultdict(list)
        called, free = self._calls()
        for _, function in self._places:
            for node in own_nodes(function):
                for name, binding in _bound(function, node):
                    found[id(function), name].append(binding)
            if function is entry:
                continue
            for name in parameters_of(function):
                known = is_plain(function) and id(function) not in free
                found[id(function), name].extend(called.get((id(function), name), [None]) if known else [None])
        return found

    def _calls(self) -> tuple[dict[tuple[int, str], list[_Binding]], set[int]]:
        """What calls give parameters, and the functions that are handed on as they are: others may call those."""
        given: dict[tuple[int, str], list[_Binding]] = defaultdict(list)
        free: set[int] = set()
        for module, function in self._places:
            calls = {
                id(node.func): node for node in live_nodes(self._code, module, function) if isinstance(node, ast.Call)
            }
            for node in live_nodes(self._code, module, function):
                place = self._means(module, function, node)
                if place is None:
                    continue
                call = calls.get(id(node))
                if call is None or any(isinstance(each, ast.Starred) for each in call.args):
                    free.add(id(place))
                    continue
                for name, value in arguments_for(call, place):
                    given[id(place), name].append(_Binding(function, value))
        return given, free

    def _means(self, module: Module, function: FunctionNode, node: ast.AST) -> FunctionNode | None:
        place = callee(self._code, module, function, node) if isinstance(node, ast.Name | ast.Attribute) else None
        return None if place is None else place[1]


def _bound(function: FunctionNode, node: ast.AST) -> Iterator[tuple[str, _Binding | None]]:
    """The names that a node binds, with what; None where it cannot be told."""
    match node:
        case ast.For(target=target, iter=iterated) | ast.comprehension(target=target, iter=iterated):
            yield from _loop(function, target, iterated)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            yield name, None
        case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            yield name, None
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from ((name, None) for name in names)
        case _:
            for name, value in assigned(node):
                yield name, None if value is None else _Binding(function, value)


def _loop(function: FunctionNode, target: ast.expr, iterated: ast.expr) -> Iterator[tuple[str, _Binding | None]]:
    pairs = isinstance(iterated, ast.Call) and called_name(iterated) in ("enumerate", "items")
    match target:
        case ast.Name(id=name):
            yield name, None if pairs else _Binding(function, iterated, is_looped=True)
        case ast.Tuple(elts=[ast.Name(id=first), ast.Name(id=second)]) if pairs:
            yield first, None
            yield second, _Binding(function, iterated, is_looped=True)
        case _:
            yield from ((each.id, None) for each in ast.walk(target) if isinstance(each, ast.Name))


def _under(shapes: Shapes, key: str) -> Shapes:
    return _all(shapes, lambda shape: shape.keys.get(key) or shape.value)


def _entries(shapes: Shapes) -> Shapes:
    return _all(shapes, lambda shape: shape.item)


def _values(shapes: Shapes) -> Shapes:
    return _all(shapes, lambda shape: shape.value)


def _all(shapes: Iterable[EventShape], inner: Callable[[EventShape], EventShape | None]) -> Shapes:
    return frozenset(found for shape in shapes if (found := inner(shape)) is not None)
