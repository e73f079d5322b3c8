"""Lambda functions, and what configures their invokes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.function_names import LATEST_VERSION, qualifier_in
from delivery_lab.limits.functions import EPHEMERAL_STORAGE, EVENT_AGE, MEMORY, RECURSIVE_LOOP, RETRY_ATTEMPTS, TIMEOUT
from delivery_lab.program.graph import UNKNOWN, Unknown
from delivery_lab.stack.bucket_objects import place_in_s3
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

LATEST = LATEST_VERSION
Variables = Mapping[str, str | Unknown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(StackResource):
    """A Lambda function.

    Attributes:
        references: every text that means it: its ARN, its name, its invoke ARN.
        handler: such as `app.handler`.
        runtime: such as `python3.13`.
        package_type: `Zip` or `Image`.
        code: a Pulumi archive (in S3 also an asset), None without one, or UNKNOWN.
        code_place: where in S3 its code is, "" where it is given directly.
        layers: ARNs of its layers.
        timeout_seconds: its timeout.
        memory_mb: its memory.
        temporary_mb: `ephemeralStorage.size`, the size of /tmp.
        architectures: `arm64` or `x86_64`; empty where it says none, which is `x86_64`.
        reserved_concurrency: None where it has none.
        environment: its variables, each of which may be UNKNOWN.
        dead_letter_arn: `deadLetterConfig.targetArn`.
        role_arn: its role.
        log_group: `loggingConfig.logGroup`, None where Lambda names it after the function.
        region: its region, None for that of its provider.
        version: the version that this program deploys, `$LATEST` where it publishes none; None where it is unknown.
    """

    references: tuple[str, ...]
    handler: Setting[str | None]
    runtime: Setting[str | None]
    package_type: Setting[str]
    code: Any
    code_place: str
    layers: Setting[tuple[str | Unknown, ...]]
    timeout_seconds: Setting[int]
    memory_mb: Setting[int]
    temporary_mb: Setting[int]
    architectures: Setting[tuple[str | Unknown, ...]]
    reserved_concurrency: Setting[int | None]
    environment: Setting[Variables]
    dead_letter_arn: Setting[str | None]
    role_arn: Setting[str | None]
    log_group: Setting[str | None]
    region: Setting[str | None]
    version: str | None

    @property
    def has_code(self) -> bool:
        """Whether its code is an archive that is known before a deployment."""
        return self.code is not None and self.code is not UNKNOWN

    @property
    def variables(self) -> Variables:
        """Its environment variables; empty where they are unknown."""
        return self.environment.known or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(StackResource):
    """A version of a layer.

    Attributes:
        code: a Pulumi archive (in S3 also an asset), None without one, or UNKNOWN.
    """

    code: Any

    @property
    def has_code(self) -> bool:
        """Whether its code is an archive that is known before a deployment."""
        return self.code is not None and self.code is not UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeConfig(StackResource):
    """How asynchronous invokes of a function are handled.

    Attributes:
        function_name: what names the function.
        function: the function, None if it is none of the stack or unknown.
        qualifier: the version or alias.
        maximum_retry_attempts: retries of an event.
        maximum_event_age_seconds: how long an event waits.
        on_success: ARN of the destination of successes.
        on_failure: ARN of the destination of failures.
    """

    function_name: Setting[str]
    function: Function | None
    qualifier: Setting[str]
    maximum_retry_attempts: Setting[int]
    maximum_event_age_seconds: Setting[int]
    on_success: Setting[str | None]
    on_failure: Setting[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionConfig(StackResource):
    """Whether a function may be in a loop.

    Attributes:
        function_name: what names the function.
        function: the function, None if it is none of the stack or unknown.
        recursive_loop: `Allow` or `Terminate`.
    """

    function_name: Setting[str]
    function: Function | None
    recursive_loop: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission(StackResource):
    """Who else may invoke a function.

    Attributes:
        function_name: what names the function.
        function: the function, None if it is none of the stack or unknown.
        principal: who, such as `apigateway.amazonaws.com`.
        source_arn: for which of its resources, a pattern; None for all.
        source_account: for resources of which account, None for all.
        action: what it may do.
        qualifier: the version or alias that it is for.
    """

    function_name: Setting[str]
    function: Function | None
    principal: Setting[str]
    source_arn: Setting[str | None]
    source_account: Setting[str | None]
    action: Setting[str]
    qualifier: Setting[str]


@dataclass(frozen=True, slots=True)
class AsynchronousInvoker:
    """What invokes a function asynchronously: a rule's target, a subscription, a notification, a schedule.

    Attributes:
        name: logical name of the resource that invokes.
        function: the function.
        qualifier: the version or alias by which it invokes the function.
    """

    name: str
    function: Function
    qualifier: str = LATEST


def function(inputs: Inputs, code: Any) -> Function:
    """A function of its inputs and its code."""
    references = (inputs.resource.id, *map(inputs.output, ("name", "arn", "invokeArn")))
    return Function(
        **inputs.identity(),
        references=tuple(reference for reference in references if reference),
        handler=inputs.optional_text("handler"),
        runtime=inputs.optional_text("runtime"),
        package_type=inputs.text("packageType", default="Zip"),
        code=code,
        code_place=place_in_s3(inputs),
        layers=inputs.members("layers"),
        timeout_seconds=inputs.number("timeout", default=TIMEOUT.default),
        memory_mb=inputs.number("memorySize", default=MEMORY.default),
        temporary_mb=inputs.number("ephemeralStorage", "size", default=EPHEMERAL_STORAGE.default),
        architectures=inputs.members("architectures"),
        reserved_concurrency=_reserved(inputs),
        environment=_environment(inputs),
        dead_letter_arn=inputs.optional_text("deadLetterConfig", "targetArn"),
        role_arn=inputs.optional_text("role"),
        log_group=inputs.optional_text("loggingConfig", "logGroup"),
        region=inputs.optional_text("region"),
        version=inputs.output("version"),
    )


def _reserved(inputs: Inputs) -> Setting[int | None]:
    found = inputs.optional_number("reservedConcurrentExecutions")
    if found.known is not None and found.known < 0:
        return Setting(None, found.origin)  # the provider's way to say: none
    return found


def _environment(inputs: Inputs) -> Setting[Variables]:
    origin = inputs.origin("environment", "variables")
    held = inputs.raw("environment", "variables")
    if held is UNKNOWN:
        return Setting(UNKNOWN, origin)
    if not isinstance(held, Mapping):
        return Setting({}, origin, given=False)
    return Setting({name: _variable(value) for name, value in held.items() if value is not None}, origin)


def _variable(value: Any) -> str | Unknown:
    """A variable as the AWS provider passes it on, whatever the program gave it as."""
    if isinstance(value, Unknown):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def layer(inputs: Inputs, code: Any) -> Layer:
    """A layer of its inputs and its code."""
    return Layer(**inputs.identity(), code=code)


def invoke_config(inputs: Inputs, found: Function | None) -> InvokeConfig:
    """An event invoke config of its inputs and its function."""
    return InvokeConfig(
        **inputs.identity(),
        function_name=inputs.text("functionName"),
        function=found,
        qualifier=inputs.text("qualifier", default=qualifier_in(inputs.text("functionName").known)),
        maximum_retry_attempts=inputs.number("maximumRetryAttempts", default=RETRY_ATTEMPTS.default),
        maximum_event_age_seconds=inputs.number("maximumEventAgeInSeconds", default=EVENT_AGE.default),
        on_success=inputs.optional_text("destinationConfig", "onSuccess", "destination"),
        on_failure=inputs.optional_text("destinationConfig", "onFailure", "destination"),
    )


def recursion_config(inputs: Inputs, found: Function | None) -> RecursionConfig:
    """A recursion config of its inputs and its function."""
    return RecursionConfig(
        **inputs.identity(),
        function_name=inputs.text("functionName"),
        function=found,
        recursive_loop=inputs.text("recursiveLoop", default=RECURSIVE_LOOP.default),
    )


def permission(inputs: Inputs, found: Function | None) -> Permission:
    """A permission of its inputs and its function."""
    return Permission(
        **inputs.identity(),
        function_name=inputs.text("function"),
        function=found,
        principal=inputs.text("principal"),
        source_arn=inputs.optional_text("sourceArn"),
        source_account=inputs.optional_text("sourceAccount"),
        action=inputs.text("action", default="lambda:InvokeFunction"),
        qualifier=inputs.text("qualifier", default=qualifier_in(inputs.text("function").known)),
    )
