"""A small world around streams and topics: records go in, scripted functions answer, events come out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from delivery_lab.events import RecordsCheckpointed, RecordsDiscarded
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.mapping.destinations import Destination, QueueDestination
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, KafkaProvisionedMode, TopicConsumer
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from tests.model.support import Behaviour, Call, Script, World, succeed

PROVISIONED = KafkaProvisionedMode(1, 10)
POISON = "poison"


class PartitionWorld(World):
    """A world with a stream or a topic.

    Args:
        behave: what the code of every function does.
        seed: seed of the run.
        assumptions: what the model assumes.
    """

    def __init__(self, behave: Behaviour = succeed, seed: int = 1, assumptions: Assumptions = DEFAULTS) -> None:
        super().__init__(behave, seed, assumptions)
        self.source: KinesisStream | TableStream | None = None

    def kinesis(
        self, name: str = "orders", *, shards: int = 1, retention_hours: int = 24, record_kib: int = 1_024
    ) -> KinesisStream:
        arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{name}-0123456"
        return self.account.create_stream(
            name, arn, shards=shards, retention_hours=retention_hours, record_kib=record_kib
        )

    def stream_mapping(
        self, source: KinesisStream | TableStream, *, destination: Destination | None = None, **settings: Any
    ) -> StreamConsumer:
        chosen = {"name": "mapping", "function": "worker", "starting_position": "TRIM_HORIZON"} | settings
        return self.account.create_stream_mapping(StreamMappingConfig(**chosen), source, destination)

    def cluster(self, name: str = "cluster", **topics: int) -> KafkaCluster:
        """An MSK cluster with topics of so many partitions."""
        arn = f"arn:aws:kafka:us-east-1:123456789012:cluster/{name}/uuid"
        cluster = self.account.create_cluster(name, arn, "b-1.kafka:9098,b-2.kafka:9098")
        for topic, partitions in topics.items():
            cluster.create_topic(topic, partitions)
        return cluster

    def kafka_mapping(
        self, cluster: KafkaCluster, *, destination: Destination | None = None, **settings: Any
    ) -> TopicConsumer:
        chosen = {
            "name": "mapping",
            "function": "worker",
            "topic": "orders",
            "starting_position": "TRIM_HORIZON",
        } | settings
        return self.account.create_kafka_mapping(KafkaMappingConfig(**chosen), cluster, destination)

    def destination_queue(self, name: str = "failures", **settings: Any) -> QueueDestination:
        return QueueDestination(self.queue(name, **settings))

    # -- looking at things --------------------------------------------------------------------------------

    def batches(self) -> list[list[str]]:
        """Data of the records of each invoke."""
        return [data_of(call) for call in self.calls]

    def settled(self, kind: type[RecordsCheckpointed | RecordsDiscarded]) -> list[str]:
        """Ids of the records of all events of a kind that name several."""
        return [record for event in self.events(kind) for record in event.records]


def records_of(call: Call) -> list[dict[str, Any]]:
    """The records of an event, whatever its source."""
    event = call.event
    if isinstance(event.get("records"), dict):
        return [record for records in event["records"].values() for record in records]
    found: list[dict[str, Any]] = event["Records"]
    return found


def data_of(call: Call) -> list[str]:
    """What was sent, of each record of an event."""
    return [data(record) for record in records_of(call)]


def data(record: dict[str, Any]) -> str:
    content = record["kinesis"]["data"] if "kinesis" in record else record["value"]
    return base64.b64decode(content).decode()


def identifier(record: dict[str, Any]) -> Any:
    """The `itemIdentifier` of a record."""
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"]
    if "dynamodb" in record:
        return record["dynamodb"]["SequenceNumber"]
    return {"partition": f"{record['topic']}-{record['partition']}", "offset": record["offset"]}


def raising(is_bad: Callable[[str], bool] = lambda text: text.startswith(POISON)) -> Behaviour:
    """Code that raises if a record of the batch is bad."""

    def behave(call: Call) -> Script:
        if any(is_bad(text) for text in data_of(call)):
            return Script(error="ValueError", payload='{"errorType":"ValueError"}')
        return Script()

    return behave


def reporting_records(is_bad: Callable[[str], bool] = lambda text: text.startswith(POISON)) -> Behaviour:
    """Code that reports every bad record of the batch."""

    def behave(call: Call) -> Script:
        failures = [{"itemIdentifier": identifier(record)} for record in records_of(call) if is_bad(data(record))]
        return Script(payload=json.dumps({"batchItemFailures": failures}))

    return behave


def documents(destination: QueueDestination) -> list[dict[str, Any]]:
    """What a destination queue holds."""
    return [json.loads(message.body) for message in destination.queue.messages]
