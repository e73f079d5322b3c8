"""X-Ray's trace header: each invoke has one, and whatever its code sends or invokes carries it on (LAM-TRACE-1)."""

from __future__ import annotations

from delivery_lab.model.clock import Scheduler, epoch_ms
from delivery_lab.model.randomness import RandomStreams

TRACE_HEADER = "AWSTraceHeader"
"""The message system attribute that carries it."""


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
            The header. It is not sampled, as without a sampling decision of X-Ray.
        """
        ids = self._streams.uuid("trace id", function).replace("-", "") + self._streams.uuid("trace id", function)[:8]
        root = caller.partition(";")[0] or f"Root=1-{epoch_ms(self._scheduler.now) // 1_000:08x}-{ids[:24]}"
        header = f"{root};Parent={ids[24:40]};Sampled=0"
        self._of_invoke[request_id] = header
        return header

    def of(self, request_id: str | None) -> str:
        """The header of an invoke that runs, "" outside invokes."""
        return self._of_invoke.get(request_id or "", "")

    def end(self, request_id: str) -> None:
        """An invoke has ended."""
        self._of_invoke.pop(request_id, None)
