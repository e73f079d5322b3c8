"""Whether a handler answers with batchItemFailures, read from what it returns.

The reading follows returned names, calls of the program's own functions, and Powertools' batch utility. Anything it
cannot follow makes the answer `UNKNOWN`, never `NEVER`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from enum import Enum

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of
from delivery_lab.checks.code.tree import called_name, decorating, is_name

KEY = "batchItemFailures"
_POWERTOOLS_BATCH = "aws_lambda_powertools.utilities.batch"
_POWERTOOLS = "aws_lambda_powertools."
_DEEPEST = 12
_PLAIN_CALLS = frozenset({"str", "int", "float", "bool", "len", "list", "tuple", "sorted", "sum", "repr", "print"})
_PLAIN_ORIGINS = frozenset({"json.dumps", "time.time"})
_READ_ONLY = frozenset(
    {"debug", "info", "warning", "error", "exception", "critical", "append", "dumps", "print", "len"}
)


class Answers(Enum):
    """What a handler's answers say about failed records."""

    REPORTS = "reports"
    """At least one answer carries batchItemFailures."""
    RAISES = "raises"
    """It would, but raises instead when there are failures."""
    NEVER = "never"
    """No answer ever does."""
    UNKNOWN = "unknown"
    """Cannot be told from the code."""


def answers_with(code: Code, key: str) -> Answers:
    """Whether the handler answers with a key of another name, such as the `state` of a tumbling window."""
    found = entry_of(code)
    if found is None:
        return Answers.UNKNOWN
    module, function = found
    answer = _ResponseReader(code, key).function(module, function, 0)
    known = all(keeps_the_answer(code, module, node) for node in function.decorator_list)
    return answer if known or answer is Answers.REPORTS else Answers.UNKNOWN


def answers_of(code: Code) -> Answers:
    """Read what the handler answers."""
    found = entry_of(code)
    if found is None:
        return Answers.UNKNOWN
    module, function = found
    answer = _ResponseReader(code, KEY).function(module, function, 0)
    if answer is Answers.REPORTS:
        return Answers.RAISES if _raises_on_failures(code, module, function) else Answers.REPORTS
    if not all(keeps_the_answer(code, module, node) for node in function.decorator_list):
        return Answers.UNKNOWN
    return answer


def _combined(answers: Iterable[Answers]) -> Answers:
    found = set(answers)
    for answer in (Answers.REPORTS, Answers.UNKNOWN):
        if answer in found:
            return answer
    return Answers.NEVER


@dataclass(frozen=True, slots=True)
class _ResponseReader:
    code: Code
    key: str

    def function(self, module: Module, function: FunctionNode, depth: int) -> Answers:
        if depth > _DEEPEST:
            return Answers.UNKNOWN
        nodes = list(own_nodes(function))
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
            return Answers.UNKNOWN
        scope = _Scope(self, module, function, nodes, depth + 1)
        returned = (node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None)
        return _combined(scope.answer(value) for value in returned)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The inside of one function."""

    reader: _ResponseReader
    module: Module
    function: FunctionNode
    nodes: list[ast.AST]
    depth: int

    def answer(self, value: ast.expr) -> Answers:
        """What returning a value says."""
        match value:
            case ast.Dict():
                return self._dictionary(value)
            case ast.Name():
                return self._name(value.id)
            case ast.Await():
                return self.answer(value.value)
            case ast.IfExp():
                return _combined((self.answer(value.body), self.answer(value.orelse)))
            case ast.BoolOp():
                return _combined(self.answer(part) for part in value.values)
            case ast.Call():
                return self._call(value)
            case ast.Attribute() | ast.Subscript() | ast.Starred():
                return Answers.UNKNOWN
        return Answers.NEVER

    def _dictionary(self, value: ast.Dict) -> Answers:
        answer = Answers.NEVER
        for key, item in zip(value.keys, value.values, strict=True):
            if key is None:
                answer = _combined((answer, self.answer(item)))
            elif (name := evaluate(self.reader.code, self.module, key)) == self.reader.key:
                is_empty = self.reader.key == KEY and isinstance(item, ast.List) and not item.elts
                return Answers.NEVER if is_empty else Answers.REPORTS
            elif not isinstance(name, str):
                answer = Answers.UNKNOWN
        return answer

    def _name(self, name: str) -> Answers:
        arguments = self.function.args
        values = [value for node in self.nodes for bound, value in assigned(node) if bound == name]
        if not values:
            if name in {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}:
                return Answers.UNKNOWN
            found = self.reader.code.locate(self.module, name)
            outer = found[0].assignments.get(found[1]) if found is not None else None
            # What is global may have been changed by anybody, so only a report says something.
            shared = Answers.UNKNOWN if outer is None else self.answer(outer)
            return shared if shared is Answers.REPORTS else Answers.UNKNOWN
        if any(value is None or _mentions(value, name) for value in values):
            return Answers.UNKNOWN
        changed = [self._change(node, name) for node in self.nodes]
        return _combined((*(self.answer(value) for value in values if value is not None), *changed))

    def _change(self, node: ast.AST, name: str) -> Answers:
        """What a statement that may change a dictionary makes of it."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and is_name(target.value, name):
                    key = evaluate(self.reader.code, self.module, target.slice)
                    if key == self.reader.key:
                        return Answers.REPORTS
                    return Answers.NEVER if isinstance(key, str) else Answers.UNKNOWN
        if isinstance(node, ast.Call) and any(is_name(argument, name) for argument in node.args):
            return Answers.NEVER if called_name(node) in _READ_ONLY else Answers.UNKNOWN
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_name(node.func.value, name):
            return Answers.UNKNOWN if node.func.attr in ("update", "setdefault") else Answers.NEVER
        return Answers.NEVER

    def _call(self, call: ast.Call) -> Answers:
        code = self.reader.code
        origin = code.origin(self.module, call.func)
        reports = Answers.REPORTS if self.reader.key == KEY else Answers.NEVER
        if origin.startswith(_POWERTOOLS_BATCH) and origin.endswith("process_partial_response"):
            return reports
        if isinstance(call.func, ast.Attribute) and call.func.attr == "response" and self._is_processor(call.func):
            return reports
        if isinstance(call.func, ast.Name) and call.func.id == "dict":
            return self._dict_call(call)
        if origin in ("asyncio.run",) or origin.endswith(".run_until_complete"):
            return self.answer(call.args[0]) if call.args else Answers.UNKNOWN
        if isinstance(call.func, ast.Name):
            found = code.function(self.module, call.func.id)
            if found is not None and call.func.id not in self._local_names():
                return self._own_function(*found)
            return Answers.NEVER if self._is_plain(call.func.id) else Answers.UNKNOWN
        method = callee(code, self.module, self.function, call.func)
        if method is not None:
            return self._own_function(*method)
        return Answers.NEVER if origin in _PLAIN_ORIGINS else Answers.UNKNOWN

    def _own_function(self, module: Module, function: FunctionNode) -> Answers:
        answer = self.reader.function(module, function, self.depth)
        if answer is Answers.NEVER and function.decorator_list:
            known = all(keeps_the_answer(self.reader.code, module, node) for node in function.decorator_list)
            return answer if known else Answers.UNKNOWN
        return answer

    def _is_processor(self, method: ast.Attribute) -> bool:
        if not isinstance(method.value, ast.Name):
            return False
        name = method.value.id
        values = [value for node in self.nodes for bound, value in assigned(node) if bound == name and value]
        if not values and name in self.module.assignments:
            values = [self.module.assignments[name]]
        origins = [self.reader.code.origin(self.module, v.func) for v in values if isinstance(v, ast.Call)]
        return bool(origins) and all(origin.startswith(_POWERTOOLS_BATCH) for origin in origins)

    def _dict_call(self, call: ast.Call) -> Answers:
        if any(keyword.arg == self.reader.key for keyword in call.keywords):
            return Answers.REPORTS
        return Answers.UNKNOWN if call.args or any(keyword.arg is None for keyword in call.keywords) else Answers.NEVER

    def _is_plain(self, name: str) -> bool:
        return name in _PLAIN_CALLS and name not in self.module.imports and name not in self._local_names()

    def _local_names(self) -> set[str]:
        inner = {node.name for node in self.nodes if isinstance(node, FunctionNode | ast.ClassDef)}
        return inner | {bound for node in self.nodes for bound, _ in assigned(node)}


def _mentions(expression: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(expression))


def keeps_the_answer(code: Code, module: Module, decorator: ast.expr) -> bool:
    """Whether a decorator leaves the answer alone: those of Powertools do."""
    named = decorating(decorator)
    if isinstance(named, ast.Attribute) and isinstance(named.value, ast.Name):
        found = code.locate(module, named.value.id)
        made = found[0].assignments.get(found[1]) if found is not None else None
        if isinstance(made, ast.Call) and found is not None:
            made_by = code.origin(found[0], made.func)
            # `new_logger()` of the program itself is looked through once.
            return made_by.startswith(_POWERTOOLS) or _makes_powertools(code, made_by)
    return code.origin(module, named).startswith(_POWERTOOLS)


def is_of_powertools(code: Code, module: Module, decorator: ast.expr, names: Set[str]) -> bool:
    """Whether a decorator is one of those of Powertools that have these names."""
    named = decorating(decorator)
    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
    return name in names and keeps_the_answer(code, module, decorator)


def _makes_powertools(code: Code, origin: str) -> bool:
    module_name, _, name = origin.rpartition(".")
    module = code.modules.get(module_name)
    function = module.functions.get(name) if module is not None else None
    if module is None or function is None:
        return False
    returned = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
    return bool(returned) and all(
        isinstance(value, ast.Call) and code.origin(module, value.func).startswith(_POWERTOOLS) for value in returned
    )


def _raises_on_failures(code: Code, module: Module, function: FunctionNode) -> bool:
    """Whether the handler raises, instead of answering, once it knows of failures.

    That is a `raise` under a condition on the answer or on what was computed from it, unless the environment variables
    rule the condition out.
    """
    about_failures = _names_about_failures(function)
    return any(
        any(isinstance(node, ast.Raise) for statement in conditional.body for node in ast.walk(statement))
        and any(_mentions(conditional.test, name) for name in about_failures)
        and evaluate(code, module, conditional.test) is not False
        for conditional in own_nodes(function)
        if isinstance(conditional, ast.If)
    )


def _names_about_failures(function: FunctionNode) -> set[str]:
    nodes = list(own_nodes(function))
    names = {name for node in nodes if isinstance(node, ast.Return) for name in _names_in(node.value)}
    names -= {argument.arg for argument in function.args.args}
    for _ in range(3):  # computed from what was computed from the answer
        for node in nodes:
            for bound, value in assigned(node):
                if value is not None and names & set(_names_in(value)):
                    names.add(bound)
    return names


def _names_in(expression: ast.expr | None) -> Iterator[str]:
    if expression is not None:
        yield from (n.id for n in ast.walk(expression) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
