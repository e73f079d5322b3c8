"""URLs of functions: HTTPS endpoints that invoke one function each."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.stack.functions import Function
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

BUFFERED = "BUFFERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionUrl(StackResource):
    """The URL of a function.

    Attributes:
        function_name: what names the function.
        function: the function, None if it is none of the stack or unknown.
        qualifier: the alias that it invokes, None for the function itself.
        invoke_mode: `BUFFERED` or `RESPONSE_STREAM`.
    """

    function_name: Setting[str]
    function: Function | None
    qualifier: Setting[str | None]
    invoke_mode: Setting[str]

    @property
    def is_buffered(self) -> bool:
        """Whether its answers come in one piece."""
        return self.invoke_mode.known == BUFFERED


def function_url(inputs: Inputs, found: Function | None) -> FunctionUrl:
    """A URL of its inputs and its function."""
    return FunctionUrl(
        **inputs.identity(),
        function_name=inputs.text("functionName"),
        function=found,
        qualifier=inputs.optional_text("qualifier"),
        invoke_mode=inputs.text("invokeMode", default=BUFFERED),
    )
