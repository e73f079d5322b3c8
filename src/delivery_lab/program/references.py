"""References to other stacks: what `answers` says of their outputs, and which of the others a program asks for.

The outputs of another stack are unknown, as in a preview of a stack that is not there yet. Which ones a program asks
for is noted, so that the line that tells them can be written down.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.output import Unknown

from delivery_lab.program.frames import Frames

STACK_REFERENCE = "pulumi:pulumi:StackReference"
"""The type of a reference to another stack."""

_NAME = "_delivery_lab_reference"
_METHODS = ("get_output", "require_output")


@dataclass(slots=True)
class AskedOutputs:
    """Outputs of other stacks that a program asked for and nothing tells.

    Attributes:
        names: names of outputs by the name of the stack, in the order of asking.
        positions: where a stack was first asked, by its name.
    """

    names: dict[str, dict[str, None]] = field(default_factory=dict)
    positions: dict[str, str] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """What a reader of the result should know, with the lines that tell the outputs."""
        for stack, names in sorted(self.names.items()):
            place = f" ({self.positions[stack]})" if self.positions.get(stack) else ""
            told = ", ".join(f"{name}: ..." for name in names)
            yield (
                f"outputs of the stack {stack} are unknown here: {', '.join(names)}{place}; where a run needs them: "
                f'answers: [{{stack: "{stack}", answer: {{{told}}}}}]'
            )


@contextmanager
def watched_references(stacks: Mapping[str, Mapping[str, Any]], frames: Frames, asked: AskedOutputs) -> Iterator[None]:
    """Note what a program asks of other stacks, and leave unknown what nothing tells.

    Args:
        stacks: outputs that are told, by the name of the stack.
        frames: knows the project's files.
        asked: is filled.
    """
    kind = pulumi.StackReference
    unknown = Unknown()  # type: ignore[no-untyped-call]  # the SDK leaves it so
    real = {name: vars(kind)[name] for name in ("__init__", *_METHODS)}

    @functools.wraps(real["__init__"])
    def init(self: Any, name: str, stack_name: str | None = None, opts: Any = None) -> None:
        vars(self)[_NAME] = stack_name if stack_name is not None else name
        real["__init__"](self, name, stack_name, opts)

    def watched(method: str) -> Any:
        @functools.wraps(real[method])
        def get(self: Any, name: Any) -> Any:
            stack = vars(self).get(_NAME)
            if not isinstance(stack, str) or not isinstance(name, str):
                return real[method](self, name)
            if name in stacks.get(stack, {}):
                return real[method](self, name)
            asked.names.setdefault(stack, {})[name] = None
            asked.positions.setdefault(stack, frames.of_frame(sys._getframe(1)))
            return pulumi.Output.all(self.urn, pulumi.Output.from_input(unknown)).apply(lambda held: held[1])

        return get

    setattr(kind, "__init__", init)  # noqa: B010 - a plain assignment would be one to a method, which mypy refuses
    for method in _METHODS:
        setattr(kind, method, watched(method))
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(kind, name, function)
