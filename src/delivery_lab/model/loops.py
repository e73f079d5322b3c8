"""Detection of recursive loops: how often one chain of events has invoked a function (semantics.md D).

AWS counts passes in the trace header that its SDKs hand on with each send, publish and invoke made inside a function.
Here the *lineage* travels with messages and events: for each function how often the chain has run through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from delivery_lab.limits.functions import LOOP_PASSES

Lineage = Mapping[str, int]

NO_LINEAGE: Lineage = MappingProxyType({})


class Loops:
    """What is known of the chains of the invokes that run now."""

    def __init__(self) -> None:
        self._of_invoke: dict[str, Lineage] = {}
        # An event that is handed over twice runs twice at once, with one id (ASY-ONCE-1).
        self._running: Counter[str] = Counter()
        self._allowed: set[str] = set()

    def allow(self, function: str) -> None:
        """Let a function call itself for ever, as `PutFunctionRecursionConfig` with `Allow` does."""
        self._allowed.add(function)

    def stops(self, function: str, lineage: Lineage) -> bool:
        """Whether a further pass through a function is one too many (ASY-LOOP-1)."""
        return lineage.get(function, 0) >= LOOP_PASSES and function not in self._allowed

    def begin(self, function: str, request_id: str, lineage: Lineage) -> None:
        """An invoke begins."""
        self._running[request_id] += 1
        self._of_invoke[request_id] = {**lineage, function: lineage.get(function, 0) + 1}

    def end(self, request_id: str) -> None:
        """An invoke has ended."""
        self._running[request_id] -= 1
        if self._running[request_id] <= 0:
            del self._running[request_id]
            self._of_invoke.pop(request_id, None)

    def lineage(self, request_id: str | None) -> Lineage:
        """What an invoke hands on with whatever it sends."""
        return self._of_invoke.get(request_id or "", NO_LINEAGE)


def merged(lineages: Iterable[Lineage]) -> Lineage:
    """The lineage of a batch: of each function the longest chain."""
    passes: dict[str, int] = {}
    for lineage in lineages:
        for function, count in lineage.items():
            passes[function] = max(count, passes.get(function, 0))
    return passes
