"""What the model of Lambda needs from whoever runs the code of a function.

The model decides *when* a function is invoked, refused or stopped; what the code does is somebody else's:
`delivery_lab.handlers` runs real files in virtual time, tests plug in a few lines. Both speak these types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from delivery_lab.events import Actor, LogLine
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.model.payloads import Payload, text_of

COLD_START_SECONDS = 0.25
"""Virtual time that a new execution environment takes before the code in it is imported."""

MINIMUM_INVOKE_SECONDS = 0.001
"""Least virtual time of an invoke."""

ON_DEMAND = "on-demand"
"""How an environment comes into being that an invoke begins with a cold start."""
PROVISIONED = "provisioned-concurrency"
"""How one comes into being that is kept ready (LAM-PROV-1)."""

ACCOUNT_ID = "123456789012"
UNKNOWN_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/delivery-lab"
"""What stands for the execution role of a function where that is not known."""
"""The account that everything belongs to, as long as nothing else is said."""


@dataclass(frozen=True, slots=True)
class CodeSource:
    """Where the code of a function or layer is on this machine.

    Attributes:
        roots: pairs of a path inside the archive ("" is its top) and the file or folder that stands there.
        inline: pairs of a path inside the archive and the text that stands there.
        plain: paths inside the archive of files that stay what they are, such as a zip file that the code opens.
    """

    roots: tuple[tuple[str, str], ...] = ()
    inline: tuple[tuple[str, str], ...] = ()
    plain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """A Lambda function as it was deployed.

    Attributes:
        name: the function's name in journal and results (its logical name); AWS's own name ends the ARN.
        arn: its unqualified ARN.
        handler: `module.function`, the module with `/` or `.` between its parts.
        timeout_seconds: 1 to 900.
        memory_mb: memory in MiB.
        temporary_mb: size of /tmp in MiB, 512 to 10,240 (LAM-FILES-1).
        environment: environment variables.
        unknown_variables: names of environment variables that it has and whose values are not known; only reading one
            is refused.
        reserved_concurrency: reserved concurrent executions, or None for the unreserved pool.
        code: the function's own archive.
        qualifiers: its versions and aliases that mean this code, with the version that each is (LAM-VERSION-1).
        layers: archives of its layers, in the order of the function's list.
        absent_layers: its layers whose content is not, or not wholly, on this machine.
        region: region the function is in.
        account_id: account it is in.
        runtime: runtime identifier such as `python3.13`.
        role_arn: ARN of its execution role, "" where that is not known.
        own_log_group: the log group that it was given, "" where Lambda names it after the function.
        initialization: how its environment comes into being, which the code finds in `AWS_LAMBDA_INITIALIZATION_TYPE`.
        described: whether a workload describes what it does, so that no code is run (SIM-DESCRIBED-1).
        refusal: why its code cannot be run here, "" if it can. Only an invoke of it is refused: a stack may well have
            functions that a workload does not touch.
    """

    name: str
    arn: str
    handler: str
    timeout_seconds: int = 3
    memory_mb: int = 128
    temporary_mb: int = 512
    environment: dict[str, str] = field(default_factory=dict)
    unknown_variables: tuple[str, ...] = ()
    reserved_concurrency: int | None = None
    code: CodeSource = CodeSource()
    qualifiers: Mapping[str, str] = field(default_factory=lambda: {LATEST_VERSION: LATEST_VERSION})
    layers: tuple[CodeSource, ...] = ()
    absent_layers: tuple[str, ...] = ()
    region: str = "us-east-1"
    account_id: str = ACCOUNT_ID
    runtime: str = "python3.13"
    role_arn: str = ""
    own_log_group: str = ""
    initialization: str = ON_DEMAND
    described: bool = False
    refusal: str = ""

    @property
    def deployed_name(self) -> str:
        """AWS's own name of the function, which ends its ARN."""
        return self.arn.rpartition(":")[2]

    @property
    def log_group(self) -> str:
        """Where its code logs."""
        return self.own_log_group or f"/aws/lambda/{self.deployed_name}"


@dataclass(frozen=True, slots=True)
class InvokeRequest:
    """One invoke as an execution environment gets it.

    Attributes:
        request_id: the invoke's id.
        event: the event, as JSON text but for functions that are described.
        deadline: the instant (microseconds of virtual time) at which the function times out.
        trace: X-Ray's trace header, which the code finds in `_X_AMZN_TRACE_ID`; "" for none.
        lateness: by how many microseconds the environment's clock is late (SIM-CLOCK-1).
    """

    request_id: str
    event: Payload
    deadline: int
    trace: str = ""
    lateness: int = 0

    @property
    def payload(self) -> str:
        """The event as JSON text."""
        return text_of(self.event)


@dataclass(frozen=True, slots=True)
class InvokeResponse:
    """How the code of a function answered.

    Attributes:
        payload: the returned value as JSON text, or the error object as JSON text.
        error: None for success, else the error type as Lambda reports it (`ValueError`,
            `Runtime.MarshalError`, `Sandbox.Timedout`).
        ended: whether the process has ended with it, so that the environment cannot be used again.
    """

    payload: str
    error: str | None = None
    ended: bool = False


class Environment(Protocol):
    """One execution environment: a process of its own in real life, with its own modules and globals."""

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        """Begin an invoke at the current instant and return at once.

        The first invoke initialises the environment (imports the code). `finish` is called at the instant
        at which the handler returns or raises, never before `start` has returned. After it the environment
        is frozen: threads that the handler left behind are frozen until the next invoke.
        """

    def stop(self) -> None:
        """End the environment dead: no `finally`, no further calls, `finish` is not called any more."""


class Runtime(Protocol):
    """Makes execution environments."""

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        """A fresh environment; `number` counts the environments of this function from 1."""


class AwsError(Exception):
    """An error answer of an AWS API, as a client of it would see.

    Args:
        code: error code as SDKs report it, such as `AWS.SimpleQueueService.NonExistentQueue`.
        message: AWS's message.
        status: HTTP status.
        details: what the answer holds beside code and message, such as the `Item` of a failed condition.
        shape: its name in the service's model, "" where that is the code.
        why: what AWS does not say and a user has to know, such as the bound that a value is beyond.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        details: dict[str, Any] | None = None,
        *,
        shape: str = "",
        why: str = "",
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.details = details or {}
        self.shape = shape or code
        self.why = why
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an AWS API: the function and the invoke from within which the call is made."""

    function: str
    request_id: str | None

    @property
    def actor(self) -> Actor:
        """The caller as events name it."""
        return Actor("function", self.function, self.request_id)


@dataclass(frozen=True, slots=True)
class LongPoll:
    """The answer to a call that has to wait for something to arrive.

    Attributes:
        wait_seconds: how long at most.
        attempt: asks again; None while there is still nothing, and a failed connection where the answer is lost.
        when_ready: calls back once, at the next instant at which asking again makes sense; returns what to call when
            nobody waits any more.
        empty: the answer when the time is over.
    """

    wait_seconds: float
    attempt: Callable[[], dict[str, Any] | ConnectionFailed | None]
    when_ready: Callable[[Callable[[], None]], Callable[[], None]]
    empty: dict[str, Any]


class Connecting(StrEnum):
    """What becomes of a connection that fails: the first three while it is opened, the others after a request."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    DROPPED = "dropped"
    RESET = "reset"
    CLOSED = "closed"
    SILENT = "silent"

    @property
    def while_opening(self) -> bool:
        """Whether no request is sent at all."""
        return self in (Connecting.UNRESOLVED, Connecting.REFUSED, Connecting.DROPPED)


class ConnectionFailed(Exception):  # noqa: N818 - what happens, not an error of ours
    """Nobody answers a call or a request: its connection fails.

    Args:
        how: in which way.
        delay: microseconds after which it does, on top of what any call takes (SIM-API-1).
    """

    def __init__(self, how: Connecting, delay: int = 0) -> None:
        super().__init__(how.value)
        self.how = how
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer to a call that takes as long as something else does, such as the invoke of another function.

    Attributes:
        when_done: calls back once with the answer, not before it returns; an `AwsError` or `ConnectionFailed` given to
            the callback is raised to the caller. It never calls back where nobody answers.
    """

    when_done: Callable[[Callable[[dict[str, Any] | AwsError | ConnectionFailed], None]], None]


class ReadTimeout(Exception):  # noqa: N818 - named as botocore names it
    """The caller's client has stopped waiting for an answer; what it had started goes on."""


class AwsApi(Protocol):
    """The AWS APIs as code inside a handler sees them."""

    def call(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any] | LongPoll | Pending:
        """Answer one API call at the current instant.

        Args:
            service: botocore's service name, such as `sqs`.
            operation: API operation, such as `SendMessage`.
            parameters: the call's parameters as the boto3 client took them, already validated by botocore.

        Returns:
            The response as boto3 would return it, with no more of `ResponseMetadata` than a `RequestId` that means
            something to the model; or a `LongPoll` or a `Pending`, upon which the caller waits in virtual time.

        Raises:
            AwsError: AWS would answer with an error.
            ConnectionFailed: nobody answers.
            delivery_lab.errors.NotModelledError: the model does not know this operation.
        """


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request that code sends to an HTTP address.

    Attributes:
        method: such as `POST`.
        url: the whole address, with its query.
        headers: names and values, in order.
        body: what is sent.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class WebResponse:
    """The response to a request.

    Attributes:
        status: HTTP status.
        headers: names and values, in order.
        body: what is answered.
        delay: microseconds that it takes longer than any call (SIM-API-1).
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: int = 0


class WebApi(Protocol):
    """Everything that is neither AWS nor part of the function, as code inside a handler sees it."""

    @property
    def may_not_open(self) -> bool:
        """Whether `open` can fail at all in this run."""

    def open(self, host: str, port: int | None, look_up: bool, caller: Caller) -> None:
        """Look up a name, or open a connection, at the current instant.

        Args:
            host: the host as the code names it.
            port: the port, None where it is not said.
            look_up: whether the address of the name is looked up, else a connection is opened.
            caller: who does.

        Raises:
            ConnectionFailed: it fails.
        """

    def request(self, request: WebRequest, caller: Caller) -> WebResponse:
        """Answer a request at the current instant.

        Raises:
            ConnectionFailed: nobody answers.
            delivery_lab.errors.NotModelledError: nothing says what it gets.
        """


LogSink = Callable[[LogLine], None]
