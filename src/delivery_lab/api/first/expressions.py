"""What the expressions of a handler's code tell of the values that they read."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from delivery_lab.api.first.constant_names import constant_names
from delivery_lab.api.first.conversions import convertible
from delivery_lab.api.first.models import Models, last_name
from delivery_lab.api.first.shape import NOTHING, MessageShape

Names: TypeAlias = dict[str, MessageShape]
"""The values of the names in a function that come from its event."""

AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_LOADS = frozenset({"json.loads", "loads", "orjson.loads", "ujson.loads", "simplejson.loads", "json.decode"})
_OF_TEXT = frozenset({"model_validate_json", "parse_raw", "from_json", "validate_json"})
_OF_OBJECT = frozenset(
    {"model_validate", "parse_obj", "from_dict", "fromdict", "validate_python", "structure", "parse_obj_as", "cast"}
)
_SAME = frozenset(
    {"str", "dict", "list", "tuple", "iter", "sorted", "reversed", "copy", "deepcopy", "b64decode", "decode", "strip"}
    | {"encode", "values", "decompress", "unquote_plus", "unquote", "lower", "upper", "filter"}
    | {"replace", "rstrip", "lstrip", "removeprefix", "removesuffix"}
)
"""Calls whose result stands for what they get, as far as its parts go."""

_FOR_EACH = frozenset({"map", "imap", "imap_unordered", "starmap", "processor", "batch", "process_batch"})
"""Calls that hand the elements of what they get to a function, one by one."""

_ATTRIBUTES: Final[Mapping[str, str]] = {
    "records": "Records",
    "record": "Records",
    "body": "body",
    "decoded_body": "body",
    "sns": "Sns",
    "message": "Message",
    "sns_message": "Message",
    "kinesis": "kinesis",
    "data": "data",
    "detail": "detail",
}
"""Attributes of Powertools' data classes and the members of the event that they read."""


@dataclass(slots=True)
class Findings:
    """What a handler reads.

    Attributes:
        event: the shape of its event.
        message: what it parses as JSON where it cannot be told what of the event that is.
        model: a value of the model that it reads messages by; None without one.
        flags: members that make it raise, or name a message as failed, where they are set.
    """

    event: MessageShape = field(default_factory=MessageShape)
    message: MessageShape = field(default_factory=MessageShape)
    model: Any = None
    flags: list[str] = field(default_factory=list)


class Expressions(ABC):
    """Evaluates expressions to shapes, and notes what they read.

    Args:
        nodes: all nodes of the code.
        handler: name of the function that Lambda calls.
    """

    def __init__(self, nodes: Iterable[ast.AST], handler: str) -> None:
        self.found = Findings()
        self.functions: dict[str, AnyFunction] = {}
        classes: dict[str, ast.ClassDef] = {}
        nodes = list(nodes)
        self._texts = constant_names(nodes)
        for node in nodes:
            if isinstance(node, AnyFunction):
                self.functions.setdefault(node.name, node)
            elif isinstance(node, ast.ClassDef):
                classes[node.name] = node
        self.models = Models(classes)
        self._handler = handler

    @abstractmethod
    def call(
        self, function: AnyFunction, given: list[MessageShape | None], named: Mapping[str, MessageShape | None]
    ) -> MessageShape | None:
        """What a function of the code returns when it gets these values."""

    def value(self, node: ast.expr, env: Names) -> MessageShape | None:
        """The value of an expression, None where it does not come from the event."""
        method = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if method is not None:
            held = method(node, env)
            return held if isinstance(held, MessageShape) else None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, env)
        return None

    def bind(self, target: ast.expr, held: MessageShape | None, env: Names) -> None:
        """Give a name its value."""
        if isinstance(target, ast.Name):
            if held is None:
                env.pop(target.id, None)
            elif held is self.found.event and target.id in env:
                return  # what stands for a body where the function is invoked by hand
            elif held.inner is None or held.inner is not env.get(target.id):
                env[target.id] = held  # of two branches the one counts that parses the text
        elif isinstance(target, ast.Attribute) and held is not None:
            env[ast.unparse(target)] = held

    def loop(self, target: ast.expr, source: ast.expr, env: Names) -> None:
        """Give the target of a loop the elements of what it goes over."""
        made = source if isinstance(source, ast.Call) else None
        counted = made is not None and last_name(made.func) in ("enumerate", "zip") and bool(made.args)
        held = self.value(made.args[0] if made is not None and counted else source, env)
        if held is None or (made is not None and last_name(made.func) == "items"):
            return
        last = target.elts[-1] if counted and isinstance(target, ast.Tuple) and target.elts else target
        self.bind(last, held.each(), env)

    def compared(self, held: MessageShape, other: ast.expr) -> None:
        """Note that a value is compared with a constant: it may be that."""
        first = other.elts[0] if isinstance(other, ast.Tuple | ast.List | ast.Set) and other.elts else other
        if isinstance(first, ast.Constant) and first.value is not None:
            number = isinstance(first.value, int | float) and not isinstance(first.value, bool)
            held.may_be(1 if number else first.value)

    def reads_by(self, model: str, held: MessageShape | None) -> None:
        """Note that a value is read by a model."""
        sample = self.models.body_of(model)
        if held is None or held is self.found.event:
            self.found.model = self.found.model or sample
        else:
            (held.inner or held).may_be(sample)

    def handed(self, node: ast.expr, env: Names) -> None:
        """Follow functions that are handed on with records, as to `process_partial_response` or an executor."""
        if not isinstance(node, ast.Call):
            return
        parts = [*node.args, *(key.value for key in node.keywords)]
        held = _first(self.value(each, env) for each in parts)
        for each in parts:
            name = last_name(each) if isinstance(each, ast.Name | ast.Attribute) else None
            function = self.functions.get(name or "")
            if function is None or name == self._handler:
                continue
            maker = last_name(node.func) or ""
            if "process" in maker and (held is None or held is self.found.event):
                self.call(function, [self.found.event.at("Records").each()], {})
            elif held is not None:
                self.call(function, [held.each() if maker in _FOR_EACH else held], {})

    # -- kinds of expressions -------------------------------------------------------------------------------------

    def _of_name(self, node: ast.Name, env: Names) -> MessageShape | None:
        return env.get(node.id)

    def _of_lambda(self, _node: ast.Lambda, _env: Names) -> None:
        return None

    def _of_subscript(self, node: ast.Subscript, env: Names) -> MessageShape | None:
        self.value(node.slice, env)
        held = self.value(node.value, env)
        if held is None or isinstance(node.slice, ast.Slice):
            return held
        key = node.slice
        return held.at(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, str) else held.each()

    def _of_attribute(self, node: ast.Attribute, env: Names) -> MessageShape | None:
        held = env.get(ast.unparse(node))
        if held is not None:
            return held
        base = self.value(node.value, env)
        if node.attr in ("json_body", "data_as_json"):
            return self.found.message if base is None or base is self.found.event else base.at("body").parsed()
        key = _ATTRIBUTES.get(node.attr)
        return None if base is None or key is None else base.at(key)

    def _of_namedexpr(self, node: ast.NamedExpr, env: Names) -> MessageShape | None:
        held = self.value(node.value, env)
        self.bind(node.target, held, env)
        return held

    def _of_boolop(self, node: ast.BoolOp, env: Names) -> MessageShape | None:
        return _first([self.value(each, env) for each in node.values])

    def _of_ifexp(self, node: ast.IfExp, env: Names) -> MessageShape | None:
        return _first([self.value(each, env) for each in (node.body, node.orelse, node.test)][:2])

    def _of_await(self, node: ast.Await, env: Names) -> MessageShape | None:
        return self.value(node.value, env)

    def _of_listcomp(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, env: Names) -> MessageShape | None:
        held = self._comprehended(node.generators, (node.elt,), env)
        return None if held is None else MessageShape(element=held)

    _of_generatorexp = _of_listcomp
    _of_setcomp = _of_listcomp

    def _of_dictcomp(self, node: ast.DictComp, env: Names) -> None:
        self._comprehended(node.generators, (node.key, node.value), env)

    def _comprehended(
        self, generators: list[ast.comprehension], parts: tuple[ast.expr, ...], env: Names
    ) -> MessageShape | None:
        inner = dict(env)
        for each in generators:
            self.loop(each.target, each.iter, inner)
            for test in each.ifs:
                self.value(test, inner)
        return [self.value(part, inner) for part in parts][-1]

    def _of_compare(self, node: ast.Compare, env: Names) -> None:
        left, op, right = node.left, node.ops[0], node.comparators[0]
        first, second = self.value(left, env), self.value(right, env)
        if isinstance(op, ast.Is | ast.IsNot):
            return
        if isinstance(op, ast.In | ast.NotIn) and second is not None:
            if isinstance(left, ast.Constant):
                second.at(str(left.value), needed=False)
            for key in self._texts.get(left.id, ()) if isinstance(left, ast.Name) else ():
                second.at(key, needed=isinstance(op, ast.NotIn))  # a list of what is required
        elif first is not None:
            self.compared(first, right)
        elif second is not None:
            self.compared(second, left)

    def _of_binop(self, node: ast.BinOp, env: Names) -> None:
        sides = (node.left, node.right)
        numbers = [each for each in sides if isinstance(each, ast.Constant) and isinstance(each.value, int | float)]
        for side in sides:
            held = self.value(side, env)
            counts = bool(numbers) or isinstance(node.op, ast.Sub | ast.Div | ast.Pow | ast.FloorDiv)
            if held is not None and counts:
                held.may_be(1)

    def _of_call(self, node: ast.Call, env: Names) -> MessageShape | None:
        name = last_name(node.func) or ""
        given = [self.value(each.value if isinstance(each, ast.Starred) else each, env) for each in node.args]
        named = {key.arg or "": self.value(key.value, env) for key in node.keywords}
        base = self.value(node.func.value, env) if isinstance(node.func, ast.Attribute) else None
        if name == "get" and base is not None:
            return _member(base, node.args)
        if ast.unparse(node.func) in _LOADS:
            return self._loaded(node, [*given, *named.values()])
        model = self._model_of(node, name)
        if model is not None:
            held = _first([*given, *named.values()])
            of_text = held is not None and held is not self.found.event and name in _OF_TEXT | {"decode"}
            self.reads_by(model, held.parsed() if held is not None and of_text else held)
            return None
        self.handed(node, env)
        if name in self.functions:
            return self.call(self.functions[name], given, {key: held for key, held in named.items() if key})
        first = given[0] if given else None
        value = convertible(node)
        if first is not None and value is not NOTHING:
            first.converts(value)
        return (first or base) if name in _SAME else None

    def _loaded(self, node: ast.Call, given: list[MessageShape | None]) -> MessageShape:
        """What is parsed as JSON."""
        held = _first(given)
        shape = self.found.message if held is None else held.parsed()
        model = self.models.named(next((key.value for key in node.keywords if key.arg == "type"), None))
        if model is not None:
            self.reads_by(model, shape)
        return shape

    def _model_of(self, node: ast.Call, name: str) -> str | None:
        """The model that a call makes of what it gets, None where it makes none."""
        named = {key.arg: key.value for key in node.keywords}
        told = named.get("model") or named.get("type") or named.get("data_class")
        if name in ("parse", "BatchProcessor", "decode", "from_dict", "structure") and told is not None:
            return self.models.named(told)
        if name in _OF_TEXT | _OF_OBJECT:
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            adapted = owner.args if isinstance(owner, ast.Call) else []
            candidates = [owner, *adapted, *node.args]
            return next((found for each in candidates if (found := self.models.named(each)) is not None), None)
        return self.models.named(node.func) if None in named else None


def _first(shapes: Iterable[MessageShape | None]) -> MessageShape | None:
    return next((each for each in shapes if each is not None), None)


def _member(base: MessageShape, arguments: list[ast.expr]) -> MessageShape | None:
    """What `get` reads: a member that may be left out, with the value that stands for it then."""
    key = arguments[0] if arguments else None
    if not isinstance(key, ast.Constant):
        return None
    held = base.at(str(key.value), needed=False)
    default = arguments[1] if len(arguments) > 1 else None
    if isinstance(default, ast.Constant) and default.value not in (None, ""):
        held.may_be(default.value)
    return held
