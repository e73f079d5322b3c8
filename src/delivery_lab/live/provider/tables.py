"""Tables of DynamoDB."""

from __future__ import annotations

import time
from typing import Any

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.resource_type import Properties, ProvidedType

_READY_SECONDS = 30


class TableType(ProvidedType):
    """`aws.dynamodb.Table` without indexes. Its id is its name."""

    pulumi_type = resource_types.TABLE
    settings = frozenset(
        {
            "attributes",
            "billingMode",
            "hashKey",
            "name",
            "pointInTimeRecovery",
            "rangeKey",
            "readCapacity",
            "serverSideEncryption",
            "streamEnabled",
            "streamViewType",
            "ttl",
            "writeCapacity",
        }
    )
    required = frozenset({"attributes", "hashKey"})
    computed = ("arn", "streamArn", "streamLabel")
    # Encryption with the AWS owned key and with the AWS managed key look the same on the emulator.
    unread = frozenset({"serverSideEncryption"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the table, and wait until it is active."""
        client = cloud.client("dynamodb")
        keys = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
        if inputs.get("rangeKey"):
            keys.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
        client.create_table(
            TableName=inputs["name"],
            KeySchema=keys,
            AttributeDefinitions=[
                {"AttributeName": each["name"], "AttributeType": each["type"]} for each in inputs["attributes"]
            ],
            SSESpecification={"Enabled": bool((inputs.get("serverSideEncryption") or {}).get("enabled"))},
            **_billing(inputs),
            **_stream(inputs),
        )
        return str(inputs["name"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Set the time to live and the recovery."""
        _wait(cloud, id_)
        if inputs.get("ttl"):
            self._expire(cloud, id_, inputs["ttl"])
        if inputs.get("pointInTimeRecovery"):
            self._recover(cloud, id_, inputs["pointInTimeRecovery"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The table."""
        client = cloud.client("dynamodb")
        answer = found(lambda: client.describe_table(TableName=id_))
        if answer is None:
            return None
        table = answer["Table"]
        keys = {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}
        stream = table.get("StreamSpecification") or {}
        expiry = client.describe_time_to_live(TableName=id_).get("TimeToLiveDescription", {})
        recovery = client.describe_continuous_backups(TableName=id_)["ContinuousBackupsDescription"]
        kept = recovery.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
        expires = expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        throughput = table.get("ProvisionedThroughput", {})
        return {
            "name": id_,
            "attributes": [
                {"name": each["AttributeName"], "type": each["AttributeType"]} for each in table["AttributeDefinitions"]
            ],
            "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "hashKey": keys["HASH"],
            "rangeKey": keys.get("RANGE"),
            "readCapacity": throughput.get("ReadCapacityUnits", 0),
            "writeCapacity": throughput.get("WriteCapacityUnits", 0),
            "streamEnabled": bool(stream.get("StreamEnabled")),
            "streamViewType": stream.get("StreamViewType"),
            "ttl": {"attributeName": expiry.get("AttributeName", ""), "enabled": True} if expires else None,
            "pointInTimeRecovery": {"enabled": True} if kept else None,
            "arn": table["TableArn"],
            "streamArn": table.get("LatestStreamArn", "") if stream.get("StreamEnabled") else "",
            "streamLabel": table.get("LatestStreamLabel", "") if stream.get("StreamEnabled") else "",
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change what changed, one thing after the other: DynamoDB takes one at a time."""
        client = cloud.client("dynamodb")
        if changed & {"billingMode", "readCapacity", "writeCapacity"}:
            client.update_table(TableName=id_, **_billing(new))
            _wait(cloud, id_)
        if changed & {"streamEnabled", "streamViewType"}:
            client.update_table(TableName=id_, **(_stream(new) or {"StreamSpecification": {"StreamEnabled": False}}))
            _wait(cloud, id_)
        if "serverSideEncryption" in changed:
            enabled = bool((new.get("serverSideEncryption") or {}).get("enabled"))
            client.update_table(TableName=id_, SSESpecification={"Enabled": enabled})
            _wait(cloud, id_)
        if "ttl" in changed:
            self._expire(cloud, id_, new.get("ttl"))
        if "pointInTimeRecovery" in changed:
            self._recover(cloud, id_, new.get("pointInTimeRecovery"))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the table with its items."""
        with gone_is_fine():
            cloud.client("dynamodb").delete_table(TableName=id_)

    def _expire(self, cloud: Cloud, name: str, ttl: Properties | None) -> None:
        client = cloud.client("dynamodb")
        if ttl is None:
            before = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            ttl = {"attributeName": before.get("AttributeName", ""), "enabled": False}
        specification = {"Enabled": bool(ttl.get("enabled")), "AttributeName": ttl["attributeName"]}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)

    def _recover(self, cloud: Cloud, name: str, recovery: Properties | None) -> None:
        enabled = bool((recovery or {}).get("enabled"))
        cloud.client("dynamodb").update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )


def _billing(inputs: Properties) -> dict[str, Any]:
    if inputs.get("billingMode") == "PAY_PER_REQUEST":
        return {"BillingMode": "PAY_PER_REQUEST"}
    throughput = {
        "ReadCapacityUnits": inputs.get("readCapacity") or 1,
        "WriteCapacityUnits": inputs.get("writeCapacity") or 1,
    }
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput}


def _stream(inputs: Properties) -> dict[str, Any]:
    if not inputs.get("streamEnabled"):
        return {}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": inputs["streamViewType"]}}


def _wait(cloud: Cloud, name: str) -> None:
    client = cloud.client("dynamodb")
    end = time.monotonic() + _READY_SECONDS
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE" and time.monotonic() < end:
        time.sleep(0.1)


TYPES = (TableType(),)
