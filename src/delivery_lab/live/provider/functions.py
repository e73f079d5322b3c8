"""Functions, layers, permissions and the settings of asynchronous invokes."""

from __future__ import annotations

import json
import time
from typing import Any

from delivery_lab import resource_types
from delivery_lab.limits.functions import (
    ACCOUNT_CONCURRENCY,
    EVENT_AGE,
    MEMORY,
    RETRY_ATTEMPTS,
    TIMEOUT,
    UNRESERVED_MINIMUM,
)
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine, refusal
from delivery_lab.live.provider.names import lowered, raised, raised_name
from delivery_lab.live.provider.packages import zipped
from delivery_lab.live.provider.resource_type import NeverUpdated, Properties, ProvidedType, present

_NOT_RESERVED = -1
_CONFIGURATION = {
    "architectures",
    "deadLetterConfig",
    "description",
    "environment",
    "handler",
    "layers",
    "loggingConfig",
    "memorySize",
    "role",
    "runtime",
    "timeout",
    "vpcConfig",
}
"""Inputs that are fields of the function's configuration, under the same names but for the first letter."""
_READY_SECONDS = 30


class FunctionType(ProvidedType):
    """`aws.lambda.Function` with code from this machine. Its id is its name."""

    pulumi_type = resource_types.FUNCTION
    settings = frozenset({"code", "name", "reservedConcurrentExecutions", *_CONFIGURATION})
    required = frozenset({"role"})
    computed = ("arn", "invokeArn", "qualifiedArn", "qualifiedInvokeArn", "version", "lastModified", "codeSha256")
    unread = frozenset({"code"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the function, and wait until it can be invoked."""
        _refuse_function(inputs, "CreateFunction")
        client = cloud.client("lambda")
        client.create_function(
            FunctionName=inputs["name"], Code={"ZipFile": zipped(inputs["code"].content)}, **_configuration(inputs)
        )
        return str(inputs["name"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Reserve concurrency."""
        _wait(cloud, id_)
        self._reserve(cloud, id_, inputs.get("reservedConcurrentExecutions"))

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """Its configuration and its reserved concurrency."""
        client = cloud.client("lambda")
        answer = found(lambda: client.get_function(FunctionName=id_))
        if answer is None:
            return None
        configuration = answer["Configuration"]
        arn = configuration["FunctionArn"]
        invoke = f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions"
        properties = {
            name: lowered(configuration[raised_name(name)])
            for name in _CONFIGURATION
            if raised_name(name) in configuration
        }
        properties["layers"] = [layer["Arn"] for layer in configuration.get("Layers", [])]
        variables = configuration.get("Environment", {}).get("Variables", {})
        properties["environment"] = {"variables": variables} if variables else None
        vpc = properties.get("vpcConfig") or {}
        vpc = {key: vpc[key] for key in ("securityGroupIds", "subnetIds") if vpc.get(key)}
        properties["vpcConfig"] = vpc or None
        if not (properties.get("deadLetterConfig") or {}).get("targetArn"):
            properties.pop("deadLetterConfig", None)
        reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", _NOT_RESERVED)
        return {
            **properties,
            "name": id_,
            "reservedConcurrentExecutions": reserved,
            "arn": arn,
            "invokeArn": f"{invoke}/{arn}/invocations",
            "qualifiedArn": f"{arn}:$LATEST",
            "qualifiedInvokeArn": f"{invoke}/{arn}:$LATEST/invocations",
            "version": "$LATEST",
            "lastModified": configuration.get("LastModified", ""),
            "codeSha256": configuration.get("CodeSha256", ""),
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change code, configuration and reserved concurrency, each where it changed."""
        _refuse_function(new, "UpdateFunctionConfiguration")
        client = cloud.client("lambda")
        if "code" in changed or "architectures" in changed:
            given = {**self.defaults, **new}
            client.update_function_code(
                FunctionName=id_, ZipFile=zipped(new["code"].content), Architectures=given["architectures"]
            )
            _wait(cloud, id_)
        wanted = changed & _CONFIGURATION - {"architectures"}
        if wanted:
            arguments = _configuration({name: {**self.defaults, **new}.get(name) for name in wanted})
            arguments |= {
                raised_name(name): _NOTHING[name] for name in wanted if new.get(name) is None and name in _NOTHING
            }
            client.update_function_configuration(FunctionName=id_, **arguments)
            _wait(cloud, id_)
        if "reservedConcurrentExecutions" in changed:
            self._reserve(cloud, id_, new.get("reservedConcurrentExecutions"))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the function."""
        with gone_is_fine():
            cloud.client("lambda").delete_function(FunctionName=id_)

    def _reserve(self, cloud: Cloud, name: str, count: int | None) -> None:
        client = cloud.client("lambda")
        if count is None or count == _NOT_RESERVED:
            with gone_is_fine():
                client.delete_function_concurrency(FunctionName=name)
            return
        # LAM-CONC-3: what is left for functions without a reservation. The emulator has an account of its own size.
        if count > ACCOUNT_CONCURRENCY - UNRESERVED_MINIMUM:
            message = (
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{UNRESERVED_MINIMUM}]."
            )
            raise refusal("InvalidParameterValueException", message, "PutFunctionConcurrency")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)


_NOTHING: dict[str, Any] = {
    "deadLetterConfig": {"TargetArn": ""},
    "description": "",
    "environment": {"Variables": {}},
    "layers": [],
    "vpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
"""How an update says that a setting is taken away."""


def _configuration(inputs: Properties) -> dict[str, Any]:
    arguments = {
        raised_name(name): _raised_keys(name, inputs[name]) for name in _CONFIGURATION if inputs.get(name) is not None
    }
    return present(**arguments)


def _raised_keys(name: str, value: Any) -> Any:
    """A setting as the API wants it: the names of variables are the user's and stay."""
    if name == "environment":
        return {"Variables": dict(value.get("variables") or {})}
    return raised(value)


def _refuse_function(inputs: Properties, operation: str) -> None:
    """Refuse a timeout or memory beyond the bounds (LAM-TIME-1, LAM-MEMORY-1)."""
    for name, bound in (("timeout", TIMEOUT), ("memorySize", MEMORY)):
        value = inputs.get(name)
        if value is not None and not bound.allows(value):
            limit, word = (bound.maximum, "less") if value > bound.maximum else (bound.minimum, "greater")
            message = (
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
                f"Member must have value {word} than or equal to {limit}"
            )
            raise refusal("ValidationException", message, operation)


def _wait(cloud: Cloud, name: str) -> None:
    """Wait until a created or changed function is ready for the next change."""
    client = cloud.client("lambda")
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        configuration = client.get_function_configuration(FunctionName=name)
        ready = configuration.get("State", "Active") == "Active"
        if ready and configuration.get("LastUpdateStatus", "Successful") == "Successful":
            return
        time.sleep(0.1)
    raise refusal(
        "ResourceConflictException", f"The function {name} is still being changed", "GetFunctionConfiguration"
    )


class LayerType(NeverUpdated):
    """`aws.lambda.LayerVersion`. Its id is the ARN of the version."""

    pulumi_type = resource_types.LAYER
    settings = frozenset({"code", "compatibleArchitectures", "compatibleRuntimes", "description", "layerName"})
    required = frozenset({"layerName"})
    computed = ("arn", "layerArn", "version", "createdDate", "codeSha256", "sourceCodeSize")
    unread = frozenset({"code"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Publish a version."""
        answer = cloud.client("lambda").publish_layer_version(
            LayerName=inputs["layerName"],
            Content={"ZipFile": zipped(inputs["code"].content)},
            **present(
                CompatibleRuntimes=inputs.get("compatibleRuntimes"),
                CompatibleArchitectures=inputs.get("compatibleArchitectures"),
                Description=inputs.get("description"),
            ),
        )
        return str(answer["LayerVersionArn"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """What the version was published with."""
        layer, _, version = id_.rpartition(":")
        client = cloud.client("lambda")
        answer = found(lambda: client.get_layer_version(LayerName=layer, VersionNumber=int(version)))
        if answer is None:
            return None
        return {
            "layerName": layer.rpartition(":")[2],
            "compatibleRuntimes": answer.get("CompatibleRuntimes", []),
            "compatibleArchitectures": answer.get("CompatibleArchitectures", []),
            "description": answer.get("Description", ""),
            "arn": id_,
            "layerArn": layer,
            "version": version,
            "createdDate": answer.get("CreatedDate", ""),
            "codeSha256": answer["Content"].get("CodeSha256", ""),
            "sourceCodeSize": answer["Content"].get("CodeSize", 0),
        }

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the version."""
        layer, _, version = id_.rpartition(":")
        with gone_is_fine():
            cloud.client("lambda").delete_layer_version(LayerName=layer.rpartition(":")[2], VersionNumber=int(version))


class PermissionType(NeverUpdated):
    """`aws.lambda.Permission`: a statement of a function's policy.

    Its id is the statement's; it is imported as `function/id`.
    """

    pulumi_type = resource_types.PERMISSION
    settings = frozenset({"action", "function", "principal", "sourceAccount", "sourceArn", "statementId"})
    required = frozenset({"action", "function", "principal"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Add the statement."""
        cloud.client("lambda").add_permission(
            FunctionName=inputs["function"],
            StatementId=inputs["statementId"],
            Action=inputs["action"],
            Principal=inputs["principal"],
            **present(SourceArn=inputs.get("sourceArn"), SourceAccount=inputs.get("sourceAccount")),
        )
        return str(inputs["statementId"])

    def own_id(self, id_: str) -> str:
        """The statement behind the function."""
        return id_.rpartition("/")[2]

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The statement."""
        function, _, statement_id = id_.rpartition("/")
        function = function or state["function"]
        client = cloud.client("lambda")
        answer = found(lambda: client.get_policy(FunctionName=function))
        statements = json.loads(answer["Policy"])["Statement"] if answer else []
        statement = next((each for each in statements if each["Sid"] == statement_id), None)
        if statement is None:
            return None
        principal = statement["Principal"]
        conditions = statement.get("Condition", {})
        return present(
            function=function,
            statementId=statement_id,
            action=statement["Action"],
            principal=principal if isinstance(principal, str) else next(iter(principal.values())),
            sourceArn=next(iter(conditions.get("ArnLike", {}).values()), None),
            sourceAccount=next(iter(conditions.get("StringEquals", {}).values()), None),
        )

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Take the statement away."""
        with gone_is_fine():
            cloud.client("lambda").remove_permission(FunctionName=state["function"], StatementId=id_)


class InvokeConfigType(ProvidedType):
    """`aws.lambda.FunctionEventInvokeConfig`. Its id is the function's name."""

    pulumi_type = resource_types.INVOKE_CONFIG
    settings = frozenset({"destinationConfig", "functionName", "maximumEventAgeInSeconds", "maximumRetryAttempts"})
    required = frozenset({"functionName"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Set the configuration."""
        self._put(cloud, inputs)
        return str(inputs["functionName"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The configuration."""
        client = cloud.client("lambda")
        answer = found(lambda: client.get_function_event_invoke_config(FunctionName=id_))
        if answer is None:
            return None
        destinations = lowered(answer.get("DestinationConfig") or {})
        kept = {side: where for side, where in destinations.items() if where.get("destination")}
        return {
            "functionName": id_,
            "maximumEventAgeInSeconds": answer.get("MaximumEventAgeInSeconds", EVENT_AGE.default),
            "maximumRetryAttempts": answer.get("MaximumRetryAttempts", RETRY_ATTEMPTS.default),
            "destinationConfig": kept or None,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the configuration anew, all of it."""
        self._put(cloud, new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Remove the configuration."""
        with gone_is_fine():
            cloud.client("lambda").delete_function_event_invoke_config(FunctionName=id_)

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        given = {**self.defaults, **inputs}
        bounds = (("maximumEventAgeInSeconds", EVENT_AGE), ("maximumRetryAttempts", RETRY_ATTEMPTS))
        for name, bound in bounds:
            if not bound.allows(given[name]):
                message = f"Value {given[name]} at '{name}' failed to satisfy constraint: {bound.range}"
                raise refusal("InvalidParameterValueException", message, "PutFunctionEventInvokeConfig")
        cloud.client("lambda").put_function_event_invoke_config(
            FunctionName=given["functionName"],
            MaximumEventAgeInSeconds=given["maximumEventAgeInSeconds"],
            MaximumRetryAttempts=given["maximumRetryAttempts"],
            DestinationConfig=raised(given.get("destinationConfig") or {}),
        )


TYPES = (FunctionType(), LayerType(), PermissionType(), InvokeConfigType())
