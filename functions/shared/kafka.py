"""Writes to a topic of MSK: signed in with IAM, created when missing, confirmed by every copy that has to have it.

Only the producer imports this module: the client brings a library of its own, which other functions need not load.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs forget to export it

if TYPE_CHECKING:
    from confluent_kafka import Message

MILLISECONDS_PER_HOUR = 3_600_000
DELIVERY_SECONDS = 15.0
"""How long the client tries to have a record written, retries included."""

TOPIC_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is created.

    Attributes:
        name: its name.
        partitions: number of partitions.
        replication_factor: copies of each record.
        retention_hours: how long records are kept.
    """

    name: str
    partitions: int
    replication_factor: int
    retention_hours: int


@dataclass(frozen=True, slots=True)
class Written:
    """Where a record stands."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class NotWritten:
    """Why nobody can say that a record stands anywhere."""

    code: str
    message: str


def iam_config(bootstrap_servers: str) -> dict[str, Any]:
    """The client's configuration for MSK with IAM authentication, in the region of the function."""
    return {
        "bootstrap.servers": bootstrap_servers,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "OAUTHBEARER",
        "oauth_cb": _token,
    }


def _token(_config: str) -> tuple[str, float]:
    """A token of the function's role, and until when it is good, as Unix time in seconds."""
    token, expires_at_ms = MSKAuthTokenProvider.generate_auth_token(os.environ["AWS_REGION"])
    return token, expires_at_ms / 1000


class TopicWriter:
    """Writes records to a topic.

    Nothing is connected before the first record: an execution environment that never writes needs no connection.

    Args:
        config: configuration of the client.
        topics: the topics to create when they are missing; records go to the first.
    """

    def __init__(self, config: dict[str, Any], topics: Sequence[Topic]) -> None:
        self._config = config
        self._topics = topics
        self._producer: Producer | None = None

    def write(self, key: str, value: str, remaining_seconds: float) -> Written | NotWritten:
        """Write one record and wait until it is confirmed.

        Args:
            key: decides the partition.
            value: the record's text.
            remaining_seconds: how long to wait at most.
        """
        results: list[Written | NotWritten] = []
        deadline = time.monotonic() + remaining_seconds
        try:
            producer = self._connected()
            producer.produce(self._topics[0].name, value.encode(), key.encode(), on_delivery=_into(results))
        except (KafkaException, BufferError) as error:
            return _refused(error)
        producer.flush(max(0.0, min(DELIVERY_SECONDS, deadline - time.monotonic())))
        if results:
            return results[0]
        # What is still in the client's queue would be written when the environment thaws, minutes later, after its
        # sender was told otherwise. What is on its way already may still arrive.
        producer.purge()
        producer.flush(1.0)
        return NotWritten("OutOfTime", "the brokers did not confirm the record in time")

    def _connected(self) -> Producer:
        if self._producer is None:
            create_missing(AdminClient(self._config), self._topics)
            durable = {"enable.idempotence": True, "acks": "all", "message.timeout.ms": int(DELIVERY_SECONDS * 1000)}
            self._producer = Producer({**self._config, **durable})
        return self._producer


def create_missing(admin: AdminClient, topics: Sequence[Topic]) -> None:
    """Create the topics that are not there. One that is there stays as it is.

    Raises:
        KafkaException: a topic could not be created.
    """
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=topic.replication_factor,
            config={"retention.ms": str(topic.retention_hours * MILLISECONDS_PER_HOUR)},
        )
        for topic in topics
    ]
    for future in admin.create_topics(wanted, request_timeout=TOPIC_SECONDS).values():
        try:
            future.result()
        except KafkaException as error:
            if _error_of(error).code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _into(results: list[Written | NotWritten]) -> Callable[[KafkaError | None, Message], None]:
    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            results.append(NotWritten(error.name(), error.str()))
            return
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        results.append(Written(partition, offset))

    return delivered


def _refused(error: KafkaException | BufferError) -> NotWritten:
    if isinstance(error, KafkaException):
        cause = _error_of(error)
        return NotWritten(cause.name(), cause.str())
    return NotWritten("QueueFull", str(error))


def _error_of(error: KafkaException) -> KafkaError:
    cause = error.args[0]
    assert isinstance(cause, KafkaError)
    return cause
