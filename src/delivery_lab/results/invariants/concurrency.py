"""No more invokes at once than there may be."""

from __future__ import annotations

from collections import Counter

from delivery_lab.events import Event, FunctionConfigured, InvokeEnded, InvokeStarted
from delivery_lab.results.invariants.invariant import History, Invariant


class OneInvokeAtATime(Invariant):
    """An execution environment works on one invoke at a time."""

    id = "INV-CONCURRENCY-1"
    description = "An execution environment runs one invoke at a time."
    reads = (InvokeStarted, InvokeEnded)
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._running: dict[tuple[str, int], str] = {}

    def read(self, event: Event) -> None:
        """Follow what runs where."""
        match event:
            case InvokeStarted():
                where = (event.function, event.environment)
                if where in self._running:
                    self._broken(
                        event.instant_us,
                        f"environment {event.environment} of {event.function} gets {event.invoke} while it runs "
                        f"{self._running[where]}",
                    )
                self._running[where] = event.invoke
            case InvokeEnded():
                self._running.pop((event.function, event.environment), None)


class ReservedConcurrency(Invariant):
    """A function runs no more invokes at once than are reserved for it."""

    id = "INV-CONCURRENCY-2"
    description = "A function with reserved concurrency never runs more invokes at once than are reserved."
    reads = (FunctionConfigured, InvokeStarted, InvokeEnded)
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._reserved: dict[str, int | None] = {}
        self._running: Counter[str] = Counter()

    def read(self, event: Event) -> None:
        """Count what runs."""
        match event:
            case FunctionConfigured():
                self._reserved[event.function] = event.reserved_concurrency
            case InvokeStarted():
                self._running[event.function] += 1
                reserved = self._reserved.get(event.function)
                if reserved is not None and self._running[event.function] > reserved:
                    self._broken(
                        event.instant_us,
                        f"{self._running[event.function]} invokes of {event.function} run at once, and {reserved} are "
                        "reserved",
                    )
            case InvokeEnded():
                self._running[event.function] -= 1


class AccountConcurrency(Invariant):
    """The account runs no more invokes at once than its concurrency allows."""

    id = "INV-CONCURRENCY-3"
    description = "All functions together never run more invokes at once than the concurrency of the account."
    reads = (InvokeStarted, InvokeEnded)
    one_attempt_is_enough = True

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._running = 0

    def read(self, event: Event) -> None:
        """Count what runs."""
        limit = self._history.account_concurrency
        match event:
            case InvokeStarted():
                self._running += 1
                if limit is not None and self._running > limit:
                    self._broken(event.instant_us, f"{self._running} invokes run at once in an account of {limit}")
            case InvokeEnded():
                self._running -= 1
