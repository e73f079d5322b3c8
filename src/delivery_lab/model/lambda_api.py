"""The Lambda API as handlers call it: `Invoke`, synchronous and asynchronous (semantics.md C, D, E)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import FunctionCalled, InvocationType, Journal
from delivery_lab.function_names import LATEST_VERSION, name_and_qualifier
from delivery_lab.limits.functions import ASYNCHRONOUS_PAYLOAD, SYNCHRONOUS_PAYLOAD
from delivery_lab.model.api_errors import functions as errors
from delivery_lab.model.asynchronous import AsynchronousInvokes
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.json_reading import read_json
from delivery_lab.model.runtime import AwsError, Caller, Pending

SYNCHRONOUS: InvocationType = "RequestResponse"
ASYNCHRONOUS: InvocationType = "Event"
DRY_RUN: InvocationType = "DryRun"

_NOT_MODELLED = {"ClientContext": None, "DurableExecutionName": None, "TenantId": None}

_HERE = "arn:aws:lambda:us-east-1:123456789012"

Answer = dict[str, Any]


class LambdaApi:
    """Answers `Invoke`.

    Args:
        functions: the Lambda service.
        events: its asynchronous invokes.
        scheduler: the run's clock.
        journal: where calls are written.
    """

    def __init__(
        self, functions: Lambda, events: AsynchronousInvokes, *, scheduler: Scheduler, journal: Journal
    ) -> None:
        self._functions = functions
        self._events = events
        self._scheduler = scheduler
        self._journal = journal

    def call(self, operation: str, parameters: Mapping[str, Any], caller: Caller) -> Answer | Pending:
        """Answer one call at the current instant.

        Raises:
            AwsError: AWS would answer with an error.
            NotModelledError: the model does not know the operation or one of its settings.
        """
        if operation != "Invoke":
            raise NotModelledError(f"the Lambda operation {operation} is not modelled (modelled: Invoke)")
        for name, refused in _NOT_MODELLED.items():
            value = parameters.get(name)
            if value is not None and refused in (None, value):
                raise NotModelledError(f"Invoke with {name} = {value!r} is not modelled\n  nearest: leave it out")
        kind = parameters.get("InvocationType", SYNCHRONOUS)
        if kind not in (SYNCHRONOUS, ASYNCHRONOUS, DRY_RUN):
            # botocore does not look at enumerations, so this one gets as far as Lambda.
            values = ", ".join((ASYNCHRONOUS, SYNCHRONOUS, DRY_RUN))
            raise errors.INVOCATION_TYPE.error(value=kind, name="invocationType", values=values)
        function, version, qualifier = self._function(parameters)
        try:
            tail = parameters.get("LogType") == "Tail"
            payload = _payload(parameters, kind)
            answer = self._invoke(function, version, qualifier, kind, payload, caller, tail=tail)
        except AwsError as error:
            self._note(function, kind, caller, error.status)
            raise
        return answer

    def _invoke(
        self,
        function: str,
        version: str,
        qualifier: str,
        kind: InvocationType,
        payload: str,
        caller: Caller,
        *,
        tail: bool,
    ) -> Answer | Pending:
        lineage = self._functions.loops.lineage(caller.request_id)
        if kind == DRY_RUN:
            self._note(function, kind, caller, 204)
            return {"StatusCode": 204, "Payload": b""}
        if kind == ASYNCHRONOUS:
            self._note(function, kind, caller, 202)
            request_id = self._events.accept(function, payload, by=caller.actor, lineage=lineage, qualifier=qualifier)
            self._journal.rely_on("SYN-ID-1")
            return {"StatusCode": 202, "Payload": b"", **_metadata(request_id)}
        if self._functions.loops.stops(function, lineage):
            self._journal.rely_on("ASY-LOOP-1")
            raise errors.RECURSION.error()
        waiting: list[Callable[[Answer | AwsError], None]] = []

        def done(result: InvokeResult) -> None:
            for callback in waiting:
                callback(_answer(result, version))

        trace = self._functions.traces.of(caller.request_id)
        accepted = self._functions.invoke(
            function, payload, done, by=caller.actor, lineage=lineage, trace=trace, tail=version if tail else ""
        )
        if isinstance(accepted, Throttled):
            raise _refusal(accepted)
        self._note(function, kind, caller, 200, accepted)
        self._journal.rely_on("SYN-ERROR-1")
        return Pending(waiting.append)

    def _note(
        self, function: str, kind: InvocationType, caller: Caller, status: int, started: str | None = None
    ) -> None:
        self._journal.append(
            FunctionCalled(self._scheduler.now, None, function, kind, caller.actor, status=status, started=started)
        )

    def _function(self, parameters: Mapping[str, Any]) -> tuple[str, str, str]:
        """The function, version and qualifier meant: by its name, ARN or a part of it (SYN-NAME-1, LAM-VERSION-1)."""
        given = str(parameters["FunctionName"])
        name, qualifier = name_and_qualifier(given)
        qualifier = str(parameters.get("Qualifier") or qualifier)
        for function in self._functions.names:
            config = self._functions.configuration(function)
            if config.arn.rsplit(":", 1)[-1] == name:
                version = config.qualifiers.get(qualifier)
                if version is None:
                    known = ", ".join(config.qualifiers)
                    raise NotModelledError(
                        config.refusal
                        or f"Invoke of {function} with the qualifier {qualifier} is not modelled\n  nearest: {known}"
                    )
                self._functions.check_qualifier(function, qualifier)
                if qualifier != LATEST_VERSION:
                    self._journal.rely_on("LAM-VERSION-1")
                return function, version, qualifier
        place = given.partition(":function:")[0] if given.startswith("arn:") else _HERE
        raise errors.FUNCTION_MISSING.error(arn=f"{place}:function:{name}:{qualifier}")


def _payload(parameters: Mapping[str, Any], kind: str) -> str:
    """The event, refused where Lambda refuses it (SYN-PAYLOAD-1)."""
    given = parameters.get("Payload", b"")
    data = given.read() if hasattr(given, "read") else given
    raw = data.encode() if isinstance(data, str) else bytes(data)
    limit = ASYNCHRONOUS_PAYLOAD.maximum if kind == ASYNCHRONOUS else SYNCHRONOUS_PAYLOAD.maximum
    if len(raw) > limit:
        raise errors.PAYLOAD_TOO_LARGE.error(limit=limit)
    if not raw:
        return "{}"
    try:
        text = raw.decode()
        read_json(text)
    except ValueError as error:
        raise errors.PAYLOAD_NO_JSON.error(reason=error) from error
    return text


def _answer(result: InvokeResult, version: str) -> Answer:
    """The answer to a synchronous invoke: 200 also where the function failed (SYN-ERROR-1)."""
    answer: Answer = {"StatusCode": 200, "ExecutedVersion": version, "Payload": result.payload.encode()}
    if result.error is not None:
        answer["FunctionError"] = "Unhandled"
    if result.log is not None:
        answer["LogResult"] = result.log
    return {**answer, **_metadata(result.request_id)}


def _metadata(request_id: str) -> Answer:
    """The id of an invoke, which its function sees as `aws_request_id` (SYN-ID-1)."""
    return {"ResponseMetadata": {"RequestId": request_id}}


def _refusal(throttled: Throttled) -> AwsError:
    """A throttle (SYN-THROTTLE-1), or a failure of Lambda itself."""
    if throttled.status == 429:
        return errors.THROTTLED.error(details={"Reason": throttled.reason})
    return errors.LAMBDA_FAILED.error()
