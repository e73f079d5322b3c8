"""The AWS account of one run: what a deployment creates in it, and the API that handlers call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.streams import RECORD_KIB
from delivery_lab.model.account_services import AccountServices
from delivery_lab.model.api_errors import functions as mapping_errors
from delivery_lab.model.configuration import note_configuration
from delivery_lab.model.eventbridge.api import PUT_EVENTS
from delivery_lab.model.gateway.answers import HTTP, ApiKind
from delivery_lab.model.http_api import ApiStage, HttpApi, ProxyRoute
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.late import Answer
from delivery_lab.model.mapping.destinations import Destination
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, TopicConsumer
from delivery_lab.model.mapping.sharing import check_stream_readers, check_topic_readers
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.runtime import AwsError, Caller
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.model.sqs.administration import redrive_fix, redrive_target
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.targets import Sink


@dataclass(slots=True)
class Account(AccountServices):
    """Everything that exists in the account.

    Creating is done in the order of a deployment, and refused where AWS refuses. Nothing moves before `start`.
    """

    def create_queue(self, name: str, arn: str, url: str, attributes: QueueAttributes) -> SqsQueue:
        """Create a queue, FIFO if its attributes say so; its dead-letter queue must exist."""
        kind = SqsQueue if attributes.fifo is None else FifoQueue
        queue = kind(name, arn, url, attributes, assumptions=self.assumptions, **self._services)
        queue.misses_delete = partial(self._misses_delete, url)
        self.queues[name] = queue
        self.sqs.queues.add(queue)
        if attributes.redrive is not None:
            self.redrive(queue, attributes)
        return queue

    def _misses_delete(self, queue_url: str, message: Message) -> bool:
        """Whether the workload lets a copy of a message miss its delete; each message does so once (SIM-ONCE-1)."""
        if message.id in self._delivered_twice or not self.faults.of_queue(queue_url, message.body):
            return False
        self._delivered_twice.add(message.id)
        return True

    def redrive(self, queue: SqsQueue, attributes: QueueAttributes) -> None:
        """Give a queue its redrive policy.

        Raises:
            DeploymentRefusedError: the dead-letter queue does not exist, or is of the other type.
        """
        assert attributes.redrive is not None
        try:
            target = redrive_target(queue, attributes.redrive, list(self.queues.values()))
        except AwsError as error:
            fix = redrive_fix(queue, attributes.redrive, list(self.queues.values()))
            raise DeploymentRefusedError(queue.name, error.code, error.message, rule="SQS-DLQ-3", fix=fix) from error
        queue.dead_letter_queue = target
        queue.set_attributes(attributes)

    def create_mapping(self, config: SqsMappingConfig, queue: SqsQueue, *, kept: bool = False) -> QueueConsumer:
        """Create an event source mapping, with the checks that AWS makes then and only then (ESM-VT-1).

        Args:
            config: the mapping.
            queue: the queue that it reads.
            kept: whether it is there already and an update of the stack leaves it alone.

        Raises:
            DeploymentRefusedError: AWS would refuse it.
        """
        timeout_seconds = self.functions.configuration(config.function).timeout_seconds
        config.check(queue, None if kept else timeout_seconds)
        if kept and queue.attributes.visibility_timeout_seconds < timeout_seconds:
            self.journal.rely_on("ESM-VT-3")
        readers = [other for other in self.mappings.values() if other.queue is queue]
        for other in readers:
            if other.config.function == config.function:
                error = mapping_errors.MAPPING_EXISTS.error(
                    queue=queue.arn, function=config.function, mapping=other.config.name
                )
                fix = "remove one of the two mappings"
                raise DeploymentRefusedError(config.name, error.code, error.message, rule="ESM-ONE-1", fix=fix)
        mapping = QueueConsumer(
            config,
            queue,
            self.sqs,
            self.functions,
            **self._services,
            assumptions=self.assumptions,
        )
        mapping.filter.compete_with([other.filter for other in readers])
        self.mappings[config.name] = mapping
        return mapping

    def create_stream(
        self, name: str, arn: str, *, shards: int, retention_hours: int, record_kib: int = RECORD_KIB.default
    ) -> KinesisStream:
        """Create a Kinesis data stream."""
        stream = KinesisStream(
            name,
            arn,
            shards=shards,
            retention_hours=retention_hours,
            record_kib=record_kib,
            scheduler=self.scheduler,
            journal=self.journal,
        )
        self.streams_by_name[name] = stream
        self.kinesis.add(stream)
        return stream

    def create_table_stream(
        self, name: str, arn: str, view_type: str, hash_key: str, range_key: str | None = None
    ) -> TableStream:
        """Create the stream of a DynamoDB table."""
        stream = TableStream(name, arn, view_type, hash_key, range_key, scheduler=self.scheduler, journal=self.journal)
        self.table_streams[name] = stream
        return stream

    def create_cluster(self, name: str, arn: str, bootstrap_servers: str) -> KafkaCluster:
        """Create a Kafka cluster."""
        cluster = KafkaCluster(name, arn, bootstrap_servers, self.scheduler, self.journal)
        self.clusters[name] = cluster
        return cluster

    def create_stream_mapping(
        self, config: StreamMappingConfig, source: KinesisStream | TableStream, destination: Destination | None
    ) -> StreamConsumer:
        """Create an event source mapping of a stream.

        Raises:
            DeploymentRefusedError: AWS would refuse it.
        """
        check_stream_readers(config, source, self.record_mappings.values())
        mapping = StreamConsumer(
            config,
            source,
            self.functions,
            destination,
            **self._services,
            assumptions=self.assumptions,
        )
        self.record_mappings[config.name] = mapping
        return mapping

    def create_kafka_mapping(
        self, config: KafkaMappingConfig, cluster: KafkaCluster, destination: Destination | None
    ) -> TopicConsumer:
        """Create an event source mapping of a topic; the topic comes into being with it if need be (KAF-TOPIC-1).

        Raises:
            DeploymentRefusedError: AWS would refuse it.
            NotModelledError: another mapping reads the topic for the same function.
        """
        topic = cluster.topics.get(config.topic) or cluster.create_topic(config.topic)
        check_topic_readers(config, cluster.arn or cluster.bootstrap_servers, self.record_mappings.values())
        mapping = TopicConsumer(
            config,
            cluster,
            topic,
            self.functions,
            destination,
            **self._services,
            assumptions=self.assumptions,
        )
        self.record_mappings[config.name] = mapping
        return mapping

    def create_topic(self, name: str, arn: str, settings: PublishSettings) -> SnsTopic:
        """Create an SNS topic; whatever is a destination can be one."""
        topic = SnsTopic(name, arn, settings, scheduler=self.scheduler, streams=self.streams, journal=self.journal)
        self.topics[name] = topic
        self.sinks.add(Sink(name, arn, arn.rsplit(":", 1)[-1], hand_on=topic.take_record))
        return topic

    def create_api(
        self, name: str, routes: tuple[ProxyRoute, ...], kind: ApiKind = HTTP, stage: ApiStage | None = None
    ) -> HttpApi:
        """Create an HTTP or REST API with its routes."""

        def call(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            # An API is nobody's invoke: what it sends is sent by the workload.
            caller = Caller(name, None)
            if operation == PUT_EVENTS:
                return self.buses.call(operation, parameters, caller)
            answer = self.sqs.call(operation, parameters, caller)
            assert isinstance(answer, dict), operation
            return answer

        api = HttpApi(name, routes, self.functions, kind=kind, stage=stage, call_service=call, **self._services)
        self.apis[name] = api
        return api

    def start(self) -> None:
        """Let the mappings poll."""
        mappings = (*self.mappings.values(), *self.record_mappings.values())
        note_configuration(self.journal, self.queues.values(), self.functions, mappings, self.scheduler.now)
        for feed in self.feeds:
            feed.note_configuration()
        for bucket in self.buckets.values():
            bucket.try_destinations()
        for mapping in mappings:
            mapping.start()

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        """Answer an API call of a handler; see `delivery_lab.model.runtime.AwsApi`."""
        return self._calls.call(service, operation, parameters, caller)
