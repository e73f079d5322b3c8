"""Follows a handler's code from its event to the keys and classes that it reads messages by.

It is read, not run. A value of the event is a `MessageShape`; what code does with it tells its parts: `order["id"]`,
`Order.model_validate_json(text)`, `int(order["count"])`. Where a value comes from cannot always be told (a helper of
another package, for instance): what is parsed as JSON there counts as a message.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from delivery_lab.api.first.expressions import AnyFunction, Expressions, Findings, Names
from delivery_lab.api.first.models import last_name
from delivery_lab.api.first.shape import MessageShape
from delivery_lab.api.first.sources import HandlerCode

_ENDING = (ast.Raise, ast.Return, ast.Continue)
"""What ends the work on a message."""

_MOST_DEEP = 12
"""Calls inside each other that are followed."""


def read_handler(code: HandlerCode) -> Findings:
    """What a handler reads of its event."""
    return _HandlerReader(code).read()


class _HandlerReader(Expressions):
    """Follows statements and calls."""

    def __init__(self, code: HandlerCode) -> None:
        super().__init__((node for module in code.modules for node in ast.walk(module)), code.handler)
        self._code = code
        self._running: list[str] = []
        self._done: set[tuple[str, tuple[int, ...]]] = set()

    def read(self) -> Findings:
        """Follow the handler."""
        own = [node for node in self._code.main.body if isinstance(node, AnyFunction)]
        handler = next((node for node in own if node.name == self._code.handler), None)
        handler = handler or self.functions.get(self._code.handler)
        self._lines(self._code.main.body, {})
        if handler is not None:
            for decorator in handler.decorator_list:
                self._decorated(decorator)
            self.call(handler, [self.found.event], {})
        return self.found

    def call(
        self, function: AnyFunction, given: list[MessageShape | None], named: Mapping[str, MessageShape | None]
    ) -> MessageShape | None:
        """What a function of the code returns when it gets these values; None where it was followed with them."""
        known = (function.name, tuple(id(each) for each in [*given, *named.values()]))
        if known in self._done or function.name in self._running or len(self._running) >= _MOST_DEEP:
            return None
        self._done.add(known)
        self._running.append(function.name)
        returned = self._lines(function.body, self._bound(function, given, named))
        self._running.pop()
        if returned is not None:
            self._done.discard(known)
        return returned

    def _bound(
        self, function: AnyFunction, given: list[MessageShape | None], named: Mapping[str, MessageShape | None]
    ) -> Names:
        """The parameters of a function with their values."""
        parameters = [*function.args.posonlyargs, *function.args.args]
        if parameters and parameters[0].arg in ("self", "cls"):
            parameters = parameters[1:]
        env = {each.arg: held for each, held in zip(parameters, given, strict=False) if held is not None}
        env.update({name: held for name, held in named.items() if held is not None})
        for each in [*parameters, *function.args.kwonlyargs]:
            model = self.models.named(each.annotation)
            if model is not None and each.arg in env and env[each.arg] is not self.found.event:
                self.reads_by(model, env[each.arg])
        return env

    def _decorated(self, node: ast.expr) -> None:
        """What a decorator tells of the handler: `event_parser` the model, `batch_processor` who gets records."""
        if not isinstance(node, ast.Call):
            return
        named = {key.arg: key.value for key in node.keywords}
        model = self.models.named(named.get("model") or (node.args[0] if node.args else None))
        if last_name(node.func) == "event_parser" and model is not None:
            self.reads_by(model, None)
        handler = self.functions.get(last_name(named.get("record_handler")) or "")
        if handler is not None:
            self.call(handler, [self.found.event.at("Records").each()], {})

    # -- statements -----------------------------------------------------------------------------------------------

    def _lines(self, lines: Iterable[ast.stmt], env: Names) -> MessageShape | None:
        """Follow statements; what they return."""
        returned: MessageShape | None = None
        for line in lines:
            returned = self._line(line, env) or returned
        return returned

    def _line(self, line: ast.stmt, env: Names) -> MessageShape | None:
        match line:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return None
            case ast.Return(value=ast.expr() as value):
                return self.value(value, env)
            case ast.Assign() | ast.AnnAssign():
                self._assigned(line, env)
                return None
            case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
                self.loop(target, source, env)
            case ast.If(test=test, body=body):
                self._tested(test, body, env)
            case ast.Match():
                self._matched(line, env)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                self._entered(items, env)
        return self._inside(line, env)

    def _inside(self, line: ast.stmt, env: Names) -> MessageShape | None:
        """The expressions of a statement, and the statements in it."""
        returned: MessageShape | None = None
        for child in ast.iter_child_nodes(line):
            if isinstance(child, ast.expr):
                self.value(child, env)
            elif isinstance(child, ast.stmt):
                returned = self._line(child, env) or returned
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                returned = self._lines(child.body, env) or returned
        return returned

    def _assigned(self, line: ast.Assign | ast.AnnAssign, env: Names) -> None:
        if line.value is None:
            return
        held = self.value(line.value, env)
        if isinstance(line, ast.AnnAssign):
            model = self.models.named(line.annotation)
            if model is not None and held is not None:
                self.reads_by(model, held)
        if held is None and isinstance(line.value, ast.Constant | ast.Dict | ast.List):
            return  # what stands for a message that cannot be read
        for target in line.targets if isinstance(line, ast.Assign) else [line.target]:
            self.bind(target, held, env)

    def _entered(self, items: list[ast.withitem], env: Names) -> None:
        for item in items:
            held = self.value(item.context_expr, env)
            self.handed(item.context_expr, env)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, held, env)

    def _matched(self, line: ast.Match, env: Names) -> None:
        held = self.value(line.subject, env)
        for case in line.cases:
            if held is not None and isinstance(case.pattern, ast.MatchValue):
                self.compared(held, case.pattern.value)

    def _tested(self, test: ast.expr, body: list[ast.stmt], env: Names) -> None:
        """Note a member whose truth makes the handler raise, or name the message as failed."""
        bad = any(
            isinstance(node, ast.Raise) or (isinstance(node, ast.Constant) and node.value == "itemIdentifier")
            for line in body
            for node in ast.walk(line)
        )
        if any(isinstance(node, _ENDING) for line in body for node in ast.walk(line)):
            for missing in self._missing(test, env):
                missing.needed = True
        name = _key_of(test)
        held = self.value(test, env)
        if held is not None and bad and name is not None:
            held.flag = True
            self.found.flags.append(name)

    def _missing(self, test: ast.expr, env: Names) -> Iterator[MessageShape]:
        """The members that are missing, or empty, where a test holds."""
        asked: list[ast.expr] = []
        match test:
            case ast.BoolOp(op=ast.Or(), values=values):
                for each in values:
                    yield from self._missing(each, env)
            case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="all"), args=[ast.List(elts=parts)])):
                asked = parts
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                asked = [operand]
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                asked = [left]
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.NotIn()], comparators=[holder]):
                held = self.value(holder, env)
                if held is not None:
                    yield held.at(key)
        yield from (held for each in asked if (held := self.value(each, env)) is not None)


def _key_of(test: ast.expr) -> str | None:
    """The member whose truth is asked for."""
    match test:
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key
    return None
