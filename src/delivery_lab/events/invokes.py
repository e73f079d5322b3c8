"""Events of functions and their invokes. `function` is the name of a function, `invoke` the request id of an invoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.events.base import Actor, EventBase

TIMED_OUT = "Sandbox.Timedout"
"""The error of an invoke that the function's timeout ended."""

SERVICE_ERROR = "ServiceException"
"""Why Lambda refused an invoke, where it was an internal error of its own and no throttle."""

InvocationType = Literal["RequestResponse", "Event", "DryRun"]


@dataclass(frozen=True, slots=True)
class FunctionConfigured(EventBase):
    """A function has these settings from now on.

    Attributes:
        function: name of the function.
        timeout_seconds: its timeout.
        reserved_concurrency: its reserved concurrency, None without.
    """

    function: str
    timeout_seconds: int
    reserved_concurrency: int | None


@dataclass(frozen=True, slots=True)
class EnvironmentStarted(EventBase):
    """A new execution environment begins with a cold start.

    Attributes:
        function: name of the function.
        environment: its number, from 1 on for each function.
    """

    function: str
    environment: int


@dataclass(frozen=True, slots=True)
class InvokeStarted(EventBase):
    """Lambda accepted an invoke and gave it an execution environment.

    Attributes:
        function: name of the function.
        invoke: its id. An asynchronous event keeps one id for all its invokes.
        environment: number of the execution environment.
        by: who invokes.
    """

    function: str
    invoke: str
    environment: int
    by: Actor


@dataclass(frozen=True, slots=True)
class InvokeEnded(EventBase):
    """An invoke ended.

    Attributes:
        function: name of the function.
        invoke: its id.
        environment: number of the execution environment.
        error: the error type, None where it succeeded.
    """

    function: str
    invoke: str
    environment: int
    error: str | None

    @property
    def timed_out(self) -> bool:
        """Whether the function's timeout ended it."""
        return self.error == TIMED_OUT


@dataclass(frozen=True, slots=True)
class InvokeRefused(EventBase):
    """Lambda refused an invoke before anything ran.

    Attributes:
        function: name of the function.
        reason: AWS's reason, or `SERVICE_ERROR`.
        status: the HTTP status: 429 for a throttle, 500 for an internal error of Lambda.
        by: who invokes.
    """

    function: str
    reason: str
    status: int
    by: Actor

    @property
    def throttled(self) -> bool:
        """Whether it was a throttle, and no internal error of Lambda."""
        return self.status == 429


@dataclass(frozen=True, slots=True)
class FunctionCalled(EventBase):
    """A handler called the Invoke API for another function.

    Attributes:
        function: name of the function that is called.
        invocation_type: as the API names it.
        by: the function that calls, and its invoke.
        status: the HTTP status that the API answered with.
        started: id of the invoke that answers a synchronous call, None where there is none.
    """

    function: str
    invocation_type: InvocationType
    by: Actor
    status: int
    started: str | None
