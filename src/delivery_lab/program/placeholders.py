"""Stand-ins for what only a cloud could answer, in programs that go on with the answer as with any other text.

A program that calls `aws.ec2.get_ami(...)` gets a plain object, and makes names, documents and inputs of its texts. A
made-up answer would be taken for the truth. So each text consists of characters that no program writes (Unicode's
private use area), and survives slicing, joining, lower case and JSON: whatever has one of them in it by the time it is
an input of a resource is `UNKNOWN` there.
"""

from __future__ import annotations

import base64
import functools
import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import pulumi
import pulumi.runtime
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from delivery_lab.errors import WorkloadError
from delivery_lab.program.answers import FunctionAnswer, wire_name
from delivery_lab.program.frames import Frames
from delivery_lab.program.graph import contains_unknown

_FIRST = 0xE000
LOGIN_TOKEN = base64.b64encode(f"AWS:{''.join(chr(_FIRST + ord(each)) for each in 'password')}".encode()).decode()
"""A token of ECR, whose password is a placeholder: programs decode it and split it at the colon."""

_MARKS = re.compile("[\ue000-\ue07f]|\\\\u[eE]0[0-7][0-9a-fA-F]|" + re.escape(LOGIN_TOKEN))
_MEMBERS = 3
"""Members of a list of texts whose length is not known, such as subnets: one for each zone of most regions."""
_DEEPEST = 4

_output_form: ContextVar[bool] = ContextVar("_output_form", default=False)


def placeholder(name: str) -> str:
    """A text that stands for an unknown one.

    Args:
        name: what it is, in ASCII; `readable` gives it back.
    """
    return "".join(chr(_FIRST + ord(letter)) for letter in name)


def has_placeholder(text: str) -> bool:
    """Whether a text was made of one that is unknown."""
    return _MARKS.search(text) is not None


def readable(text: str) -> str:
    """A text with the names of the placeholders in it, for logical names and messages."""
    return "".join(chr(ord(letter) - _FIRST) if "\ue000" <= letter <= "\ue07f" else letter for letter in text)


def answer_of(token: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """An answer of a provider's function, as the SDK of the provider describes it.

    Args:
        token: the function, such as `aws:ec2/getVpc:getVpc`.
        known: what is known of the answer, by wire name: at least the arguments.

    Returns:
        What is known, and placeholders for other texts. Numbers and switches are left out: they have none. None where
        the SDK does not describe it.
    """
    function = token.rpartition(":")[2]
    result = _result_type(token)
    return None if result is None else _object(result, function, known, 0)


def told_answer(given: FunctionAnswer, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An answer that somebody has told, with placeholders for what it leaves out.

    Args:
        given: what is told; a member may have its name in Python.
        arguments: of the call, by wire name.

    Raises:
        WorkloadError: the function answers no such member.
    """
    told = {wire_name(name): value for name, value in given.answer.items()}
    known = {name: value for name, value in arguments.items() if value is not None and not contains_unknown(value)}
    found = answer_of(given.token, {**known, **told})
    result = _result_type(given.token)
    if found is None or result is None:
        return told
    members = pulumi._types.output_type_types(result)
    for name in told:
        if name not in members:
            raise WorkloadError(f"{given.where}: {given.token} answers no {name} (it answers: {', '.join(members)})")
    return found


def _object(kind: type, name: str, known: Mapping[str, Any], depth: int) -> dict[str, Any]:
    fields = pulumi._types.output_type_types(kind)
    made = {field: _value(type_, f"{name}.{field}", depth) for field, type_ in fields.items() if field not in known}
    return {**{field: value for field, value in made.items() if value is not None}, **known}


def _value(kind: Any, name: str, depth: int) -> Any:
    kind = pulumi._types.unwrap_optional_type(kind)
    of = typing.get_origin(kind)
    if kind is str:
        text = placeholder(name)
        # Programs take the parts of ARNs; there are as many as in a real one.
        return f"arn:aws:{text}:{text}:{text}:{text}" if name.lower().endswith("arn") else text
    if of is not None and isinstance(of, type) and issubclass(of, Mapping):
        return {}
    if of is not None and isinstance(of, type) and issubclass(of, Sequence):
        member = typing.get_args(kind)[0]
        count = _MEMBERS if member is str else 1
        members = [_value(member, f"{name}.{index}", depth) for index in range(count)]
        return [value for value in members if value is not None]
    if isinstance(kind, type) and pulumi._types.is_output_type(kind) and depth < _DEEPEST:
        return _object(kind, name, {}, depth + 1)
    return None


def _result_type(token: str) -> type | None:
    """The class of a function's result: the program called it, so its module is imported."""
    package, _, rest = token.partition(":")
    path, _, function = rest.partition(":")
    folder = path.partition("/")[0]
    names = [f"pulumi_{package}", f"pulumi_{package}.{folder}", f"pulumi_{package}.{folder}_"]
    for name in names:
        module = sys.modules.get(name)
        found = getattr(module, f"{function[:1].upper()}{function[1:]}Result", None)
        if isinstance(found, type) and pulumi._types.is_output_type(found):
            return found
    return None


@contextmanager
def watched_invokes(
    monitor: resource_pb2_grpc.ResourceMonitorStub, frames: Frames, positions: dict[str, str]
) -> Iterator[None]:
    """Note where the program calls providers' functions, and let those that give outputs answer with unknown ones.

    A call such as `get_vpc_output` has no need of the placeholders that `get_vpc` gets: an output can be unknown.

    Args:
        monitor: how the program reaches the engine.
        frames: knows the project's files.
        positions: where a function, by its token, is first called from.
    """
    module: ModuleType = sys.modules["pulumi.runtime.invoke"]
    real: dict[str, Callable[..., Any]] = {name: vars(module)[name] for name in ("invoke", "invoke_output")}
    ask = monitor.Invoke

    def watched(name: str) -> Callable[..., Any]:
        @functools.wraps(real[name])
        def call(tok: str, *args: Any, **kwargs: Any) -> Any:
            positions.setdefault(tok, frames.of_frame(sys._getframe(1)))
            # Tasks and threads that it starts take over the context.
            token = _output_form.set(name == "invoke_output")
            try:
                return real[name](tok, *args, **kwargs)
            finally:
                _output_form.reset(token)

        return call

    def answer(request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        response: resource_pb2.ResourceInvokeResponse = ask(request)
        if _output_form.get() and has_placeholder(str(response.SerializeToString(), errors="replace")):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        return response

    monitor.Invoke = answer  # type: ignore[assignment]  # only called
    functions = {name: watched(name) for name in real}
    for owner in (pulumi.runtime, module):
        vars(owner).update(functions)
    try:
        yield
    finally:
        for owner in (pulumi.runtime, module):
            vars(owner).update(real)
