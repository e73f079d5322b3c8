"""What became of synchronous requests: those of the workload, and what handlers called to answer them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import ClassVar

from delivery_lab.events import (
    AttemptsRepeated,
    Event,
    FunctionCalled,
    InvokeAnswered,
    InvokeEnded,
    InvokeStarted,
    RequestAnswered,
    Run,
    reader_of,
)
from delivery_lab.events.instants import in_seconds

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
    """What became of the requests of a run."""
    return reader_of(run, RequestReader, RequestReader).settled()


def is_success(answer: str) -> bool:
    """Whether an answer tells its caller that all is well."""
    return answer.startswith("2")


class RequestReader:
    """Follows requests, and what is called for them."""

    reads: ClassVar[tuple[type[Event], ...]] = (
        InvokeStarted,
        InvokeEnded,
        FunctionCalled,
        RequestAnswered,
        InvokeAnswered,
    )

    def __init__(self) -> None:
        self._ledger = RequestLedger()
        # By id of an invoke that may answer a request, function and instant; those of mappings answer none.
        self._begun: dict[str, tuple[str, int]] = {}
        self._callers: set[str] = set()  # functions
        self._failed: set[str] = set()
        # Of each invoke that calls others: the invoke that its last call to each function started.
        self._called: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
        self._refusals: list[str | None] = []  # invokes that answered with an error

    def read(self, event: Event) -> None:
        """Take one event. What is not about requests is left alone."""
        match event:
            case InvokeStarted():
                if event.by.kind != "mapping":
                    self._begun[event.invoke] = event.function, event.instant_us
            case InvokeEnded():
                if event.error is not None:
                    self._failed.add(event.invoke)
            case FunctionCalled():
                caller = event.by.invoke
                if event.invocation_type == "RequestResponse" and caller is not None:
                    self._callers.add(event.by.name)
                    self._ledger.calls[caller] += 1
                    self._called[caller][event.function] = event.started
            case RequestAnswered():
                self._answered(event.instant_us, event.invoke, str(event.status))
            case InvokeAnswered():
                failed = event.status == 200 and event.error
                self._answered(event.instant_us, event.invoke, FUNCTION_ERROR if failed else str(event.status))
            case _:
                pass

    def read_again(self, _: AttemptsRepeated) -> None:
        """Attempts that are told again are a mapping's: no request is answered by them, and no handler called them."""

    def _answered(self, instant_us: int, invoke: str | None, answer: str) -> None:
        self._ledger.answers[answer] += 1
        _, began = self._begun.get(invoke or "", ("", instant_us))
        self._ledger.took_seconds.append(in_seconds(instant_us - began))
        if not is_success(answer):
            self._refusals.append(invoke)
        elif not self._failed.isdisjoint(self._called.get(invoke or "", {}).values()):
            self._ledger.false_successes += 1

    def settled(self) -> RequestLedger:
        """The ledger. Only a function that calls another one can spare a call, and which do is known at the end."""
        callers = self._callers
        self._ledger.spared = sum(
            invoke in self._begun and self._begun[invoke][0] in callers and invoke not in self._ledger.calls
            for invoke in self._refusals
            if invoke is not None
        )
        return self._ledger
