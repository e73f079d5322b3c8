"""A Lambda function written in Python, with a role that may do exactly what its code does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from components.iam import Statement, document, lambda_trust, network_interfaces
from components.layer import ARCHITECTURE, PROJECT, RUNTIME
from components.settings import FunctionSettings

HANDLER = "handler.lambda_handler"
LOG_LEVEL = "INFO"


@dataclass(frozen=True, slots=True)
class FunctionNetwork:
    """Where a function stands that talks to something inside a VPC.

    Attributes:
        subnet_ids: the private subnets that its network interfaces are in.
        security_group_ids: the groups of those interfaces.
    """

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """Code in the place of the one below `functions/`, or that one from elsewhere.

    Attributes:
        archive: the code.
        handler: what Lambda calls, in the spelling of the runtime.
        runtime: identifier of the Lambda runtime.
        architecture: instruction set.
        layers: ARNs of layer versions; no other one is added.
        environment: more variables.
        statements: what the code may do besides what the component's own job takes.
    """

    archive: pulumi.Input[pulumi.Archive]
    handler: str = HANDLER
    runtime: str = RUNTIME
    architecture: str = ARCHITECTURE
    layers: Sequence[pulumi.Input[str]] = ()
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    statements: Sequence[Statement] = ()


Code = pulumi.Input[str] | FunctionCode
"""The ARN of the layer that the code below `functions/` needs, or other code."""


@dataclass(frozen=True, slots=True)
class PythonFunctionArgs:
    """What a function is made of.

    Attributes:
        source: folder below `functions/` that is the function's archive, unless `code` is another one; it holds
            `handler.py`.
        settings: timeout, memory, reserved concurrency, log retention.
        code: the layer with the dependencies and the shared code, or other code.
        environment: variables besides those of powertools.
        statements: what the function may do besides writing its own logs.
        network: the VPC it stands in; None outside of any.
        dead_letter_arn: queue for asynchronous events whose retries are over; `statements` have to allow sending to it.
    """

    source: str
    settings: FunctionSettings
    code: Code
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statements: Sequence[Statement] = ()
    network: FunctionNetwork | None = None
    dead_letter_arn: pulumi.Input[str] | None = None


class PythonFunction(pulumi.ComponentResource):
    """A function `<name>` with its role `<name>-role`, policy `<name>-policy` and log group `<name>-logs`.

    The log group exists before the function and is named in its logging configuration, so Lambda never makes one
    of its own (which would keep logs for ever and stay behind after `pulumi destroy`). The policy exists before
    the function does, so no invoke can find permissions missing.

    Args:
        name: logical name of the function, and prefix of the other children's names.
        args: what the function is made of.
        opts: resource options.

    Attributes:
        function: the Lambda function.
        role: its execution role.
        policy: its only policy; what must not start before the permissions exist depends on it.
    """

    def __init__(self, name: str, args: PythonFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"source": args.source, **_effective(args.settings)}
        super().__init__("delivery-lab:function:PythonFunction", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        logs = cloudwatch.LogGroup(f"{name}-logs", retention_in_days=args.settings.log_retention_days, opts=child)
        self.role = iam.Role(f"{name}-role", assume_role_policy=lambda_trust(), opts=child)
        code = args.code if isinstance(args.code, FunctionCode) else packaged_code(name, args.source, args.code)
        write_logs = Statement(
            "WriteOwnLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), pulumi.Output.concat(logs.arn, ":*")
        )
        interfaces = [network_interfaces()] if args.network else []
        statements = [write_logs, *interfaces, *args.statements, *code.statements]
        self.policy = iam.RolePolicy(
            f"{name}-policy",
            role=self.role.id,
            policy=document([statement.as_json() for statement in statements]),
            opts=child,
        )
        self.function = lambda_.Function(
            name,
            runtime=code.runtime,
            architectures=[code.architecture],
            handler=code.handler,
            code=code.archive,
            layers=[*code.layers] or None,
            role=self.role.arn,
            timeout=args.settings.timeout_seconds,
            memory_size=args.settings.memory_mb,
            reserved_concurrent_executions=args.settings.reserved_concurrency,
            dead_letter_config=None if args.dead_letter_arn is None else {"target_arn": args.dead_letter_arn},
            environment={"variables": _together(code.environment, args.environment)},
            vpc_config=_vpc_config(args.network),
            logging_config={"log_format": "Text", "log_group": logs.name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy]),
        )
        self.register_outputs({"name": self.function.name, "arn": self.function.arn})


def packaged_code(name: str, source: str, layer_arn: pulumi.Input[str], project: Path = PROJECT) -> FunctionCode:
    """A folder below `functions/`, with the variables that powertools' Logger reads.

    Args:
        name: the function's logical name, which its logs carry.
        source: the folder.
        layer_arn: layer with the dependencies and the shared code.
        project: folder of this project, as seen from where the program runs.
    """
    return FunctionCode(
        archive=pulumi.FileArchive((project / "functions" / source).as_posix()),
        layers=[layer_arn],
        environment={"POWERTOOLS_SERVICE_NAME": name, "POWERTOOLS_LOG_LEVEL": LOG_LEVEL},
    )


def _together(
    of_the_code: pulumi.Input[Mapping[str, pulumi.Input[str]]], of_the_component: Mapping[str, pulumi.Input[str]]
) -> pulumi.Input[Mapping[str, pulumi.Input[str]]]:
    """Variables of both kinds, each of which may be known after the deployment only."""
    if isinstance(of_the_code, Mapping):
        return {**of_the_code, **of_the_component}
    return pulumi.Output.all(of_the_code, of_the_component).apply(lambda both: {**both[0], **both[1]})


def _vpc_config(network: FunctionNetwork | None) -> lambda_.FunctionVpcConfigArgsDict | None:
    if network is None:
        return None
    return {"subnet_ids": [*network.subnet_ids], "security_group_ids": [*network.security_group_ids]}


def _effective(settings: FunctionSettings) -> dict[str, Any]:
    """The settings that a function has as such; a worker's settings hold its mapping's as well."""
    own = set(FunctionSettings.model_fields)
    return settings.model_dump(by_alias=True, exclude_none=True, mode="json", include=own)
