"""Which mappings may read one stream or topic: several, with some exceptions that AWS refuses (semantics.md F, G1)."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, TopicConsumer
from delivery_lab.model.mapping.partition_settings import refused
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream

Readers = Iterable[StreamConsumer | TopicConsumer]


def check_stream_readers(config: StreamMappingConfig, source: KinesisStream | TableStream, others: Readers) -> None:
    """Refuse a second mapping of the same source to the same function (ESM-ONE-1), or of one consumer (KIN-FAN-1).

    Args:
        config: the new mapping.
        source: the stream that it reads.
        others: the mappings that are there.

    Raises:
        DeploymentRefusedError: another mapping has the same source and function.
        NotModelledError: another mapping reads as the same enhanced fan-out consumer.
    """
    source_arn = config.consumer_arn or source.arn
    for other in others:
        if not isinstance(other, StreamConsumer) or other.settings.source_arn != source_arn:
            continue
        if other.config.function == config.function:
            raise DeploymentRefusedError(
                config.name,
                "ResourceConflictException",
                f'The event source arn (" {source_arn} ") and function (" {config.function} ") provided mapping '
                f"already exists: {other.config.name}",
                rule="ESM-ONE-1",
                fix="remove one of the two mappings",
            )
        if config.consumer_arn is not None:
            raise NotModelledError(
                f"{config.name} and {other.config.name} read as one consumer, {source_arn}: a shard is pushed to one "
                "reader of a consumer, and who that is is not modelled\n  nearest: a consumer for each mapping"
            )


def check_topic_readers(config: KafkaMappingConfig, source: str, others: Readers) -> None:
    """Refuse a consumer group that another mapping has (KAF-GROUP-3).

    Args:
        config: the new mapping.
        source: ARN or brokers of its cluster.
        others: the mappings that are there.

    Raises:
        DeploymentRefusedError: another mapping has the same consumer group.
        NotModelledError: another mapping reads the same topic for the same function.
    """
    for other in others:
        if not isinstance(other, TopicConsumer):
            continue
        if config.consumer_group is not None and config.consumer_group == other.config.consumer_group:
            message = f"ConsumerGroupId {config.consumer_group} is that of {other.config.name} already"
            fix = "give each mapping a consumerGroupId of its own, or leave it out"
            raise refused(config.name, message, "KAF-GROUP-3", fix)
        same = (other.settings.source_arn, other.config.topic, other.config.function)
        if same == (source, config.topic, config.function):
            raise NotModelledError(
                f"{config.name} and {other.config.name} read {config.topic} for the same function: what AWS answers to "
                "the second is not known\n  nearest: a function for each mapping"
            )
