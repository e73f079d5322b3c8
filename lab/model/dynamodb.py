"""DynamoDB tables in virtual time.

Conditions, expressions and key rules are moto's, which implements them in full: a second implementation could only be
less right. What is ours is the way there: calls come from handlers as plain parameters, and go to moto through a
botocore client of our own, so validation and error shapes are the SDK's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import patch_client

from lab.errors import ModelError, NotModelledError
from lab.model.journal import Journal
from lab.model.runtime import AwsError

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


class DynamoDb:
    """The tables of one run. A context manager: moto stands in for AWS between enter and exit.

    Args:
        region: region of the tables.
        journal: where events are written.
    """

    def __init__(self, region: str, journal: Journal) -> None:
        self._region = region
        self._journal = journal
        self._moto = mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}})
        self._client: Any = None

    def __enter__(self) -> Self:
        self._moto.start()
        # Credentials that cannot be real, and a guard: nothing of this client may ever reach AWS.
        key = "lab"
        session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=key, region_name=self._region)
        self._client = session.client("dynamodb")
        patch_client(self._client)
        self._client._endpoint.http_session = _NoNetwork()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._moto.stop()

    def create_table(self, definition: Mapping[str, Any]) -> None:
        """Create a table.

        Args:
            definition: parameters of `CreateTable`.

        Raises:
            AwsError: AWS would refuse the definition.
        """
        self._send("CreateTable", definition)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call.

        Reads are consistent (DDB-READ-1). Items whose TTL has passed are still there (DDB-TTL-1).

        Raises:
            AwsError: DynamoDB would answer with an error, such as `ConditionalCheckFailedException` (DDB-COND-1).
            NotModelledError: the model does not know the operation.
        """
        if operation not in OPERATIONS:
            known = ", ".join(sorted(OPERATIONS))
            raise NotModelledError(f"the DynamoDB operation {operation} is not modelled (modelled: {known})")
        for rule in ("DDB-READ-1", "DDB-TTL-1"):
            self._journal.lean_on(rule)
        return self._send(operation, parameters)

    def _send(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._client._make_api_call(operation, dict(parameters))
        except ClientError as error:
            response: dict[str, Any] = dict(error.response)
            described, meta = response.pop("Error", {}), response.pop("ResponseMetadata", {})
            raise AwsError(
                described.get("Code", "InternalServerError"),
                described.get("Message", ""),
                meta.get("HTTPStatusCode", 400),
                details=response,
            ) from error
        answer.pop("ResponseMetadata", None)
        return answer


class _NoNetwork:
    """Stands where botocore would open a connection, which it does only if moto had no answer."""

    def send(self, request: Any) -> None:
        """Refuse to send."""
        raise ModelError(f"a simulated DynamoDB call was about to leave this machine: {request.url}")

    def close(self) -> None:
        """Nothing is open."""
