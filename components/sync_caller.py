"""A function that invokes another one and waits for its answer."""

from __future__ import annotations

import pulumi
from pulumi_aws import lambda_

from components.api import EnqueueApi
from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.records_table import records_table
from components.settings import SyncSettings

CALL_PATH = "/call"
TABLE_KEY = "name"

_TABLE_ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem")


class SyncCaller(pulumi.ComponentResource):
    """The function `<name>-caller` behind `POST /call` of the API `<name>-api`, and `<name>-callee` that it invokes.

    Where all environments share a circuit breaker, its state is in the table `<name>-breaker`.

    Args:
        name: prefix of the children's names.
        settings: settings of both functions and of the API.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.

    Attributes:
        caller: the function that takes requests.
        callee: the function that it invokes.
        table: the table of the shared circuit breaker, or None.
        endpoint: URL of the API without a path.
    """

    def __init__(
        self,
        name: str,
        settings: SyncSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:sync:SyncCaller", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        callee = PythonFunctionArgs("sync_callee", settings.callee, layer_arn)
        self.callee = PythonFunction(f"{name}-callee", callee, child).function
        caller = settings.caller
        shared = caller.mode == "breaker" and caller.breaker.shared
        self.table = records_table(f"{name}-breaker", TABLE_KEY, child) if shared else None
        statements = [Statement("InvokeCallee", ("lambda:InvokeFunction",), self.callee.arn)]
        if self.table is not None:
            statements.append(Statement("ShareBreaker", _TABLE_ACTIONS, self.table.arn))
        args = PythonFunctionArgs(
            source="sync_caller",
            settings=caller,
            code=layer_arn,
            environment=self._environment(settings, self.callee),
            statements=statements,
        )
        self.caller = PythonFunction(f"{name}-caller", args, child).function
        self.endpoint = EnqueueApi(f"{name}-api", self.caller, settings.api, child, path=CALL_PATH).endpoint
        self.register_outputs(
            {"callerName": self.caller.name, "calleeName": self.callee.name, "endpoint": self.endpoint}
        )

    def _environment(self, settings: SyncSettings, callee: lambda_.Function) -> dict[str, pulumi.Input[str]]:
        caller = settings.caller
        variables: dict[str, pulumi.Input[str]] = {
            "MODE": caller.mode,
            "CALLEE_NAME": callee.name,
            "CALLEE_TIMEOUT_SECONDS": str(settings.callee.timeout_seconds),
        }
        if caller.mode != "naive":
            variables["MAXIMUM_ATTEMPTS"] = str(caller.maximum_attempts)
        if caller.mode == "breaker":
            variables["BREAKER_FAILURE_THRESHOLD"] = str(caller.breaker.failure_threshold)
            variables["BREAKER_RESET_SECONDS"] = str(caller.breaker.reset_seconds)
        if self.table is not None:
            variables["BREAKER_TABLE_NAME"] = self.table.name
        return variables
