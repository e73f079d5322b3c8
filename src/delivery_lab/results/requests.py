"""What became of synchronous requests: those of the workload, and what handlers called to answer them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from delivery_lab.model.clock import in_seconds
from delivery_lab.model.journal import Event, Kind
from delivery_lab.simulation.run import Run

FUNCTION_ERROR = "functionError"


@dataclass(slots=True)
class RequestLedger:
    """All synchronous requests of a run.

    Attributes:
        answers: requests by what their caller saw: an HTTP status, or `functionError`.
        calls: attempts of handlers to invoke another function synchronously, by the invoke that made them.
        false_successes: requests answered with 2xx although a function called for them had failed when it was called
            last.
        spared: requests answered with an error without a call, by functions that call another one for other requests.
        took_seconds: of each request, from its arrival to its answer.
    """

    answers: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    false_successes: int = 0
    spared: int = 0
    took_seconds: list[float] = field(default_factory=list)


def read_requests(run: Run) -> RequestLedger:
    """Read the events of a run, in order."""
    reader = _Reader()
    for event in run.events:
        handler = reader.handlers.get(event.kind)
        if handler is not None:
            handler(event)
    reader.settle()
    return reader.ledger


def is_success(answer: str) -> bool:
    """Whether an answer tells its caller that all is well."""
    return answer.startswith("2")


class _Reader:
    def __init__(self) -> None:
        self.ledger = RequestLedger()
        self._begun: dict[str, tuple[str, int]] = {}  # invoke: function, instant
        self._failed: set[str] = set()
        # Of each invoke that calls others: the invoke that its last call to each function started.
        self._called: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._refusals: list[str] = []  # invokes that answered with an error
        self.handlers: dict[Kind, Callable[[Event], None]] = {
            Kind.INVOKE: self._invoke,
            Kind.INVOKE_END: self._invoke_end,
            Kind.CALL: self._call,
            Kind.HTTP: self._answered,
            Kind.ANSWERED: self._answered,
        }

    def _invoke(self, event: Event) -> None:
        self._begun[event.text("invoke")] = event.text("function"), event.instant

    def _invoke_end(self, event: Event) -> None:
        if event.facts.get("error") is not None:
            self._failed.add(event.text("invoke"))

    def _call(self, event: Event) -> None:
        if event.text("type") == "RequestResponse":
            caller = event.text("invoke")
            self.ledger.calls[caller] += 1
            self._called[caller][event.text("function")] = event.text("started")

    def _answered(self, event: Event) -> None:
        status, invoke = event.facts["status"], event.text("invoke")
        answer = FUNCTION_ERROR if status == 200 and event.facts.get("error") else str(status)
        self.ledger.answers[answer] += 1
        _, began = self._begun.get(invoke, ("", event.instant))
        self.ledger.took_seconds.append(in_seconds(event.instant - began))
        if not is_success(answer):
            self._refusals.append(invoke)
        elif not self._failed.isdisjoint(self._called.get(invoke, {}).values()):
            self.ledger.false_successes += 1

    def settle(self) -> None:
        """Only a function that calls another one can spare a call, and which do is known at the end."""
        callers = {self._begun[invoke][0] for invoke in self.ledger.calls if invoke in self._begun}
        self.ledger.spared = sum(
            invoke in self._begun and self._begun[invoke][0] in callers and invoke not in self.ledger.calls
            for invoke in self._refusals
        )
