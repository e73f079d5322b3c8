"""DynamoDB tables in virtual time.

Conditions, expressions and key rules are moto's, which implements them in full: a second implementation could only be
less right. A handler's call has been validated by its own botocore client when it arrives here, and its answer is not
serialised, so moto's request handler is called directly, without the HTTP around it: that is ten times as fast, and a
test compares both ways.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from moto.core.exceptions import ServiceException
from moto.core.model_instances import reset_model_data
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.model import moto_expressions
from delivery_lab.model.capacity import capacity_of
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.metering import Metering
from delivery_lab.model.moto_updates import completed, undone_if_refused
from delivery_lab.model.runtime import ACCOUNT_ID, AwsError
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, SavedCapacity

OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)

_CONSTANT = frozenset({str, bytes, int, float, bool, type(None)})

_WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


class DynamoDb:
    """The tables of one run. A context manager: on leaving, the tables are gone.

    Args:
        region: region of the tables.
        journal: where events are written.
        scheduler: the run's clock; without one no request is throttled.
        assumptions: values for what AWS does not say.
    """

    def __init__(
        self,
        region: str,
        journal: Journal,
        scheduler: Scheduler | None = None,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        self._region = region
        self._journal = journal
        self._scheduler = scheduler
        self._is_saved = assumptions.saved_capacity is SavedCapacity.FULL
        self._metering = Metering(self._send)
        self._on_demand = Metering(self._send)
        self._streams: dict[str, TableStream] = {}
        self.tables: set[str] = set()
        """Names of the tables that were created."""

    def __enter__(self) -> Self:
        self._forget()
        moto_expressions.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        moto_expressions.end()
        self._forget()

    def _forget(self) -> None:
        dynamodb_backends[ACCOUNT_ID][self._region].reset()
        reset_model_data()  # moto lists every table and item for a dashboard, and a reset leaves them there

    def create_table(self, definition: Mapping[str, Any], stream: TableStream | None = None) -> None:
        """Create a table.

        Args:
            definition: parameters of `CreateTable`.
            stream: takes what changes in it, or None.

        Raises:
            AwsError: AWS would refuse the definition.
        """
        self.tables.add(str(definition["TableName"]))
        capacity = capacity_of(definition, self._scheduler, self._journal.meter, is_saved=self._is_saved)
        self._metering.tables[str(definition["TableName"])] = capacity
        if capacity.is_on_demand:
            self._on_demand.tables[str(definition["TableName"])] = capacity
        if stream is None:
            self._send("CreateTable", definition)
            return
        # Both images are asked of moto whatever the stream shows: only they tell whether a write changed anything.
        specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self._send("CreateTable", {**definition, "StreamSpecification": specification})
        self._streams[str(definition["TableName"])] = stream

    def call(self, operation: str, parameters: Mapping[str, Any], *, is_metered: bool = True) -> dict[str, Any]:
        """Answer one call.

        Reads are consistent (DDB-READ-1). Items whose TTL has passed are still there (DDB-TTL-1).

        Args:
            operation: the operation.
            parameters: its parameters.
            is_metered: whether provisioned capacity counts; what a workload puts by itself uses none.

        Raises:
            AwsError: DynamoDB would answer with an error, such as `ConditionalCheckFailedException` (DDB-COND-1).
            NotModelledError: the model does not know the operation.
        """
        if operation not in OPERATIONS:
            known = ", ".join(sorted(OPERATIONS))
            raise NotModelledError(f"the DynamoDB operation {operation} is not modelled (modelled: {known})")
        self._journal.rely_on("DDB-READ-1", "DDB-TTL-1")
        if is_metered and len(self._metering.tables) > len(self._on_demand.tables):
            self._journal.rely_on("DDB-CAPACITY-3", "DDB-CAPACITY-6")
        answer = (self._metering if is_metered else self._on_demand).carry_out(operation, parameters)
        if operation in _WRITES:
            self._tell_streams()
        if operation == "DescribeTable":
            self._name_stream(answer["Table"])
        return answer

    def _name_stream(self, table: dict[str, Any]) -> None:
        """Name the stream of a table as the stack does, whose ARN and view type moto does not know."""
        stream = self._streams.get(table["TableName"])
        if stream is not None:
            table["LatestStreamArn"] = stream.arn
            table["LatestStreamLabel"] = stream.arn.rpartition("/")[2]
            table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream.view_type}

    def _tell_streams(self) -> None:
        """Hand what the last call changed to the streams of its tables."""
        for name, stream in self._streams.items():
            shard = dynamodb_backends[ACCOUNT_ID][self._region].tables[name].stream_shard
            if shard is None or not shard.items:
                continue
            changes, shard.items = shard.items, []
            for change in _once_created(change.record for change in changes):
                content = _copy_of(change["dynamodb"])
                stream.changed(change["eventName"], content["Keys"], content.get("OldImage"), content.get("NewImage"))

    def _send(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation != "UpdateItem":
            return self._carried_out(operation, parameters)
        table = dynamodb_backends[ACCOUNT_ID][self._region].tables.get(str(parameters["TableName"]))
        with undone_if_refused(table, parameters["Key"]):
            return self._carried_out(operation, completed(parameters))

    def _carried_out(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        handler = DynamoHandler()
        handler.current_account, handler.region, handler.partition = ACCOUNT_ID, self._region, "aws"
        # moto keeps what it is given, and hands out what it keeps: neither side may see the other's changes.
        handler.body = _copy_of(dict(parameters))
        try:
            answer = getattr(handler, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())()
        except ServiceException as error:
            raise AwsError(error.code, error.message) from error
        except HTTPException as error:
            raise _as_aws_error(error, _unsaid(operation, self._region, parameters)) from error
        result: dict[str, Any] = _copy_of(dict(answer.result))
        result.pop("ConsumedCapacityUnits", None)  # of an API version long gone; a client's parser drops it
        return result


_NOTHING_SAID = "Validation Exception"


def _once_created(changes: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """The changes of one call, an item that it creates once.

    moto carries out an update of an item that is not there as a put of its key and an update, and records both;
    DynamoDB creates the item as it is in the end. No call creates an item twice: what comes last was created.
    """
    once: dict[Any, Mapping[str, Any]] = {}
    for number, change in enumerate(changes):
        is_created = change["eventName"] == "INSERT"
        once[repr(change["dynamodb"]["Keys"]) if is_created else number] = change
    return once.values()


def _copy_of(found: Any) -> Any:
    """A deep copy; what calls are made of is copied several times as fast as `copy.deepcopy` does it."""
    kind = type(found)
    if kind is dict:
        return {key: _copy_of(value) for key, value in found.items()}
    if kind is list:
        return [_copy_of(value) for value in found]
    return found if kind in _CONSTANT else copy.deepcopy(found)


def _unsaid(operation: str, region: str, parameters: Mapping[str, Any]) -> str:
    """What DynamoDB says where moto says only that something is not valid: a part of the key is missing."""
    table = dynamodb_backends[ACCOUNT_ID][region].tables.get(parameters.get("TableName", ""))
    if operation != "PutItem" or table is None:
        return "The provided key element does not match the schema"
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name and name not in parameters["Item"]]
    return f"One or more parameter values were invalid: Missing the key {names[0] if names else ''} in the item"


def _as_aws_error(error: HTTPException, unsaid: str) -> AwsError:
    """What a client would see of an error that moto answers with: its description is the body of the response."""
    body = json.loads(error.description or "{}")
    code = str(body.pop("__type", "InternalServerError")).rpartition("#")[2]
    message = str(body.get("message") or body.get("Message") or "")
    message = unsaid if message == _NOTHING_SAID else message
    return AwsError(code, message, error.code or 400, details=_with_binaries(body))


def _with_binaries(value: Any) -> Any:
    """Items within an error come as JSON, where binary values are Base64."""
    if isinstance(value, list):
        return [_with_binaries(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, held),) = value.items()
        if kind == "B" and isinstance(held, str):
            return {"B": base64.b64decode(held)}
        if kind == "BS" and isinstance(held, list):
            return {"BS": [base64.b64decode(part) for part in held]}
    return {key: _with_binaries(inner) for key, inner in value.items()}
