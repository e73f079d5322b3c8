"""The services of the AWS account of one run, put together, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from delivery_lab.events import Actor, Journal
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.model.answers import GivenAnswers, ServiceAnswer, WebAnswer
from delivery_lab.model.asynchronous import AsynchronousInvokes, EventInvokeConfig, throttle_backoff
from delivery_lab.model.calls import Calls
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.destinations import DestinationRole, Destinations
from delivery_lab.model.eventbridge.buses import EventBuses
from delivery_lab.model.faults import Faults, InjectedFault
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.functions import Lambda
from delivery_lab.model.http_api import HttpApi
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.lambda_api import LambdaApi
from delivery_lab.model.loops import Lineage
from delivery_lab.model.mapping.destinations import QueueDestination
from delivery_lab.model.mapping.kafka import TopicConsumer
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.stream import StreamConsumer
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import Connecting, Runtime
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.api import SnsApi
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.model.sqs.administration import Queues
from delivery_lab.model.sqs.api import SqsApi
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.sqs.redrive import MoveTasks
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.model.streams.kinesis_api import KinesisApi
from delivery_lab.model.streams.table_streams_api import TableStreamsApi
from delivery_lab.model.targets import Sinks
from delivery_lab.model.web import Web
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

if TYPE_CHECKING:  # moto takes a quarter of a second to import: only stacks with tables pay for it
    from delivery_lab.model.dynamodb import DynamoDb
    from delivery_lab.model.moto_services import MotoServices

_DESTINATION = Actor("lambda", "destination")


@dataclass(slots=True)
class AccountServices:
    """The services of an account, and what exists in it.

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
        pipes: names of pipes that hand on what they read.
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
    pipes: set[str] = field(default_factory=set)
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
            invoke_seconds=self.assumptions.invoke_seconds,
        )
        self.faults = self.functions.faults
        scheduler, streams, journal = self.scheduler, self.streams, self.journal
        self.sinks = Sinks(**self._services)
        self.buses = EventBuses(self.sinks, self.functions, **self._services)
        self.events = AsynchronousInvokes(self.functions, scheduler=scheduler, streams=streams, journal=journal)
        self.events.backoff = throttle_backoff(self.assumptions.event_jitter)
        self.events.unread_failures = self.assumptions.unread_failures
        self.events.destinations = Destinations(
            self.queues, self.sinks, self.functions, self._follow_up, scheduler=scheduler, journal=journal
        )
        existing = Queues(scheduler, journal, self.assumptions)
        existing.used_by = self._used_by
        self.sqs = SqsApi(queues=existing, meter=self.journal.meter)
        self.sns = SnsApi(self.topics, self.functions, journal)
        self.sqs.lineage = self.functions.loops.lineage
        self.sqs.trace = self.functions.traces.of
        self.sqs.loses_receive = lambda url: self.faults.loses_receive(url)
        self.sqs.unanswered = lambda caller: self.answers.note_failure("sqs ReceiveMessage", Connecting.CLOSED, caller)
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

    def configure_events(
        self, resource: str, function: str, config: EventInvokeConfig, qualifier: str = LATEST_VERSION
    ) -> None:
        """Set how asynchronous invokes of a function, by a version or alias, are handled.

        Raises:
            DeploymentRefusedError: AWS would refuse a value or a destination.
        """
        config.check(resource)
        destinations = self.events.destinations
        assert isinstance(destinations, Destinations)
        named = {
            DestinationRole.ON_SUCCESS: config.on_success,
            DestinationRole.ON_FAILURE: config.on_failure,
            DestinationRole.DEAD_LETTER: config.dead_letter,
        }
        for role, arn in named.items():
            if arn is not None:
                destinations.check(resource, arn, role)
        self.events.configure(function, config, qualifier)

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

    def _follow_up(self, function: str, record: str, lineage: Lineage, qualifier: str, follow_up: bool) -> None:
        """Invoke a function that is a destination: the record of a success is work of its own."""
        self.functions.check_qualifier(function, qualifier)
        self.events.accept(function, record, by=_DESTINATION, lineage=lineage, follow_up=follow_up, qualifier=qualifier)
