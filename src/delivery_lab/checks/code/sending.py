"""The queues to which a function's code sends, as far as their URL or name can be told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.calls import calls_of, keyword_of
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes, bound_values
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.tree import called_name, is_name

_SENDING = ("send_message", "send_message_batch", "send_messages")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class SentTo:
    """A call that sends to a queue.

    Attributes:
        to: the queue's URL or its name.
        where: module and line.
    """

    to: str
    where: str

    def is_to(self, url: str | None) -> bool:
        """Whether that is the queue of an URL, whose last part is the queue's name."""
        return url is not None and self.to in (url, url.rpartition("/")[2])


def sends(code: Code) -> list[SentTo]:
    """The calls that send to a queue which can be told."""
    return [
        SentTo(to, module.place(call))
        for module, function in reached(code)
        for name in _SENDING
        for call in calls_of(live_nodes(code, module, function), name)
        if (to := _Sender(code, module, function).queue_of(call)) is not None
    ]


@dataclass(frozen=True, slots=True)
class _Sender:
    """The inside of one function."""

    code: Code
    module: Module
    function: FunctionNode

    def queue_of(self, call: ast.Call) -> str | None:
        """The queue that a call sends to: `QueueUrl` of a client's call, else the queue that it is a method of."""
        url = keyword_of(call, "QueueUrl")
        if url is not None:
            return self._text(url, 0)
        return self._text(call.func.value, 0) if isinstance(call.func, ast.Attribute) else None

    def _text(self, expression: ast.expr, depth: int) -> str | None:
        """The URL or the name of the queue that an expression stands for."""
        if depth > _DEEPEST:
            return None
        value = evaluate(self.code, self.module, expression)
        if isinstance(value, str):
            return value
        match expression:
            case ast.Subscript(value=inner, slice=ast.Constant(value="QueueUrl")):
                return self._text(inner, depth + 1)
            case ast.Attribute(value=inner, attr="url") if not is_name(inner, "self"):
                return self._text(inner, depth + 1)
            case ast.Call() if called_name(expression) in ("get_queue_url", "get_queue_by_name"):
                name = keyword_of(expression, "QueueName")
                return None if name is None else self._text(name, depth + 1)
            case ast.Call() if called_name(expression) == "Queue":
                url = expression.args[0] if expression.args else keyword_of(expression, "url")
                return None if url is None else self._text(url, depth + 1)
        values = list(self._bound(expression))
        return self._text(values[0], depth + 1) if len(values) == 1 else None

    def _bound(self, expression: ast.expr) -> Iterator[ast.expr]:
        """What is assigned to a name of the function or of the module, or to an attribute of an object."""
        match expression:
            case ast.Name(id=name):
                own = bound_values(self.function, name)
                if own:
                    yield from (value for value in own if value is not None)
                    return
                found = self.code.locate(self.module, name)
                if found is not None and found[1] in found[0].assignments:
                    yield found[0].assignments[found[1]]
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                for node in all_nodes(self.module.tree):
                    if isinstance(node, ast.Assign) and any(_is_of_self(target, name) for target in node.targets):
                        yield node.value


def _is_of_self(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == name and is_name(target.value, "self")
