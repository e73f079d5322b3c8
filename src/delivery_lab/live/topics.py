"""Kafka topics on brokers that are somewhere else: written by a producer, read by consumers, committed in groups.

As with streams, a partition here holds what was seen of a real one, and the mapping's own polls decide when it takes
what is there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.events import Journal
from delivery_lab.limits.streams import BROKER_RECORD_BYTES
from delivery_lab.live.brokers import kafka
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.destinations import dated
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.streams import LOOK_SECONDS
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.kafka.cluster import KafkaCluster, KafkaTopic, check_record_size
from delivery_lab.model.mapping.destinations import DiscardedBatch, topic_records
from delivery_lab.model.mapping.partition_records import Format, KafkaFormat

_ANSWER_SECONDS = 30
_RECORDS = 1000
_QUIET = {"log_level": 0}
"""librdkafka writes to standard error by itself; what matters is raised."""


class TopicWriter:
    """Writes records to topics, as a Java client does: keys decide the partition, without one they take turns.

    Args:
        servers: address of the brokers.
        topics: the topics, by name.
        scheduler: the run's clock.
    """

    def __init__(self, servers: str, topics: dict[str, KafkaTopic], scheduler: RealTimeScheduler) -> None:
        self._topics = topics
        self._scheduler = scheduler
        self._without_key: dict[str, int] = {}
        self._producer = kafka().Producer(
            {
                **_QUIET,
                "bootstrap.servers": servers,
                "partitioner": "murmur2_random",
                "linger.ms": 0,
                # What brokers refuse was refused before (KAF-SIZE-1); this client counts its own overhead.
                "message.max.bytes": 2 * BROKER_RECORD_BYTES,
            }
        )

    def write(self, topic: str, value: bytes, key: str | None) -> None:
        """Write a record, and wait until the brokers have it.

        Raises:
            AwsError: it is larger than brokers take.
            PlaceError: the brokers do not take it.
        """
        check_record_size(value, key)
        refused: list[Any] = []

        def delivered(error: Any, _record: Any) -> None:
            if error is not None:
                refused.append(error)

        clock = self._scheduler.clock
        told: dict[str, Any] = {"timestamp": int((clock.epoch + in_seconds(clock.now())) * 1000)}
        if key is None:
            told["partition"] = self._turn(topic)
        else:
            told["key"] = key.encode()
        try:
            self._producer.produce(topic, value, on_delivery=delivered, **told)
            left = self._producer.flush(_ANSWER_SECONDS)
        except kafka().KafkaException as error:
            raise PlaceError(f"a record for {topic} was refused: {error}") from error
        if refused or left:
            why = refused[0] if refused else f"the brokers do not answer within {_ANSWER_SECONDS} s"
            raise PlaceError(f"a record for {topic} was not taken: {why}")

    def _turn(self, topic: str) -> int:
        turn = self._without_key.get(topic, 0)
        self._without_key[topic] = turn + 1
        return turn % len(self._topics[topic].partitions)


class TopicFeed:
    """Looks at all partitions of a topic, from their beginning on, and hands over what it finds.

    Args:
        topic: takes each record once, in the order of its partition.
        servers: address of the brokers.
        scheduler: the run's clock.
    """

    def __init__(self, topic: KafkaTopic, servers: str, scheduler: RealTimeScheduler) -> None:
        self._topic = topic
        self._scheduler = scheduler
        self._consumer = _consumer(servers, "delivery-lab", {"fetch.wait.max.ms": int(LOOK_SECONDS * 1000)})

    def start(self) -> None:
        """Begin to look."""
        partition = kafka().TopicPartition
        self._consumer.assign([partition(self._topic.name, number, 0) for number in range(len(self._topic.partitions))])
        self._look()

    def close(self) -> None:
        """Look no more."""
        self._consumer.close()

    def _look(self) -> None:
        records = self._consumer.consume(_RECORDS, timeout=0)
        self._scheduler.catch_up()
        for record in records:
            self._take(record)
        wait = 0 if len(records) == _RECORDS else seconds(LOOK_SECONDS * self._scheduler.clock.speed)
        self._scheduler.after(wait, self._look, background=True)

    def _take(self, record: Any) -> None:
        if record.error() is not None:
            raise PlaceError(f"{self._topic.name} cannot be read: {record.error()}")
        number, expected = record.partition(), self._topic.partitions[record.partition()].length
        if record.offset() != expected:
            raise PlaceError(f"{self._topic.name}-{number}: offset {record.offset()} follows on {expected - 1}")
        key, (_, timestamp_ms) = record.key(), record.timestamp()
        at = min(self._scheduler.now, self._scheduler.clock.instant_of(timestamp_ms / 1000))
        self._topic.take(number, record.value(), None if key is None else key.decode(), at, timestamp_ms)


@dataclass(slots=True)
class CommittingCluster(KafkaCluster):
    """What is seen of a cluster. What mappings commit is committed on the brokers too (KAF-GROUP-1).

    Attributes:
        servers: address of the brokers.
    """

    servers: str = ""
    _groups: dict[str, Any] = field(default_factory=dict)

    def commit(self, group: str, partition: str, number: int) -> None:
        """Remember how far a group is in a partition.

        Raises:
            PlaceError: the brokers do not take it.
        """
        KafkaCluster.commit(self, group, partition, number)
        if group not in self._groups:
            self._groups[group] = _consumer(self.servers, group, {})
        topic, _, which = partition.rpartition("-")
        offset = kafka().TopicPartition(topic, int(which), number)
        try:
            self._groups[group].commit(offsets=[offset], asynchronous=False)
        except kafka().KafkaException as error:
            raise PlaceError(f"a commit for {partition} was refused: {error}") from error

    def close(self) -> None:
        """Commit no more."""
        for consumer in self._groups.values():
            consumer.close()
        self._groups.clear()


def seen_cluster(
    deployed: KafkaCluster, servers: str, scheduler: RealTimeScheduler, journal: Journal
) -> tuple[CommittingCluster, list[TopicFeed]]:
    """What is seen of a cluster, and the feeds that look at its topics.

    Args:
        deployed: the cluster as it was deployed.
        servers: address of the brokers that stand in for its own.
        scheduler: the run's clock.
        journal: where events are written.
    """
    told = deployed.name, deployed.arn, deployed.bootstrap_servers
    seen = CommittingCluster(*told, scheduler, journal, servers=servers)
    for topic in deployed.topics.values():
        seen.create_topic(topic.name, len(topic.partitions), topic.retention_hours)
    return seen, [TopicFeed(topic, servers, scheduler) for topic in seen.topics.values()]


@dataclass(slots=True)
class RealTopicDestination:
    """A topic of the same cluster: it gets a record of its own for each that was discarded (KAF-DEST-1)."""

    name: str
    writer: TopicWriter
    scheduler: RealTimeScheduler

    def deliver(self, discarded: DiscardedBatch, form: Format, now: int) -> None:
        """Write the documents.

        Raises:
            AwsError: one is larger than brokers take.
            PlaceError: the brokers do not take it.
        """
        assert isinstance(form, KafkaFormat)
        for document, key in topic_records(discarded, form, now):
            self.writer.write(self.name, json.dumps(_dated(document, self.scheduler)).encode(), key)


def _dated(document: dict[str, Any], scheduler: RealTimeScheduler) -> dict[str, Any]:
    """Times of the place, but in the event of the record itself, which has them already."""
    payload = document.pop("payload")
    return {**dated(document, scheduler.clock), "payload": payload}


def _consumer(servers: str, group: str, settings: dict[str, Any]) -> Any:
    common = {"bootstrap.servers": servers, "group.id": group, "enable.auto.commit": False}
    return kafka().Consumer({**_QUIET, **common, "auto.offset.reset": "error", **settings})
