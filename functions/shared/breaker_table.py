"""Keeps the state of a circuit breaker in a DynamoDB table, so that all execution environments share it.

The item's key is the breaker's name. Each change is one conditional write on the version that was read, so of two
environments that want to probe at once one is refused. `expiresAt` is the table's TTL attribute: a breaker that nobody
has used for a week is forgotten, which leaves it closed as it would be by then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.aws_errors import error_code
from shared.circuit_breaker import Circuit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEY = "name"
EXPIRY = "expiresAt"
KEPT_SECONDS = 7 * 86_400


class TableStore:
    """A `shared.circuit_breaker.BreakerStore` in a table with the text key `name`.

    Args:
        client: a DynamoDB client; give it timeouts far below those of the calls that the breaker guards.
        table_name: the table.
        breaker: the breaker's name; environments that use the same one share a breaker.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, breaker: str) -> None:
        self._client = client
        self._table_name = table_name
        self._breaker = breaker

    def load(self) -> Circuit:
        """Read the present state, consistently: a probe that has just been taken must be seen."""
        answer = self._client.get_item(TableName=self._table_name, Key={KEY: {"S": self._breaker}}, ConsistentRead=True)
        item = answer.get("Item")
        if not item:
            return Circuit()
        next_probe_at = item.get("nextProbeAt", {}).get("N")
        return Circuit(
            failures=int(item["failures"]["N"]),
            next_probe_at=None if next_probe_at is None else float(next_probe_at),
            probing=item["probing"]["BOOL"],
            version=int(item["version"]["N"]),
        )

    def swap(self, old: Circuit, new: Circuit) -> bool:
        """Write a state unless somebody else has written since `old` was read."""
        item: dict[str, AttributeValueTypeDef] = {
            KEY: {"S": self._breaker},
            "failures": {"N": str(new.failures)},
            "probing": {"BOOL": new.probing},
            "version": {"N": str(new.version)},
            EXPIRY: {"N": str(int(time.time()) + KEPT_SECONDS)},
        }
        if new.next_probe_at is not None:
            item["nextProbeAt"] = {"N": repr(new.next_probe_at)}
        unchanged = "#version = :old OR attribute_not_exists(#version)" if old.version == 0 else "#version = :old"
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=item,
                ConditionExpression=unchanged,
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":old": {"N": str(old.version)}},
            )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True
