"""Which expressions of a program are the body of a message: as text, or parsed as JSON.

Followed is what leaves no doubt: a body that gets a name, is handed to a function of the program, or is returned by
one. A name that is also given something else is nothing.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from delivery_lab.checks.code.callees import Place, callee, is_plain
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.tree import arguments_for, called_name, parameters_of

_MOST_ROUNDS = 10
"""So many functions a body is followed through."""

Predicate = Callable[[Module, FunctionNode, ast.expr], bool]


@dataclass(slots=True)
class _HeldBodies:
    """What names of functions hold, and which functions return it.

    Attributes:
        held: names by function.
        returned: functions.
    """

    held: set[tuple[int, str]] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _GivenValue:
    """What a call of the program gives a parameter."""

    module: Module
    function: FunctionNode
    value: ast.expr


class Bodies:
    """The bodies of a program's messages.

    Args:
        code: the program.
    """

    def __init__(self, code: Code) -> None:
        self._code = code
        self._places = reached(code)
        self._given, self._free = self._calls()
        self._texts, self._parsed = _HeldBodies(), _HeldBodies()
        for _ in range(_MOST_ROUNDS):
            if not (self._grow(self._texts, self.is_text) | self._grow(self._parsed, self.is_parsed)):
                break

    def is_text(self, module: Module, function: FunctionNode, node: ast.expr) -> bool:
        """Whether an expression is the body of a record, as text."""
        match node:
            case ast.Subscript(slice=ast.Constant(value="body")) | ast.Attribute(attr="body"):
                return True
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value="body"), *_]):
                return True
        return self._is_known(self._texts, module, function, node)

    def is_parsed(self, module: Module, function: FunctionNode, node: ast.expr) -> bool:
        """Whether an expression is the body of a record, parsed as JSON."""
        match node:
            case ast.Attribute(attr="json_body"):  # of Powertools' SQSRecord
                return True
            case ast.Call(args=[text, *_]) if self.is_json_loads(module, node):
                return self.is_text(module, function, text)
        return self._is_known(self._parsed, module, function, node)

    def is_json_loads(self, module: Module, call: ast.Call) -> bool:
        """Whether a call parses JSON."""
        found = self._code.origin(module, call.func)
        return called_name(call) == "loads" and found in ("json.loads", "orjson.loads", "ujson.loads", "")

    def _is_known(self, names: _HeldBodies, module: Module, function: FunctionNode, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return (id(function), node.id) in names.held
        if isinstance(node, ast.Call):
            place = callee(self._code, module, function, node.func)
            return place is not None and id(place[1]) in names.returned
        return False

    # -- what is known grows until nothing more follows ---------------------------------------------------

    def _grow(self, names: _HeldBodies, holds: Predicate) -> bool:
        before = len(names.held) + len(names.returned)
        for module, function in self._places:
            for name, values in self._bound(module, function).items():
                known = [each for each in values if each is not None]
                if values and values == known and all(holds(each.module, each.function, each.value) for each in known):
                    names.held.add((id(function), name))
            returns = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
            if returns and all(value is not None and holds(module, function, value) for value in returns):
                names.returned.add(id(function))
        return len(names.held) + len(names.returned) > before

    def _bound(self, module: Module, function: FunctionNode) -> dict[str, list[_GivenValue | None]]:
        """What each name of a function is given; None for what cannot be told."""
        found: dict[str, list[_GivenValue | None]] = defaultdict(list)
        for node in own_nodes(function):
            for name, value in assigned(node):
                found[name].append(None if value is None else _GivenValue(module, function, value))
        for name in parameters_of(function):
            if id(function) in self._free or not is_plain(function):
                found[name].append(None)
            else:
                found[name].extend(self._given.get((id(function), name), [None]))
        return found

    def _calls(self) -> tuple[dict[tuple[int, str], list[_GivenValue]], set[int]]:
        """What calls give parameters, and the functions that are handed on as they are: others may call those."""
        given: dict[tuple[int, str], list[_GivenValue]] = defaultdict(list)
        free: set[int] = {id(function) for _, function in self._places[:1]}
        for module, function in self._places:
            called = set()
            for node in live_nodes(self._code, module, function):
                if isinstance(node, ast.Call):
                    called.add(id(node.func))
                    for name, value, target in self._arguments(module, function, node):
                        given[id(target), name].append(_GivenValue(module, function, value))
            free |= {id(place[1]) for place in self._handed_on(module, function, called)}
        return given, free

    def _arguments(
        self, module: Module, function: FunctionNode, call: ast.Call
    ) -> Iterable[tuple[str, ast.expr, FunctionNode]]:
        place = callee(self._code, module, function, call.func)
        if place is not None:
            yield from ((name, value, place[1]) for name, value in arguments_for(call, place[1]))

    def _handed_on(self, module: Module, function: FunctionNode, called: set[int]) -> Iterable[Place]:
        for node in live_nodes(self._code, module, function):
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in called:
                place = callee(self._code, module, function, node)
                if place is not None:
                    yield place
