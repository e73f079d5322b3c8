"""The AWS account of one run: its services, put together, and the API that handlers call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import Actor, Journal
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.limits.streams import RECORD_KIB
from delivery_lab.model.answers import GivenAnswers, ServiceAnswer, WebAnswer
from delivery_lab.model.api_errors import functions as mapping_errors
from delivery_lab.model.asynchronous import AsynchronousInvokes, EventInvokeConfig, throttle_backoff
from delivery_lab.model.calls import Calls
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.configuration import note_configuration
from delivery_lab.model.destinations import DestinationRole, Destinations
from delivery_lab.model.eventbridge.buses import EventBuses
from delivery_lab.model.faults import Faults, InjectedFault
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.functions import Lambda
from delivery_lab.model.gateway.answers import HTTP, ApiKind
from delivery_lab.model.http_api import ApiStage, HttpApi, ProxyRoute
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.lambda_api import LambdaApi
from delivery_lab.model.late import Answer
from delivery_lab.model.loops import Lineage
from delivery_lab.model.mapping.destinations import Destination, QueueDestination
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, TopicConsumer
from delivery_lab.model.mapping.sharing import check_stream_readers, check_topic_readers
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError, Caller, Runtime
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.api import SnsApi
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.model.sqs.administration import Queues, redrive_fix, redrive_target
from delivery_lab.model.sqs.api import SqsApi
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.sqs.redrive import MoveTasks
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.streams.kinesis_api import KinesisApi
from delivery_lab.model.streams.table_streams_api import TableStreamsApi
from delivery_lab.model.targets import Sink, Sinks
from delivery_lab.model.web import Web
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

if TYPE_CHECKING:  # moto takes a quarter of a second to import: only stacks with tables pay for it
    from delivery_lab.model.dynamodb import DynamoDb
    from delivery_lab.model.moto_services import MotoServices

_DESTINATION = Actor("lambda", "destination")


@dataclass(slots=True)
class Account:
    """Everything that exists in the account.

    Creating is done in the order of a deployment, and refused where AWS refuses. Nothing moves before `start`.

    Attributes:
        scheduler: the run's clock.
        streams: the run's chance.
        journal: what happens.
        assumptions: values for what AWS does not say.
        functions: the Lambda service.
        sqs: the SQS API.
        queues: queues by name.
        apis: HTTP and REST APIs by name.
        mappings: event source mappings of queues by name.
        streams_by_name: Kinesis streams by name.
        table_streams: streams of DynamoDB tables by the table's name.
        clusters: Kafka clusters by name.
        record_mappings: event source mappings of streams and topics by name.
        kinesis: the Kinesis API.
        lambda_api: the Lambda API.
        table_streams_api: the API of the streams of tables.
        dynamodb: DynamoDB, where the stack has tables.
        feeds: subscriptions, and whatever else hands messages on.
        buckets: buckets that tell of their objects, by AWS's names of them.
        objects: bucket, key and content of objects that nobody has asked for yet; no content of those that are gone.
        stored: S3 and the other services that moto answers, once one of them is called.
        sinks: topics, event buses and buckets.
        topics: SNS topics by name.
        sns: the SNS API.
        buses: event buses.
        events: asynchronous invokes.
        faults: the faults that the workload injects.
        answers: what the workload says that calls get.
    """

    scheduler: Scheduler
    streams: RandomStreams
    journal: Journal
    assumptions: Assumptions = DEFAULTS
    functions: Lambda = field(init=False)
    events: AsynchronousInvokes = field(init=False)
    sinks: Sinks = field(init=False)
    faults: Faults = field(init=False)
    answers: GivenAnswers = field(init=False)
    sqs: SqsApi = field(init=False)
    sns: SnsApi = field(init=False)
    buses: EventBuses = field(init=False)
    topics: dict[str, SnsTopic] = field(default_factory=dict)
    queues: dict[str, SqsQueue] = field(default_factory=dict)
    apis: dict[str, HttpApi] = field(default_factory=dict)
    mappings: dict[str, QueueConsumer] = field(default_factory=dict)
    streams_by_name: dict[str, KinesisStream] = field(default_factory=dict)
    table_streams: dict[str, TableStream] = field(default_factory=dict)
    clusters: dict[str, KafkaCluster] = field(default_factory=dict)
    record_mappings: dict[str, StreamConsumer | TopicConsumer] = field(default_factory=dict)
    kinesis: KinesisApi = field(init=False)
    dynamodb: DynamoDb | None = None
    stored: MotoServices | None = None
    roles: frozenset[str] = frozenset()
    lambda_api: LambdaApi = field(init=False)
    table_streams_api: TableStreamsApi = field(init=False)
    feeds: list[Feed] = field(default_factory=list)
    buckets: dict[str, NotifyingBucket] = field(default_factory=dict)
    objects: list[tuple[str, str, bytes | None]] = field(default_factory=list)
    web: Web = field(init=False)
    _calls: Calls = field(init=False)
    _delivered_twice: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.web = Web(self)
        self.kinesis = KinesisApi(self.scheduler, self.journal)
        self.table_streams_api = TableStreamsApi(self.table_streams, self.scheduler, self.journal)

    @property
    def _services(self) -> dict[str, Any]:
        """What everything in the account shares."""
        return {"scheduler": self.scheduler, "streams": self.streams, "journal": self.journal}

    def use(self, runtime: Runtime, *, concurrency: int = ACCOUNT_CONCURRENCY) -> None:
        """Say who runs the code of functions, and how much of it at once. Done once, before functions are created."""
        self.functions = Lambda(
            self.scheduler,
            self.streams,
            self.journal,
            runtime,
            account_concurrency=concurrency,
            cold_start_seconds=self.assumptions.cold_start_seconds,
        )
        self.faults = self.functions.faults
        scheduler, streams, journal = self.scheduler, self.streams, self.journal
        self.sinks = Sinks(**self._services)
        self.buses = EventBuses(self.sinks, self.functions, **self._services)
        self.events = AsynchronousInvokes(self.functions, scheduler=scheduler, streams=streams, journal=journal)
        self.events.backoff = throttle_backoff(self.assumptions.event_jitter)
        self.events.destinations = Destinations(
            self.queues, self.sinks, self.functions, self._follow_up, scheduler=scheduler, journal=journal
        )
        existing = Queues(scheduler, journal, self.assumptions)
        existing.used_by = self._used_by
        self.sqs = SqsApi(queues=existing, meter=self.journal.meter)
        self.sns = SnsApi(self.topics, self.functions, journal)
        self.sqs.lineage = self.functions.loops.lineage
        self.sqs.trace = self.functions.traces.of
        self.sqs.move_tasks = MoveTasks(lambda: existing.all, scheduler=scheduler, streams=streams, journal=journal)
        self.answer_calls((), ())
        self._calls = Calls(self)
        self.lambda_api = LambdaApi(self.functions, self.events, scheduler=scheduler, journal=journal)

    def inject_faults(self, faults: Sequence[InjectedFault]) -> None:
        """Set the faults of this run, and when they begin."""
        self.faults = self.functions.faults = Faults(faults, self.scheduler, self.streams, self.journal)

    def answer_calls(self, services: Sequence[ServiceAnswer], web: Sequence[WebAnswer]) -> None:
        """Say what calls get that the model does not answer, or is not to answer, by itself."""
        self.answers = GivenAnswers(
            services,
            web,
            **self._services,
            event_of=self.functions.event_of,
        )

    def configure_events(self, resource: str, function: str, config: EventInvokeConfig) -> None:
        """Set how asynchronous invokes of a function are handled.

        Raises:
            DeploymentRefusedError: AWS would refuse a value or a destination.
        """
        config.check(resource)
        assert self.events.destinations is not None
        named = {
            DestinationRole.ON_SUCCESS: config.on_success,
            DestinationRole.ON_FAILURE: config.on_failure,
            DestinationRole.DEAD_LETTER: config.dead_letter,
        }
        for role, arn in named.items():
            if arn is not None:
                self.events.destinations.check(resource, arn, role)
        self.events.configure(function, config)

    def _used_by(self, queue: SqsQueue) -> str:
        """What relies on a queue."""
        for mapping in self.mappings.values():
            if mapping.queue is queue:
                return f"{mapping.config.name} reads it"
        for other in self.sqs.queues.all:
            if other.dead_letter_queue is queue:
                return f"it is the dead-letter queue of {other.name}"
        destinations = [mapping.destination for mapping in self.record_mappings.values()]
        failed = any(isinstance(found, QueueDestination) and found.queue is queue for found in destinations)
        return "it is a destination" if failed or queue.name in self.events.targets() else ""

    def _follow_up(self, function: str, record: str, lineage: Lineage) -> None:
        """Invoke a function that is a destination."""
        self.events.accept(function, record, by=_DESTINATION, lineage=lineage, follow_up=True)

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

        def send(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            # An API is nobody's invoke: what it sends is sent by the workload.
            answer = self.sqs.call(operation, parameters, Caller(name, None))
            assert isinstance(answer, dict), operation
            return answer

        api = HttpApi(name, routes, self.functions, kind=kind, stage=stage, call_queue=send, **self._services)
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
