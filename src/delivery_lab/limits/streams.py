"""Limits of Kinesis data streams, of the streams of DynamoDB tables, and of Kafka brokers."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.limits.limit import Bound, Limit

SHARDS = Limit("ShardCount", 1, 10_000, "shards", "KIN-SHARD-1", 1)
"""Its maximum is the project's own: what AWS allows is a quota of the account, 10,000 where it is highest."""
RETENTION_HOURS = Limit("RetentionPeriodHours", 24, 8_760, "h", "KIN-RET-1", 24)
RECORD_KIB = Limit("MaxRecordSizeInKiB", 1_024, 10_240, "KiB", "KIN-SIZE-1", 1_024)
PARTITION_KEY = Bound("PartitionKey", 1, 256, "characters", "KIN-SIZE-1")
FAN_OUT_CONSUMERS = Bound("Consumers", 0, 20, "consumers", "KIN-FAN-1")
"""Consumers of a stream that are registered for enhanced fan-out; 50 with On-demand Advantage."""
SHARED_READS_PER_SECOND = 5
"""Reads of a shard that its standard consumers share (KIN-READ-1)."""
READ_BYTES_PER_SECOND = 2 * 1024 * 1024
"""What a shard gives its standard consumers together, and each enhanced fan-out consumer by itself (KIN-READ-1)."""
READ_BYTES = 10 * 1024 * 1024
READ_RECORDS = 10_000
"""What one read gives at most (KIN-READ-1)."""
ITERATOR_SECONDS = 300
"""How long an iterator of a Kinesis shard is good for (KIN-API-1)."""
TABLE_ITERATOR_SECONDS = 900
"""How long an iterator of a table stream's shard is good for (DDS-API-1)."""
TABLE_READ_BYTES = 1024 * 1024
TABLE_READ_RECORDS = 1_000
"""What one read of a table's stream gives at most (DDS-API-1)."""
TABLE_STREAM_READERS = 2
"""Functions that AWS advises at most to read a shard of a table's stream (DDS-READ-1)."""
ON_DEMAND_SHARDS = 4
"""Shards of a new stream in on-demand mode (KIN-SHARD-3)."""

STREAM_IMAGES: Mapping[str, tuple[str, ...]] = {
    "KEYS_ONLY": (),
    "NEW_IMAGE": ("NewImage",),
    "OLD_IMAGE": ("OldImage",),
    "NEW_AND_OLD_IMAGES": ("NewImage", "OldImage"),
}
"""By StreamViewType of a table's stream: the images of an item that its records carry (DDS-VIEW-1)."""
TABLE_STREAM_RETENTION_HOURS = 24
"""How long the stream of a table keeps its records; it cannot be changed (DDS-RET-1)."""
BROKER_PARTITIONS = 1
"""`num.partitions` of a broker that was not told otherwise (KAF-TOPIC-1)."""
BROKER_RETENTION_HOURS = 168
"""`log.retention.hours` of a broker that was not told otherwise (KAF-RET-1)."""
BROKER_RECORD_BYTES = 1_048_588
"""`message.max.bytes` of a broker that was not told otherwise (KAF-SIZE-1)."""
