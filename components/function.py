"""A Lambda function written in Python, with a role that may do exactly what its code does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_

from components.iam import Statement, document, lambda_trust, network_interfaces
from components.layer import ARCHITECTURE, RUNTIME
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
class PythonFunctionArgs:
    """What a function is made of.

    Attributes:
        source: folder below `functions/` that is the function's archive; it holds `handler.py`.
        settings: timeout, memory, reserved concurrency, log retention.
        layer_arn: layer with the dependencies and the shared code.
        environment: variables besides those of powertools.
        statements: what the function may do besides writing its own logs.
        network: the VPC it stands in; None outside of any.
        dead_letter_arn: queue for asynchronous events whose retries are over; `statements` have to allow sending to it.
    """

    source: str
    settings: FunctionSettings
    layer_arn: pulumi.Input[str]
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
        policy: its only policy; what must not start before the permissions exist depends on it.
    """

    def __init__(self, name: str, args: PythonFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"source": args.source, **_effective(args.settings)}
        super().__init__("delivery-lab:function:PythonFunction", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        logs = cloudwatch.LogGroup(f"{name}-logs", retention_in_days=args.settings.log_retention_days, opts=child)
        role = iam.Role(f"{name}-role", assume_role_policy=lambda_trust(), opts=child)
        write_logs = Statement(
            "WriteOwnLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), pulumi.Output.concat(logs.arn, ":*")
        )
        statements = [write_logs, *([network_interfaces()] if args.network else []), *args.statements]
        self.policy = iam.RolePolicy(
            f"{name}-policy",
            role=role.id,
            policy=document([statement.as_json() for statement in statements]),
            opts=child,
        )
        self.function = lambda_.Function(
            name,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=HANDLER,
            code=pulumi.FileArchive(f"functions/{args.source}"),
            layers=[args.layer_arn],
            role=role.arn,
            timeout=args.settings.timeout_seconds,
            memory_size=args.settings.memory_mb,
            reserved_concurrent_executions=args.settings.reserved_concurrency,
            dead_letter_config=None if args.dead_letter_arn is None else {"target_arn": args.dead_letter_arn},
            environment={"variables": {**_powertools(name), **args.environment}},
            vpc_config=_vpc_config(args.network),
            logging_config={"log_format": "Text", "log_group": logs.name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy]),
        )
        self.register_outputs({"name": self.function.name, "arn": self.function.arn})


def _powertools(name: str) -> dict[str, pulumi.Input[str]]:
    """Variables that powertools' Logger reads."""
    return {"POWERTOOLS_SERVICE_NAME": name, "POWERTOOLS_LOG_LEVEL": LOG_LEVEL}


def _vpc_config(network: FunctionNetwork | None) -> lambda_.FunctionVpcConfigArgsDict | None:
    if network is None:
        return None
    return {"subnet_ids": [*network.subnet_ids], "security_group_ids": [*network.security_group_ids]}


def _effective(settings: FunctionSettings) -> dict[str, Any]:
    """The settings that a function has as such; a worker's settings hold its mapping's as well."""
    own = set(FunctionSettings.model_fields)
    return settings.model_dump(by_alias=True, exclude_none=True, mode="json", include=own)
