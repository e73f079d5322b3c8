"""What comes of an invoke: a refusal, or a result at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from delivery_lab.events import TIMED_OUT, ContractLine
from delivery_lab.model.runtime import InvokeResponse
from delivery_lab.rule_ids import RuleId


@dataclass(frozen=True, slots=True)
class Throttled:
    """An invoke that Lambda refused before anything ran, with HTTP 429 `TooManyRequestsException` unless stated.

    Attributes:
        reason: AWS's `Reason`, such as `ReservedFunctionConcurrentInvocationLimitExceeded`.
        rule: id of the rule.
        code: AWS's error code.
        status: HTTP status.
    """

    reason: str
    rule: RuleId
    code: str = "TooManyRequestsException"
    status: int = 429


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an invoke did, as far as anybody outside the function can tell (SIM-REPEAT-1).

    Attributes:
        invoke: its id, which is its own and no part of what it did.
        duration: how long it took, in microseconds.
        response: its answer, with a placeholder for the request id that error answers carry.
        lines: its lines of the log contract, without instant and invoke.
    """

    invoke: str = field(compare=False)
    duration: int
    response: InvokeResponse
    lines: tuple[ContractLine, ...]


@dataclass(frozen=True, slots=True)
class InvokesAgain:
    """Invokes of one function that are told from the last one while nothing else happens.

    Attributes:
        environment: number of the execution environment that they have.
        longest: how long one takes at most, in microseconds.
        begin: begins one at an instant; returns its request id and the instant of its end.
    """

    environment: int
    longest: int
    begin: Callable[[int], tuple[str, int]]


@runtime_checkable
class TellsAgain(Protocol):
    """Knows what an invoke would do that is like the last one; see `delivery_lab.model.functions.Lambda`."""

    def again(self, name: str, rehearsal: Rehearsal) -> InvokesAgain | None:
        """Invokes that are like one before, None where Lambda would refuse them or a workload's fault may meet them."""


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """How an invoke ended.

    Attributes:
        request_id: the invoke's id.
        payload: returned JSON text, or the error object.
        error: None, or the error type.
        rehearsal: what the code did, to be repeated without running it; None where that would not be the same.
        log: the end of its log in base64, None where the caller did not ask for it.
        trace: the trace header that it had (LAM-TRACE-1).
    """

    request_id: str
    payload: str
    error: str | None
    rehearsal: Rehearsal | None = None
    log: str | None = None
    trace: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether the function's timeout ended it."""
        return self.error == TIMED_OUT


class Undecided(Protocol):
    """An invoke of which it is not known yet whether Lambda took it, as where a request is on its way."""

    def then(self, accepted: Callable[[str], None], refused: Callable[[Throttled], None]) -> None:
        """Say whom to call: the first before anything is called with the result, the second in its place.

        A refusal that is late may follow an acceptance that was only supposed, and takes it back.
        """


Done = Callable[[InvokeResult], None]
