"""What a function's code and environment variables say about heartbeats and about its record of work done."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.constants import as_number, evaluate
from delivery_lab.checks.code.module import Module, all_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.tree import called_name
from delivery_lab.program.graph import UNKNOWN

POWERTOOLS_DEFAULT_EXPIRY_SECONDS = 3600
POWERTOOLS_IDEMPOTENCY = "aws_lambda_powertools.utilities.idempotency"


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat that can be read.

    Attributes:
        every_seconds: time between two extensions.
        extend_to_seconds: how long an extension hides the message.
        failing: every extension fails, on purpose.
        where: where the numbers come from.
    """

    every_seconds: float
    extend_to_seconds: float
    failing: bool
    where: str


@dataclass(frozen=True, slots=True)
class Records:
    """A record of work done that can be read.

    Attributes:
        expires_after_seconds: how long a record counts, None if it cannot be told.
        mode: the mode of our own contract (`IDEMPOTENCY_MODE`), "" where there is none.
        where: where the number comes from.
    """

    expires_after_seconds: float | None
    mode: str
    where: str


def beats_of(code: Code) -> list[Beat]:
    """The heartbeats of a function: from `HEARTBEAT_*` variables, else from literals in the code."""
    enabled = code.environment.get("HEARTBEAT_ENABLED")
    if enabled is not None:
        return list(_beat_from_environment(code, enabled))
    beats = []
    for module in code.modules.values():
        for node in all_nodes(module.tree):
            beat = _beat_from_call(code, module, node) or _beat_from_loop(code, module, node)
            if beat is not None:
                beats.append(beat)
    return beats


def _beat_from_environment(code: Code, enabled: object) -> Iterator[Beat]:
    every = as_number(code.environment.get("HEARTBEAT_EVERY_SECONDS"))
    extend = as_number(code.environment.get("HEARTBEAT_EXTEND_TO_SECONDS"))
    if enabled == "true" and every is not None and extend is not None:
        yield Beat(every, extend, code.environment.get("HEARTBEAT_FAILING") == "true", "HEARTBEAT_* variables")


def _beat_from_call(code: Code, module: Module, node: ast.AST) -> Beat | None:
    if not isinstance(node, ast.Call) or not code.origin(module, node.func).endswith("Heartbeat"):
        return None
    given = {keyword.arg: as_number(evaluate(code, module, keyword.value)) for keyword in node.keywords}
    every, extend = given.get("every_seconds"), given.get("extend_to_seconds")
    if every is None or extend is None:
        return None
    return Beat(every, extend, False, f"Heartbeat(...) in {module.place(node)}")


def _beat_from_loop(code: Code, module: Module, node: ast.AST) -> Beat | None:
    """A loop that waits and extends, such as `while not stop.wait(60): sqs.change_message_visibility(...)`."""
    if not isinstance(node, ast.While | ast.For):
        return None
    waits: list[float | None] = []
    extensions: list[float | None] = []
    for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
        name = called_name(call)
        if name in ("wait", "sleep"):
            waits.append(_argument(code, module, call, "timeout"))
        elif name == "change_message_visibility":
            extensions.append(_argument(code, module, call, "VisibilityTimeout", positional=False))
    if len(waits) != 1 or len(extensions) != 1 or waits[0] is None or not extensions[0]:
        return None
    return Beat(waits[0], extensions[0], False, f"the loop in {module.place(node)}")


def _argument(code: Code, module: Module, call: ast.Call, name: str, *, positional: bool = True) -> float | None:
    values = [keyword.value for keyword in call.keywords if keyword.arg == name]
    values += call.args[:1] if positional else []
    return as_number(evaluate(code, module, values[0])) if values else None


def records_of(code: Code) -> Records | None:
    """The record of work done that a function keeps; None where it keeps none, or none that can be read."""
    mode = code.environment.get("IDEMPOTENCY_MODE")
    if mode is not None:
        if not isinstance(mode, str) or mode == "none":
            return None
        variable = "IDEMPOTENCY_EXPIRES_AFTER_SECONDS"
        return Records(as_number(code.environment.get(variable)), mode, variable)
    configured, has_store = _powertools_calls(code)
    if configured:
        if any(value is None for value, _ in configured):
            return None
        seconds, where = min(configured, key=lambda entry: entry[0] or 0)
        return Records(seconds, "", where)
    if has_store and code.complete:
        return Records(
            POWERTOOLS_DEFAULT_EXPIRY_SECONDS, "", "Powertools' default, since no IdempotencyConfig is given"
        )
    return None


def functions_without_context(code: Code) -> list[str]:
    """Where Powertools' `idempotent_function` is used by a program that nowhere registers the invoke's context."""
    if not code.complete or any(_registers_context(module) for module in code.modules.values()):
        return []
    return [
        module.place(call) for module, call, origin in idempotency_calls(code) if origin.endswith("idempotent_function")
    ]


def _registers_context(module: Module) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "register_lambda_context")
        or (isinstance(node, ast.keyword) and node.arg == "lambda_context" and not _is_none(node.value))
        for node in all_nodes(module.tree)
    )


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def key_expressions_of(code: Code) -> list[tuple[str, str]]:
    """What Powertools takes for the key of a record of work done, with where it is said."""
    found = []
    for module, call, origin in idempotency_calls(code):
        if not origin.endswith("IdempotencyConfig"):
            continue
        given = [keyword.value for keyword in call.keywords if keyword.arg == "event_key_jmespath"]
        value = evaluate(code, module, (given + call.args[:1])[0]) if given or call.args else UNKNOWN
        if isinstance(value, str):
            found.append((value, f"IdempotencyConfig(...) in {module.place(call)}"))
    return found


def _powertools_calls(code: Code) -> tuple[list[tuple[float | None, str]], bool]:
    configured: list[tuple[float | None, str]] = []
    has_store = False
    for module, call, origin in idempotency_calls(code):
        has_store = has_store or origin.endswith("PersistenceLayer")
        if origin.endswith("IdempotencyConfig"):
            configured.append(_expiry(code, module, call))
    return configured, has_store


def idempotency_calls(code: Code) -> Iterator[tuple[Module, ast.Call, str]]:
    """Calls of what comes from Powertools' Idempotency, with the dotted name of what is called."""
    for module in code.modules.values():
        for call in (node for node in all_nodes(module.tree) if isinstance(node, ast.Call)):
            origin = code.origin(module, call.func)
            if origin.startswith(POWERTOOLS_IDEMPOTENCY):
                yield module, call, origin


def _expiry(code: Code, module: Module, call: ast.Call) -> tuple[float | None, str]:
    where = f"IdempotencyConfig(...) in {module.place(call)}"
    # The first four positions are other settings.
    if any(keyword.arg is None for keyword in call.keywords) or len(call.args) > 4:
        return None, where
    given = [keyword.value for keyword in call.keywords if keyword.arg == "expires_after_seconds"]
    if not given:
        return POWERTOOLS_DEFAULT_EXPIRY_SECONDS, f"the default of {where}"
    value = evaluate(code, module, given[0])
    return (None if value is UNKNOWN else as_number(value)), where
