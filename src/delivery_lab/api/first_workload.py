"""A first workload of a stack: one message for each source, shaped after what the handler reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from delivery_lab.api.body_keys import keys_of
from delivery_lab.api.inputs import Overrides
from delivery_lab.api.lab import Lab
from delivery_lab.errors import LabError, UsageError
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation.supported import function_problems
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import DynamoDbMapping, KinesisMapping, SqsMapping
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Table

_NUMBER = "N"


def workload_of(lab: Lab, stack: str, overrides: Overrides | None = None) -> str:
    """The text of a first workload of a stack.

    Args:
        lab: the project.
        stack: name of the stack.
        overrides: settings to change.

    Raises:
        LabError: the program cannot be evaluated for it, or nothing of it can be sent to.
    """
    return first_workload(Stack.of(lab.graph(stack, overrides)), lab.project.root)


def first_workload(stack: Stack, root: Path) -> str:
    """The text of a workload file that runs as it is.

    Args:
        stack: the stack.
        root: folder of the project, where paths of code start.

    Raises:
        UsageError: nothing of the stack can be sent to.
    """
    sends = list(_sends(stack, root))
    if not sends:
        raise UsageError(
            f"the stack {stack.name} has no queue or stream that a function reads, and no function: there is nothing "
            "to send to"
        )
    settings = list(_settings(stack))
    lines = [
        f"# A first workload of {stack.name}: one message for each source. docs/workloads.md has all keys.",
        f"stacks: [{json.dumps(stack.name)}]",
        "send:",
        *sends,
    ]
    if settings:
        lines += ["functions:", *settings]
    name = next((function.label for function in stack.functions), "NAME")
    lines += [
        "# poison: broken                     # a field that marks messages no handler can process",
        "# faults:",
        f"#   - {{at: 10, for: 60, function: {json.dumps(name)}, kind: throttle}}",
        "# expect:",
        "#   - messages.lost == 0",
    ]
    return "\n".join(lines) + "\n"


def _settings(stack: Stack) -> Iterator[str]:
    """What a run needs to know of functions: what those do whose code cannot be run, and variables that are unknown."""
    for function in stack.functions:
        name = json.dumps(function.label)
        unknown = sorted(name for name, value in function.variables.items() if value is UNKNOWN)
        if function_problems(stack, function):
            yield f"  {name}: {{duration: 0.2}}  # its code cannot be run here, so it is described"
        elif unknown:
            values = ", ".join(f'{json.dumps(variable)}: "..."' for variable in unknown)
            yield f"  {name}: {{environment: {{{values}}}}}  # known only after deployment: give the real values"


def _sends(stack: Stack, root: Path) -> Iterator[str]:
    fed: set[str] = set()
    for mapping in stack.mappings:
        function = mapping.function
        if function is None:
            continue
        fed.add(function.urn)
        body = _body(function, root)
        match mapping:
            case SqsMapping(queue=queue) if queue is not None:
                more: dict[str, Any] = {"key": "group-{n}", "dedup": "{n}"} if queue.fifo.known else {}
                yield _line({"queue": queue.label, **more, "body": body})
            case KinesisMapping(stream=stream) if stream is not None:
                yield _line({"stream": stream.label, "key": "key-{n}", "body": body})
            case DynamoDbMapping(table=table) if table is not None:
                yield _line({"table": table.label, "body": _item(table)})
    for function in stack.functions:
        if function.urn not in fed:
            yield _line({"invoke": function.label, "type": "async", "body": _body(function, root)})


def _line(send: dict[str, Any]) -> str:
    pairs = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in send.items())
    return f"  - {{at: 0, {pairs}}}"


def _item(table: Table) -> dict[str, Any]:
    keys = [table.hash_key.known, table.range_key.known]
    return {key: 1 if table.attributes.get(key) == _NUMBER else f"{key}-{{n}}" for key in keys if key}


def _body(function: Function, root: Path) -> dict[str, str]:
    keys = _keys(function, root)
    return {key: f"{key}-{{n}}" for key in keys} or {"id": "message-{n}"}


def _keys(function: Function, root: Path) -> tuple[str, ...]:
    """The keys that the file of a handler reads; none where it is not on this machine."""
    handler = (function.handler.known or "").rpartition(".")[0].replace(".", "/")
    if not handler:
        return ()
    try:
        places = code_files(function.code, root, function.label)
    except LabError:
        return ()
    for inner, place in places.roots:
        file = Path(place) / f"{handler}.py" if Path(place).is_dir() else Path(place)
        if file.is_file() and file.suffix == ".py" and (Path(place).is_dir() or inner == f"{handler}.py"):
            return keys_of(file.read_text(encoding="utf-8", errors="replace"))
    texts = dict(places.inline)
    return keys_of(texts.get(f"{handler}.py", ""))
