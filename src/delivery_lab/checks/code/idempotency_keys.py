"""Records of work done that Powertools keeps under a key which differs with each delivery of the same message.

A record of SQS has a receipt handle of its own for each receive, and counts its receives: the hash of all of it is
another one for each delivery. Without `event_key_jmespath` that is what Powertools takes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.habits import POWERTOOLS_IDEMPOTENCY, idempotency_calls
from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes
from delivery_lab.checks.code.processors import given_argument, record_handlers_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.record_handlers import RECORD
from delivery_lab.checks.code.tree import decorating
from delivery_lab.program.graph import UNKNOWN

_POWERTOOLS = "aws_lambda_powertools."
_CHANGING = ("receiptHandle", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp")
"""What the receive of a record of SQS decides."""
_WHOLE_EVENT = ("", "@", "Records", "Records[*]", "Records[]", "Records[0]")
_WHOLE_RECORD = ("", "@")


@dataclass(frozen=True, slots=True)
class ChangingKey:
    """A key that no second delivery has.

    Attributes:
        what: what it is made of, such as `the whole event`.
        where: module and line of the function that is decorated.
    """

    what: str
    where: str


def changing_keys(code: Code) -> list[ChangingKey]:
    """The keys of records of work done that differ with each delivery from a queue."""
    return [key for module in code.modules.values() for key in _in_module(code, module)]


def _in_module(code: Code, module: Module) -> Iterator[ChangingKey]:
    for function in (node for node in all_nodes(module.tree) if isinstance(node, FunctionNode)):
        decorators = [(each, code.origin(module, decorating(each))) for each in function.decorator_list]
        if not all(origin.startswith(_POWERTOOLS) for _, origin in decorators):
            continue  # what another one hands on cannot be told
        for decorator, origin in decorators:
            if isinstance(decorator, ast.Call) and origin.startswith(POWERTOOLS_IDEMPOTENCY):
                what = _changing(code, module, function, decorator, origin.rpartition(".")[2])
                if what:
                    yield ChangingKey(what, module.place(function))


def _changing(code: Code, module: Module, function: FunctionNode, call: ast.Call, name: str) -> str:
    """What the key is made of that a delivery changes, "" if it is made of nothing such."""
    whole: str
    wholes: tuple[str, ...]
    if name == "idempotent" and module is code.entry and function.name == code.handler:
        whole, wholes = "the whole event", _WHOLE_EVENT
    elif name == "idempotent_function" and _gets_record(code, module, function, call):
        whole, wholes = "the whole record", _WHOLE_RECORD
    else:
        return ""
    path = _path(code, call)
    if path is None:
        return ""
    return whole if path.strip() in wholes else next((each for each in _CHANGING if each in path), "")


def _gets_record(code: Code, module: Module, function: FunctionNode, call: ast.Call) -> bool:
    """Whether it is a record handler of a batch, known by the record that Powertools gives it."""
    named = given_argument(call, "data_keyword_argument", 1)
    if named is None or evaluate(code, module, named) != RECORD:
        return False
    return any(handler is function for _, handler in record_handlers_of(code))


def _path(code: Code, call: ast.Call) -> str | None:
    """The JMESPath of the key, "" for none; None where it cannot be told."""
    if any(each.arg is None for each in call.keywords):
        return None
    if given_argument(call, "config", 3) is None:
        return ""
    configs = [each for each in idempotency_calls(code) if each[2].endswith("IdempotencyConfig")]
    if len(configs) != 1 or any(each.arg is None for each in configs[0][1].keywords):
        return None
    where, config, _ = configs[0]
    given = given_argument(config, "event_key_jmespath", 0)
    value = "" if given is None else evaluate(code, where, given)
    return None if value is UNKNOWN else value if isinstance(value, str) else "" if value is None else None
