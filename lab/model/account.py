"""The AWS account of one run: its services, put together, and the API that handlers call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.errors import DeploymentRefusedError, NotModelledError
from lab.model.assumptions import DEFAULTS, Assumptions
from lab.model.clock import Scheduler
from lab.model.functions import Lambda
from lab.model.http_api import HttpApi, Route
from lab.model.journal import Journal, Kind
from lab.model.kafka.cluster import KafkaCluster
from lab.model.mapping.destinations import Destination
from lab.model.mapping.kafka import KafkaMapping, KafkaMappingConfig
from lab.model.mapping.sqs import SqsMapping
from lab.model.mapping.sqs_config import SqsMappingConfig
from lab.model.mapping.stream import StreamMapping, StreamMappingConfig
from lab.model.randomness import Streams
from lab.model.runtime import AwsError, Caller, LongPoll, Runtime
from lab.model.sqs.api import SqsApi
from lab.model.sqs.attributes import QueueAttributes
from lab.model.sqs.fifo import FifoQueue
from lab.model.sqs.queue import Queue
from lab.model.streams.dynamodb import TableStream
from lab.model.streams.kinesis import KinesisApi, KinesisStream

if TYPE_CHECKING:  # moto takes a quarter of a second to import: only stacks with tables pay for it
    from lab.model.dynamodb import DynamoDb


@dataclass(slots=True)
class Account:
    """Everything that exists in the account.

    Creating is done in the order of a deployment, and refused where AWS refuses. Nothing moves before `start`.

    Attributes:
        scheduler: the run's clock.
        streams: the run's chance.
        journal: what happens.
        assumptions: readings of what AWS does not say.
        functions: the Lambda service.
        sqs: the SQS API.
        queues: queues by name.
        apis: HTTP APIs by name.
        mappings: event source mappings of queues by name.
        streams_by_name: Kinesis streams by name.
        table_streams: streams of DynamoDB tables by the table's name.
        clusters: Kafka clusters by name.
        log_mappings: event source mappings of streams and topics by name.
        kinesis: the Kinesis API.
        dynamodb: DynamoDB, where the stack has tables.
    """

    scheduler: Scheduler
    streams: Streams
    journal: Journal
    assumptions: Assumptions = DEFAULTS
    functions: Lambda = field(init=False)
    sqs: SqsApi = field(default_factory=SqsApi)
    queues: dict[str, Queue] = field(default_factory=dict)
    apis: dict[str, HttpApi] = field(default_factory=dict)
    mappings: dict[str, SqsMapping] = field(default_factory=dict)
    streams_by_name: dict[str, KinesisStream] = field(default_factory=dict)
    table_streams: dict[str, TableStream] = field(default_factory=dict)
    clusters: dict[str, KafkaCluster] = field(default_factory=dict)
    log_mappings: dict[str, StreamMapping | KafkaMapping] = field(default_factory=dict)
    kinesis: KinesisApi = field(default_factory=KinesisApi)
    dynamodb: DynamoDb | None = None

    def use(self, runtime: Runtime) -> None:
        """Say who runs the code of functions. Done once, before functions are created."""
        self.functions = Lambda(
            self.scheduler,
            self.streams,
            self.journal,
            runtime,
            cold_start_seconds=self.assumptions.cold_start_seconds,
        )

    def create_queue(self, name: str, arn: str, url: str, attributes: QueueAttributes) -> Queue:
        """Create a queue, FIFO if its attributes say so; its dead-letter queue must exist."""
        kind = Queue if attributes.fifo is None else FifoQueue
        queue = kind(name, arn, url, attributes, scheduler=self.scheduler, streams=self.streams, journal=self.journal)
        queue.stale_delete = self.assumptions.stale_delete
        self.queues[name] = queue
        self.sqs.add(queue)
        if attributes.redrive is not None:
            self.redrive(queue, attributes)
        return queue

    def redrive(self, queue: Queue, attributes: QueueAttributes) -> None:
        """Give a queue its redrive policy.

        Raises:
            DeploymentRefusedError: the dead-letter queue does not exist, or is of the other type.
        """
        assert attributes.redrive is not None
        arn = attributes.redrive.target_arn
        target = next((candidate for candidate in self.queues.values() if candidate.arn == arn), None)
        if target is None:
            raise DeploymentRefusedError(
                queue.name,
                "InvalidParameterValue",
                f"Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist: {arn}",
                rule="SQS-DLQ-3",
                fix="create the dead-letter queue in the same stack, or correct deadLetterTargetArn",
            )
        if target is queue:
            raise DeploymentRefusedError(
                queue.name,
                "InvalidParameterValue",
                "Value for parameter RedrivePolicy is invalid. Reason: A queue cannot be its own dead-letter queue.",
                rule="SQS-DLQ-3",
                fix=f"give {queue.name} a dead-letter queue of its own",
            )
        if target.fifo != queue.fifo:
            raise DeploymentRefusedError(
                queue.name,
                "InvalidParameterValue",
                "Value for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as "
                "the source.",
                rule="SQS-DLQ-3",
                fix=f"set fifoQueue of {target.name} to {str(queue.fifo).lower()}",
            )
        queue.dead_letter_queue = target
        queue.set_attributes(attributes)

    def create_mapping(self, config: SqsMappingConfig, queue: Queue) -> SqsMapping:
        """Create an event source mapping, with the checks that AWS makes then and only then (ESM-VT-1).

        Raises:
            DeploymentRefusedError: AWS would refuse it.
        """
        config.check(queue, self.functions.configuration(config.function).timeout_seconds)
        for other in self.mappings.values():
            if other.queue is queue and other.config.function == config.function:
                raise DeploymentRefusedError(
                    config.name,
                    "ResourceConflictException",
                    f"An event source mapping with SQS arn ({queue.arn}) and function ({config.function}) already "
                    f"exists: {other.config.name}",
                    rule="ESM-ONE-1",
                    fix="remove one of the two mappings",
                )
        mapping = SqsMapping(
            config,
            queue,
            self.sqs,
            self.functions,
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
            assumptions=self.assumptions,
        )
        self.mappings[config.name] = mapping
        return mapping

    def create_stream(self, name: str, arn: str, *, shards: int, retention_hours: int) -> KinesisStream:
        """Create a Kinesis data stream."""
        stream = KinesisStream(
            name,
            arn,
            shards=shards,
            retention_hours=retention_hours,
            scheduler=self.scheduler,
            journal=self.journal,
        )
        self.streams_by_name[name] = stream
        self.kinesis.add(stream)
        return stream

    def create_table_stream(self, name: str, arn: str, view_type: str, hash_key: str) -> TableStream:
        """Create the stream of a DynamoDB table."""
        stream = TableStream(name, arn, view_type, hash_key, scheduler=self.scheduler, journal=self.journal)
        self.table_streams[name] = stream
        return stream

    def create_cluster(self, name: str, arn: str, bootstrap_servers: str) -> KafkaCluster:
        """Create a Kafka cluster."""
        cluster = KafkaCluster(name, arn, bootstrap_servers, self.scheduler, self.journal)
        self.clusters[name] = cluster
        return cluster

    def create_stream_mapping(
        self, config: StreamMappingConfig, source: KinesisStream | TableStream, destination: Destination | None
    ) -> StreamMapping:
        """Create an event source mapping of a stream.

        Raises:
            DeploymentRefusedError: AWS would refuse it.
            NotModelledError: another mapping reads the stream.
        """
        self._check_only_reader(config.name, source)
        mapping = StreamMapping(
            config,
            source,
            self.functions,
            destination,
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
        )
        self.log_mappings[config.name] = mapping
        return mapping

    def create_kafka_mapping(
        self, config: KafkaMappingConfig, cluster: KafkaCluster, destination: Destination | None
    ) -> KafkaMapping:
        """Create an event source mapping of a topic; the topic comes into being with it if need be (KAF-TOPIC-1).

        Raises:
            DeploymentRefusedError: AWS would refuse it.
            NotModelledError: another mapping reads the topic.
        """
        topic = cluster.topics.get(config.topic) or cluster.create_topic(config.topic)
        self._check_only_reader(config.name, topic)
        mapping = KafkaMapping(
            config,
            cluster,
            topic,
            self.functions,
            destination,
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
        )
        self.log_mappings[config.name] = mapping
        return mapping

    def _check_only_reader(self, name: str, source: object) -> None:
        for other in self.log_mappings.values():
            if other.source is source:
                raise NotModelledError(
                    f"{name} and {other.config.name} read the same {other.source.name}: what became of a record "
                    "would have two answers\n  nearest: one mapping for each stream or topic"
                )

    def create_api(self, name: str, routes: tuple[Route, ...]) -> HttpApi:
        """Create an HTTP API with its routes."""
        api = HttpApi(
            name, routes, self.functions, scheduler=self.scheduler, streams=self.streams, journal=self.journal
        )
        self.apis[name] = api
        return api

    def start(self) -> None:
        """Let the mappings poll."""
        for mapping in (*self.mappings.values(), *self.log_mappings.values()):
            mapping.start()

    def call(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any] | LongPoll:
        """Answer an API call of a handler; see `lab.model.runtime.AwsApi`."""
        self.journal.lean_on("SIM-API-1")
        self.functions.note_api_call(caller.request_id)
        try:
            if service == "sqs":
                return self.sqs.call(operation, parameters, caller)
            if service == "kinesis" and self.streams_by_name:
                return self.kinesis.call(operation, parameters)
            if service == "dynamodb" and self.dynamodb is not None:
                return self.dynamodb.call(operation, parameters)
        except AwsError as error:
            rule = "DDB-COND-1" if error.code == "ConditionalCheckFailedException" else ""
            self.journal.record(Kind.API_ERROR, rule, service=service, operation=operation, code=error.code)
            raise
        known = {"dynamodb": self.dynamodb is not None, "kinesis": bool(self.streams_by_name), "sqs": True}
        modelled = ", ".join(name for name, there in known.items() if there)
        raise NotModelledError(
            f"{caller.function} calls {service}:{operation}, and {service} is not modelled in this stack "
            f"(modelled: {modelled})"
        )
