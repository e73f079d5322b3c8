"""The pollers of the model in real time: the mappings of a stack, on queues, streams and functions somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.events import Journal
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.destinations import RealQueueDestination
from delivery_lab.live.functions import RealFunctions
from delivery_lab.live.queues import RealQueue
from delivery_lab.live.streams import ShardFeed, seen_stream, seen_table_stream
from delivery_lab.live.topics import CommittingCluster, RealTopicDestination, TopicFeed, TopicWriter, seen_cluster
from delivery_lab.model.account import Account
from delivery_lab.model.mapping.destinations import Destination, QueueDestination, TopicDestination
from delivery_lab.model.mapping.invoker import Invoker
from delivery_lab.model.mapping.kafka import TopicConsumer
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.stream import StreamConsumer
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.rules.assumptions import Assumptions


@dataclass(slots=True)
class RealPollers:
    """What polls queues, streams and topics.

    Attributes:
        queues: mappings of queues.
        readers: mappings of streams and topics.
        feeds: what looks at the shards of the streams, and at the topics.
        read: the queues that are polled.
        clusters: what is seen of Kafka clusters, by name.
    """

    queues: list[QueueConsumer] = field(default_factory=list)
    readers: list[StreamConsumer | TopicConsumer] = field(default_factory=list)
    feeds: list[ShardFeed | TopicFeed] = field(default_factory=list)
    read: list[RealQueue] = field(default_factory=list)
    clusters: dict[str, CommittingCluster] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to poll; what looks at shards begins before what takes its records."""
        for feed in self.feeds:
            feed.start()
        for mapping in self.queues:
            mapping.start()
        for reader in self.readers:
            reader.start()

    def close(self) -> None:
        """Look no more at topics, and commit nothing more."""
        for feed in self.feeds:
            if isinstance(feed, TopicFeed):
                feed.close()
        for cluster in self.clusters.values():
            cluster.close()

    @property
    def are_idle(self) -> bool:
        """Whether no queue that is polled holds anything, and no mapping has records before it."""
        readers = (reader for consumer in self.readers for reader in consumer.readers)
        return all(reader.is_idle for reader in readers) and not any(sum(queue.counts()) for queue in self.read)


@dataclass(frozen=True, slots=True)
class RealServices:
    """Where pollers work.

    Attributes:
        queues: the queues of the stack, by name.
        functions: its functions.
        client: gives boto3's client of a service.
        brokers: addresses of the brokers of Kafka clusters, by name.
        writers: what writes records to topics, by the name of the topic.
        stages: what pipes hand their batches to, by the name of the pipe.
        scheduler: the run's clock.
        journal: where events are written.
    """

    queues: Mapping[str, RealQueue]
    functions: RealFunctions
    client: Callable[[str], Any]
    brokers: Mapping[str, str]
    writers: Mapping[str, TopicWriter]
    stages: Mapping[str, Invoker]
    scheduler: RealTimeScheduler
    journal: Journal


def pollers_of(account: Account, services: RealServices, seed: int, assumptions: Assumptions) -> RealPollers:
    """The pollers of all mappings of an account.

    Args:
        account: the stack as it was deployed.
        services: where they work.
        seed: draws what they leave to chance.
        assumptions: how they take what AWS does not say.

    Raises:
        PlaceError: a stream cannot be read.
    """
    shared: dict[str, Any] = {
        "scheduler": services.scheduler,
        "streams": RandomStreams(seed),
        "journal": services.journal,
        "assumptions": assumptions,
    }
    polled = RealPollers()
    for name, cluster in account.clusters.items():
        polled.clusters[name], feeds = seen_cluster(
            cluster, services.brokers[name], services.scheduler, services.journal
        )
        polled.feeds.extend(feeds)
    for mapping in account.mappings.values():
        queue = services.queues[mapping.queue.name]
        polled.read.append(queue)
        polled.queues.append(QueueConsumer(mapping.config, queue, queue, services.functions, **shared))
    seen: dict[str, KinesisStream | TableStream] = {}
    for reader in account.record_mappings.values():
        destination = _destination(reader.destination, services)
        if isinstance(reader, TopicConsumer):
            read = polled.clusters[reader.cluster.name]
            topic = read.topics[reader.config.topic]
            consumer = TopicConsumer(reader.config, read, topic, services.functions, destination, **shared)
            polled.readers.append(consumer)
            continue
        arn = reader.source.arn
        if arn not in seen:
            seen[arn], shards = _seen(reader.source, services)
            polled.feeds.extend(shards)
        functions = services.stages.get(reader.config.name, services.functions)
        polled.readers.append(StreamConsumer(reader.config, seen[arn], functions, destination, **shared))
    return polled


def _seen(
    deployed: KinesisStream | TableStream, services: RealServices
) -> tuple[KinesisStream | TableStream, list[ShardFeed]]:
    if isinstance(deployed, KinesisStream):
        return seen_stream(deployed, services.client("kinesis"), services.scheduler, services.journal)
    return seen_table_stream(deployed, services.client("dynamodbstreams"), services.scheduler, services.journal)


def _destination(deployed: Destination | None, services: RealServices) -> Destination | None:
    if deployed is None:
        return None
    if isinstance(deployed, TopicDestination):
        return RealTopicDestination(deployed.name, services.writers[deployed.name], services.scheduler)
    assert isinstance(deployed, QueueDestination)
    return RealQueueDestination(services.queues[deployed.name], services.scheduler.clock)
