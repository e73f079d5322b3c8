"""The AWS account of one run: its services, put together, and the API that handlers call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import Actor, ApiCallRefused, Journal
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.limits.streams import RECORD_KIB
from delivery_lab.model.api_errors import functions as mapping_errors
from delivery_lab.model.asynchronous import AsynchronousInvokes, EventInvokeConfig, throttle_backoff
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.conditions import is_refused_condition, rule_of_refusal
from delivery_lab.model.configuration import note_configuration
from delivery_lab.model.destinations import DestinationRole, Destinations
from delivery_lab.model.faults import FaultKind, Faults, InjectedFault, error_of
from delivery_lab.model.functions import Lambda
from delivery_lab.model.http_api import HttpApi, ProxyRoute
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.lambda_api import LambdaApi
from delivery_lab.model.loops import Lineage
from delivery_lab.model.mapping.destinations import Destination, QueueDestination
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, TopicConsumer
from delivery_lab.model.mapping.sharing import check_stream_readers, check_topic_readers
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.stream import StreamConsumer, StreamMappingConfig
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError, Caller, LongPoll, Pending, Runtime
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
from delivery_lab.model.targets import Sinks
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

if TYPE_CHECKING:  # moto takes a quarter of a second to import: only stacks with tables pay for it
    from delivery_lab.model.dynamodb import DynamoDb


Answer = dict[str, Any] | LongPoll | Pending

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
        apis: HTTP APIs by name.
        mappings: event source mappings of queues by name.
        streams_by_name: Kinesis streams by name.
        table_streams: streams of DynamoDB tables by the table's name.
        clusters: Kafka clusters by name.
        record_mappings: event source mappings of streams and topics by name.
        kinesis: the Kinesis API.
        dynamodb: DynamoDB, where the stack has tables.
        sinks: topics, event buses and buckets.
        events: asynchronous invokes.
        faults: the faults that the workload injects.
    """

    scheduler: Scheduler
    streams: RandomStreams
    journal: Journal
    assumptions: Assumptions = DEFAULTS
    functions: Lambda = field(init=False)
    events: AsynchronousInvokes = field(init=False)
    sinks: Sinks = field(init=False)
    faults: Faults = field(init=False)
    sqs: SqsApi = field(init=False)
    queues: dict[str, SqsQueue] = field(default_factory=dict)
    apis: dict[str, HttpApi] = field(default_factory=dict)
    mappings: dict[str, QueueConsumer] = field(default_factory=dict)
    streams_by_name: dict[str, KinesisStream] = field(default_factory=dict)
    table_streams: dict[str, TableStream] = field(default_factory=dict)
    clusters: dict[str, KafkaCluster] = field(default_factory=dict)
    record_mappings: dict[str, StreamConsumer | TopicConsumer] = field(default_factory=dict)
    kinesis: KinesisApi = field(init=False)
    dynamodb: DynamoDb | None = None
    _lambda_api: LambdaApi = field(init=False)
    _table_streams_api: TableStreamsApi = field(init=False)
    _delivered_twice: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.kinesis = KinesisApi(self.scheduler, self.journal)
        self._table_streams_api = TableStreamsApi(self.table_streams, self.scheduler, self.journal)

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
        self.sinks = Sinks(scheduler=scheduler, streams=streams, journal=journal)
        self.events = AsynchronousInvokes(self.functions, scheduler=scheduler, streams=streams, journal=journal)
        self.events.backoff = throttle_backoff(self.assumptions.event_jitter)
        self.events.destinations = Destinations(
            self.queues, self.sinks, self.functions, self._follow_up, scheduler=scheduler, journal=journal
        )
        existing = Queues(scheduler, journal, self.assumptions)
        existing.used_by = self._used_by
        self.sqs = SqsApi(queues=existing)
        self.sqs.lineage = self.functions.loops.lineage
        self.sqs.trace = self.functions.traces.of
        self.sqs.move_tasks = MoveTasks(lambda: existing.all, scheduler=scheduler, streams=streams, journal=journal)
        self._lambda_api = LambdaApi(self.functions, self.events, scheduler=scheduler, journal=journal)

    def inject_faults(self, faults: Sequence[InjectedFault]) -> None:
        """Set the faults of this run, and when they begin."""
        self.faults = self.functions.faults = Faults(faults, self.scheduler, self.streams, self.journal)

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
        services: dict[str, Any] = {"scheduler": self.scheduler, "streams": self.streams, "journal": self.journal}
        queue = kind(name, arn, url, attributes, assumptions=self.assumptions, **services)
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
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
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
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
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
            scheduler=self.scheduler,
            streams=self.streams,
            journal=self.journal,
            assumptions=self.assumptions,
        )
        self.record_mappings[config.name] = mapping
        return mapping

    def create_api(self, name: str, routes: tuple[ProxyRoute, ...]) -> HttpApi:
        """Create an HTTP API with its routes."""
        api = HttpApi(
            name, routes, self.functions, scheduler=self.scheduler, streams=self.streams, journal=self.journal
        )
        self.apis[name] = api
        return api

    def start(self) -> None:
        """Let the mappings poll."""
        mappings = (*self.mappings.values(), *self.record_mappings.values())
        note_configuration(self.journal, self.queues.values(), self.functions, mappings, self.scheduler.now)
        for mapping in mappings:
            mapping.start()

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        """Answer an API call of a handler; see `delivery_lab.model.runtime.AwsApi`."""
        self.journal.rely_on("SIM-API-1")
        self.functions.note_api_call(caller.request_id)
        fault = self.faults.of_call(service, operation, parameters)
        if fault is not None and fault.kind is FaultKind.LATENCY:
            ask = partial(self._answer, service, operation, parameters, caller, None)
            return Pending(partial(self._answer_late, ask, fault.delay))
        return self._answer(service, operation, parameters, caller, fault)

    def _answer(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller, fault: InjectedFault | None
    ) -> Answer:
        try:
            if fault is not None:
                raise error_of(service, fault.kind)
            return self._dispatch(service, operation, parameters, caller)
        except AwsError as error:
            now, rule = self.scheduler.now, rule_of_refusal(error)
            condition_refused = is_refused_condition(error)
            self.journal.append(
                ApiCallRefused(now, rule, service, operation, error.code, condition_refused, caller.actor)
            )
            raise

    def _answer_late(
        self, ask: Callable[[], Answer], delay: int, callback: Callable[[dict[str, Any] | AwsError], None]
    ) -> None:
        """A call that takes longer than usual takes effect at the end of that time."""

        def answer() -> None:
            try:
                found = ask()
            except AwsError as error:
                callback(error)
                return
            if isinstance(found, Pending):
                found.when_done(callback)
            else:
                callback(found.empty if isinstance(found, LongPoll) else found)

        self.scheduler.after(delay, answer)

    def _dispatch(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> Answer:
        if service == "sqs":
            return self.sqs.call(operation, parameters, caller)
        if service == "lambda":
            return self._lambda_api.call(operation, parameters, caller)
        if service in self.sinks.services:
            return self.sinks.call(service, operation, parameters)
        apis = {
            "dynamodb": self.dynamodb,
            "dynamodbstreams": self._table_streams_api if self.table_streams else None,
            "kinesis": self.kinesis if self.streams_by_name else None,
        }
        api = apis.get(service)
        if api is not None:
            return api.call(operation, parameters)
        modelled = sorted({"lambda", "sqs", *self.sinks.services, *(name for name, there in apis.items() if there)})
        raise NotModelledError(
            f"{caller.function} calls {service}:{operation}, and {service} is not modelled in this stack "
            f"(modelled: {', '.join(modelled)})"
        )
