"""X-Ray's trace header: each invoke has one, and whatever its code sends or invokes carries it on (LAM-TRACE-1)."""

from __future__ import annotations

from delivery_lab.model.clock import Scheduler, epoch_ms
from delivery_lab.model.randomness import RandomStreams

TRACE_HEADER = "AWSTraceHeader"
"""The message system attribute that carries it."""


def carried(header: str) -> dict[str, dict[str, str]]:
    """Message system attributes that carry a header, none for ""."""
    return {TRACE_HEADER: {"DataType": "String", "StringValue": header}} if header else {}


class Traces:
    """The headers of the invokes that run now.

    Args:
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
    """

    def __init__(self, scheduler: Scheduler, streams: RandomStreams) -> None:
        self._scheduler = scheduler
        self._streams = streams
        self._of_invoke: dict[str, str] = {}

    def begin(self, function: str, request_id: str, caller: str = "") -> str:
        """Give an invoke its header.

        Args:
            function: name of the function.
            request_id: the invoke's id.
            caller: header of the request that it answers, whose trace it belongs to; "" begins a trace.

        Returns:
            The header.
        """
        header = self._of_invoke[request_id] = self.header(function, caller)
        return header

    def header(self, function: str, caller: str = "") -> str:
        """A header of a function's own. It is not sampled, as without a sampling decision of X-Ray.

        Args:
            function: name of the function.
            caller: header whose trace it belongs to; "" begins a trace.
        """
        ids = self._streams.uuid("trace id", function).replace("-", "") + self._streams.uuid("trace id", function)[:8]
        root = caller.partition(";")[0] or f"Root=1-{epoch_ms(self._scheduler.now) // 1_000:08x}-{ids[:24]}"
        return f"{root};Parent={ids[24:40]};Sampled=0"

    def of(self, request_id: str | None) -> str:
        """The header of an invoke that runs, "" outside invokes."""
        return self._of_invoke.get(request_id or "", "")

    def end(self, request_id: str) -> str:
        """An invoke has ended; returns the header that it had."""
        return self._of_invoke.pop(request_id, "")
