"""A small DynamoDB table of records with an end: of work done, or of the state of a circuit breaker."""

from __future__ import annotations

import pulumi
from pulumi_aws import dynamodb

TABLE_EXPIRY = "expiresAt"


def records_table(name: str, key: str, opts: pulumi.ResourceOptions) -> dynamodb.Table:
    """Create a table with a text key whose items DynamoDB removes some time after their `expiresAt`.

    Args:
        name: logical name.
        key: name of the partition key.
        opts: resource options.
    """
    return dynamodb.Table(
        name,
        hash_key=key,
        attributes=[{"name": key, "type": "S"}],
        billing_mode="PAY_PER_REQUEST",
        ttl={"attribute_name": TABLE_EXPIRY, "enabled": True},
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
        opts=opts,
    )
