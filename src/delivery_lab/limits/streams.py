"""Limits of Kinesis data streams, of the streams of DynamoDB tables, and of Kafka brokers."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Limit

SHARDS = Limit("ShardCount", 1, 10_000, "shards", "KIN-SHARD-1", 1)
"""Its maximum is the project's own: what AWS allows is a quota of the account, 10,000 where it is highest."""
RETENTION_HOURS = Limit("RetentionPeriodHours", 24, 8_760, "h", "KIN-RET-1", 24)
RECORD_KIB = Limit("MaxRecordSizeInKiB", 1_024, 10_240, "KiB", "KIN-SIZE-1", 1_024)
PARTITION_KEY = Bound("PartitionKey", 1, 256, "characters", "KIN-SIZE-1")
ON_DEMAND_SHARDS = 4
"""Shards of a new stream in on-demand mode (KIN-SHARD-3)."""

TABLE_STREAM_RETENTION_HOURS = 24
"""How long the stream of a table keeps its records; it cannot be changed (DDS-RET-1)."""
BROKER_PARTITIONS = 1
"""`num.partitions` of a broker that was not told otherwise (KAF-TOPIC-1)."""
BROKER_RETENTION_HOURS = 168
"""`log.retention.hours` of a broker that was not told otherwise (KAF-RET-1)."""
BROKER_RECORD_BYTES = 1_048_588
"""`message.max.bytes` of a broker that was not told otherwise (KAF-SIZE-1)."""
