"""The simulation: a variant in virtual time, with the real code of its functions."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lab.errors import NotModelledError, UsageError, WorkloadError
from lab.handlers import HandlerHost
from lab.model.account import Account
from lab.model.assumptions import DEFAULTS, Assumptions
from lab.model.clock import Scheduler, in_seconds, seconds
from lab.model.destinations import LARGEST_ASYNCHRONOUS_PAYLOAD_BYTES, events_of
from lab.model.faults import Fault, FaultKind
from lab.model.functions import LARGEST_SYNCHRONOUS_PAYLOAD_BYTES, InvokeResult, Throttled
from lab.model.http_api import HttpApi
from lab.model.journal import Event, Journal, Kind
from lab.model.kafka.cluster import LARGEST_RECORD_BYTES, Topic
from lab.model.mapping.destinations import QueueDestination, TopicDestination
from lab.model.mapping.kafka import KafkaMapping
from lab.model.randomness import Streams
from lab.model.runtime import AwsError, Caller, LogLine, LongPoll, Pending
from lab.model.sqs.fifo import FifoQueue
from lab.model.sqs.queue import Queue
from lab.model.streams.dynamodb import to_item
from lab.model.streams.kinesis import KinesisStream
from lab.places.deployment import Deployment
from lab.places.supported import TABLE
from lab.places.workload import Arrival, Workload
from lab.places.workload import Fault as WorkloadFault
from lab.program.graph import Graph

if TYPE_CHECKING:
    from lab.model.dynamodb import DynamoDb

T = TypeVar("T")

CONTRACT_EVENTS = frozenset({"queued", "started", "processed", "failed", "duplicate", "heartbeat", "heartbeat_failed"})


@dataclass(frozen=True, slots=True)
class LogReading:
    """A stream or topic that a mapping reads.

    Attributes:
        source: name of the stream or topic in events.
        kind: `kinesis`, `dynamodb` or `kafka`.
        mapping: name of the mapping.
        retention_seconds: after which records are gone.
        maximum_age_seconds: of the mapping, -1 for none.
        logs: names of its shards or partitions.
    """

    source: str
    kind: Literal["kinesis", "dynamodb", "kafka"]
    mapping: str
    retention_seconds: float
    maximum_age_seconds: int
    logs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left behind.

    Attributes:
        stack: name of the stack.
        place: where it ran.
        workload: the workload.
        seed: the run's seed.
        virtual_seconds: how long it took.
        events: everything that happened.
        rules: ids of the rules that it leaned on.
        trace_hash: equal for equal runs.
        sources: queues whose messages are counted.
        dead_letter_queues: queues that are another's dead-letter target.
        parking_queues: queues for what no retry can help.
        logs: lines that handlers wrote which are not of the log contract.
        notes: what a reader of the result should know.
        readings: streams and topics that mappings read.
        assumptions: how it read what can be read in several ways.
    """

    stack: str
    place: str
    workload: Workload
    seed: int
    virtual_seconds: float
    events: tuple[Event, ...]
    rules: tuple[str, ...]
    trace_hash: str
    sources: frozenset[str]
    dead_letter_queues: frozenset[str]
    logs: tuple[LogLine, ...]
    notes: tuple[str, ...]
    readings: tuple[LogReading, ...] = ()
    parking_queues: frozenset[str] = frozenset()
    assumptions: Assumptions = DEFAULTS


def simulate(
    graph: Graph, project_dir: Path, workload: Workload, seed: int, assumptions: Assumptions = DEFAULTS
) -> Run:
    """Deploy a graph in virtual time, send the workload, and let time pass until it is over.

    Args:
        graph: resource graph of the stack.
        project_dir: folder of the Pulumi project.
        workload: what to send.
        seed: decides everything that is left to chance.
        assumptions: how to read what can be read in several ways.

    Raises:
        LabError: the stack, its code or the workload cannot be simulated; the message says why.
    """
    with _own_garbage():
        return _Simulation(graph, project_dir, workload, seed, assumptions).run()


@dataclass(frozen=True, slots=True)
class Redrive:
    """What to do with the dead-letter queues of a run.

    Attributes:
        fixed: the stack as it is updated to before the redrive, or None: as it was.
        queues: names of the dead-letter queues; none means all of them.
        messages_per_second: `MaxNumberOfMessagesPerSecond`, or None.
    """

    fixed: Graph | None = None
    queues: tuple[str, ...] = ()
    messages_per_second: int | None = None


def simulate_redrive(
    graph: Graph,
    project_dir: Path,
    workload: Workload,
    seed: int,
    redrive: Redrive,
    assumptions: Assumptions = DEFAULTS,
) -> tuple[Run, Run]:
    """Run a workload to its end, move the dead-letter queues back, and go on.

    Returns:
        The run up to the redrive, and the whole run.

    Raises:
        LabError: as `simulate`.
        UsageError: the stack has no such dead-letter queue, or the workload ends before everything is at rest.
    """
    if workload.until_seconds is not None:
        raise UsageError(f"{workload.path}: a redrive needs a workload that runs `until: drained`")
    with _own_garbage():
        return _Simulation(graph, project_dir, workload, seed, assumptions).run_redrive(redrive)


class _Simulation:
    def __init__(
        self, graph: Graph, project_dir: Path, workload: Workload, seed: int, assumptions: Assumptions
    ) -> None:
        self._graph = graph
        self._project_dir = project_dir
        self._workload = workload
        self._seed = seed
        self._scheduler = Scheduler()
        self._streams = Streams(seed)
        self._journal = Journal(self._scheduler)
        self._assumptions = assumptions
        self._account = Account(self._scheduler, self._streams, self._journal, assumptions)
        self._logs: list[LogLine] = []

    def run(self) -> Run:
        with self._world((self._graph,)) as host:
            deployment = self._deploy(host, self._graph)
            self._run_workload()
        return self._result(deployment)

    def run_redrive(self, redrive: Redrive) -> tuple[Run, Run]:
        graphs = (self._graph,) if redrive.fixed is None else (self._graph, redrive.fixed)
        with self._world(graphs) as host:
            deployment = self._deploy(host, self._graph)
            self._run_workload()
            before = self._result(deployment)
            if redrive.fixed is not None:
                self._refuse_streams()
                deployment = self._update(host, redrive.fixed)
            self._redrive(redrive)
            self._scheduler.run()
        return before, self._result(deployment)

    @contextmanager
    def _world(self, graphs: Iterable[Graph]) -> Iterator[HandlerHost]:
        # The model of Lambda counts the cold start itself, since it is not taken off the timeout (LAM-INIT-1).
        fastest, slowest = self._assumptions.api_latency_seconds
        host = HandlerHost(
            self._scheduler,
            self._streams,
            self,
            self._on_log,
            cold_start_seconds=0,
            api_latency_min_seconds=fastest,
            api_latency_max_seconds=slowest,
        )
        with ExitStack() as stack:
            stack.enter_context(host)
            if any(any(graph.of_type(TABLE)) for graph in graphs):
                self._account.dynamodb = stack.enter_context(_dynamodb(self._journal))
            yield host

    def call(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any] | LongPoll | Pending:
        """Answer an API call of a handler, whichever account the stack has by now."""
        return self._account.call(service, operation, parameters, caller)

    def _deploy(self, host: HandlerHost, graph: Graph, before: Graph | None = None) -> Deployment:
        account = self._account
        account.use(host)
        deployment = Deployment(graph, account, self._project_dir, self._workload.topics, before=before)
        deployment.run()
        self._logs_of = deployment.logs
        self._tables = {resource.name: str(resource.outputs["name"]) for resource in graph.of_type(TABLE)}
        account.let_go_wrong([self._fault(fault) for fault in self._workload.faults])
        account.start()
        return deployment

    def _refuse_streams(self) -> None:
        """The streams of an updated stack would be new and empty here, which those of a real one are not."""
        for name in self._account.log_mappings:
            raise NotModelledError(
                f"{name} reads a stream or topic, and a redrive of {self._graph.stack} with a fix is not modelled\n"
                "  nearest: a redrive without a fix"
            )

    def _update(self, host: HandlerHost, graph: Graph) -> Deployment:
        """Deploy a changed stack in place of the one that is there: queues keep their messages, tables their items."""
        before = self._account
        self._account = Account(self._scheduler, self._streams, self._journal, self._assumptions)
        self._account.dynamodb = before.dynamodb
        deployment = self._deploy(host, graph, self._graph)
        for name, queue in before.queues.items():
            if name in self._account.queues:
                self._account.queues[name].take_over(queue)
        return deployment

    def _redrive(self, redrive: Redrive) -> None:
        found = {
            q.dead_letter_queue.name: q.dead_letter_queue for q in self._account.queues.values() if q.dead_letter_queue
        }
        for name in redrive.queues or tuple(found):
            if name not in found:
                raise self._no_dead_letter_queue(name, found)
            parameters: dict[str, Any] = {"SourceArn": found[name].arn}
            if redrive.messages_per_second is not None:
                parameters["MaxNumberOfMessagesPerSecond"] = redrive.messages_per_second
            self._account.sqs.call("StartMessageMoveTask", parameters, Caller("redrive", None))
        if not found:
            raise self._no_dead_letter_queue("", found)

    def _no_dead_letter_queue(self, name: str, found: Iterable[str]) -> UsageError:
        known = ", ".join(sorted(found)) or "none"
        what = f"dead-letter queue {name}" if name else "dead-letter queue that could be moved back"
        return UsageError(
            f"the stack {self._graph.stack} has no {what}: SQS moves messages out of queues that are the dead-letter "
            f"queue of an SQS queue (RDR-SOURCE-1; there are: {known})"
        )

    def _run_workload(self) -> None:
        self._schedule(self._workload.arrivals(self._streams.stream("workload")))
        until = self._workload.until_seconds
        self._scheduler.run(None if until is None else seconds(until))

    def _result(self, deployment: Deployment) -> Run:
        parking_queues = deployment.parking_queues
        queues = self._account.queues.values()
        redriven = {q.dead_letter_queue.name for q in queues if q.dead_letter_queue is not None}
        dead_letter_queues = frozenset(redriven | self._destinations())
        return Run(
            stack=self._graph.stack,
            place="simulation",
            workload=self._workload,
            seed=self._seed,
            virtual_seconds=in_seconds(self._scheduler.now),
            events=tuple(self._journal.events),
            rules=self._journal.rules,
            trace_hash=self._journal.hash(),
            sources=self._sources(dead_letter_queues | parking_queues),
            dead_letter_queues=dead_letter_queues,
            logs=tuple(self._logs),
            notes=tuple(deployment.notes),
            parking_queues=parking_queues,
            readings=tuple(self._readings()),
            assumptions=self._assumptions,
        )

    def _sources(self, ends: frozenset[str]) -> frozenset[str]:
        """Where messages begin: queues, streams and topics but those where they end, and the events of functions."""
        account = self._account
        ends |= account.events.targets()
        begins = (frozenset(account.queues) | self._log_sources()) - ends
        return begins | frozenset(map(events_of, account.functions.names)) | self._addressed()

    def _log_sources(self) -> frozenset[str]:
        account = self._account
        topics = {topic for cluster in account.clusters.values() for topic in cluster.topics}
        return frozenset({*account.streams_by_name, *account.table_streams, *topics})

    def _destinations(self) -> set[str]:
        """Queues and topics to which mappings send what they give up: what arrives there was sent before."""
        destinations = (mapping.destination for mapping in self._account.log_mappings.values())
        return {found.name for found in destinations if isinstance(found, (QueueDestination, TopicDestination))}

    def _readings(self) -> Iterator[LogReading]:
        for mapping in self._account.log_mappings.values():
            kafka = isinstance(mapping, KafkaMapping)
            stream: Literal["kinesis", "dynamodb"] = (
                "kinesis" if isinstance(mapping.source, KinesisStream) else "dynamodb"
            )
            age = mapping.config.maximum_record_age_seconds
            yield LogReading(
                source=mapping.source.name,
                kind="kafka" if kafka else stream,
                mapping=mapping.config.name,
                retention_seconds=mapping.source.retention_hours * 3600,
                maximum_age_seconds=-1 if age is None else age,
                logs=tuple(reader.log.name for reader in mapping.readers),
            )

    def _addressed(self) -> frozenset[str]:
        """Queues that the workload sends to itself: a dead-letter queue counts as a source then."""
        return frozenset(send.queue for send in self._workload.sends if send.queue is not None)

    # -- the workload -------------------------------------------------------------------------------------

    def _schedule(self, arrivals: Iterable[Arrival]) -> None:
        senders = {
            "http": self._http,
            "queue": self._queue,
            "stream": self._stream,
            "table": self._table,
            "topic": self._topic,
            "invoke": self._invoke,
            "event": self._event,
        }
        for arrival in arrivals:
            senders[arrival.target](arrival)

    def _http(self, arrival: Arrival) -> None:
        request = arrival.request
        assert request is not None
        api = self._api(arrival)
        if api.route(request.method, request.path) is None:
            known = ", ".join(f"{route.method} {route.path}" for route in api.routes) or "none"
            raise WorkloadError(
                f"{self._workload.path}: {api.name} has no route {request.method} {request.path} (routes: {known})"
            )
        instant = seconds(arrival.at_seconds)
        self._scheduler.at(instant, api.request, request.method, request.path, arrival.body, request.headers)

    def _api(self, arrival: Arrival) -> HttpApi:
        apis = self._account.apis
        if arrival.name:
            return self._named(apis, arrival.name, "HTTP API")
        if len(apis) != 1:
            known = ", ".join(apis) or "none"
            raise WorkloadError(
                f"{self._workload.path}: an HTTP request needs an HTTP API in the stack, or `api:` to choose one "
                f"(HTTP APIs of {self._graph.stack}: {known})"
            )
        return next(iter(apis.values()))

    def _queue(self, arrival: Arrival) -> None:
        queue = self._named(self._account.queues, arrival.name, "queue")
        limit = queue.attributes.maximum_message_bytes
        if not 0 < len(arrival.body.encode()) <= limit:
            size = len(arrival.body.encode())
            raise WorkloadError(
                f"{self._workload.path}: a message for {queue.name} has {size} bytes; SQS takes 1 to {limit}"
            )
        if queue.fifo:
            self._check_fifo(queue, arrival)
        elif arrival.key or arrival.dedup:
            raise WorkloadError(
                f"{self._workload.path}: {queue.name} is a standard queue, which has no use for key or dedup"
            )
        self._scheduler.at(seconds(arrival.at_seconds), _send, queue, arrival)

    def _check_fifo(self, queue: Queue, arrival: Arrival) -> None:
        """Refuse before the start what SQS would refuse at the send (SQS-FIFO-7)."""
        fifo = queue.attributes.fifo
        if not arrival.key:
            raise WorkloadError(f"{self._workload.path}: {queue.name} is a FIFO queue: name the message group with key")
        if fifo is not None and not fifo.content_based and not arrival.dedup:
            raise WorkloadError(
                f"{self._workload.path}: {queue.name} does not deduplicate by content: name a deduplication id with "
                'dedup, such as dedup: "{n}"'
            )

    def _stream(self, arrival: Arrival) -> None:
        stream = self._named(self._account.streams_by_name, arrival.name, "Kinesis stream")
        data, key = arrival.body.encode(), arrival.key
        try:
            stream.check(data, key)
        except AwsError as error:
            raise WorkloadError(f"{self._workload.path}: a record for {stream.name}: {error}") from error
        self._scheduler.at(seconds(arrival.at_seconds), _put, stream, data, key)

    def _table(self, arrival: Arrival) -> None:
        table = self._named(self._tables, arrival.name, "table")
        item = to_item(json.loads(arrival.body))
        self._scheduler.at(seconds(arrival.at_seconds), self._put_item, table, item)

    def _put_item(self, table: str, item: dict[str, Any]) -> None:
        assert self._account.dynamodb is not None
        try:
            self._account.dynamodb.call("PutItem", {"TableName": table, "Item": item})
        except AwsError as error:
            raise WorkloadError(f"{self._workload.path}: an item for {table}: {error}") from error

    def _topic(self, arrival: Arrival) -> None:
        topic = self._logs_of.topic(arrival.name)
        if topic is None:
            known = sorted(name for cluster in self._account.clusters.values() for name in cluster.topics)
            raise WorkloadError(
                f"{self._workload.path}: the stack {self._graph.stack} has no topic {arrival.name} (there are: "
                f"{', '.join(known) or 'none'}; `topics:` in the workload creates others)"
            )
        size_bytes = len(arrival.body.encode()) + len(arrival.key.encode())
        if size_bytes > LARGEST_RECORD_BYTES:
            raise WorkloadError(
                f"{self._workload.path}: a record for {topic.name} has {size_bytes} bytes; brokers take "
                f"{LARGEST_RECORD_BYTES}"
            )
        self._scheduler.at(seconds(arrival.at_seconds), _produce, topic, arrival.body.encode(), arrival.key or None)

    def _invoke(self, arrival: Arrival) -> None:
        function, payload = self._function_and_payload(arrival, LARGEST_SYNCHRONOUS_PAYLOAD_BYTES)
        self._scheduler.at(seconds(arrival.at_seconds), self._invoke_now, function, payload)

    def _invoke_now(self, function: str, payload: str) -> None:
        def on_result(result: InvokeResult) -> None:
            self._note_answer(function, result.request_id, 200, result.error)

        answer = self._account.functions.invoke(function, payload, on_result, by="workload")
        if isinstance(answer, Throttled):
            self._journal.lean_on("SYN-THROTTLE-1")
            self._note_answer(function, None, answer.status, answer.code)

    def _note_answer(self, function: str, invoke: str | None, status: int, error: str | None) -> None:
        rule = "SYN-ERROR-1" if status == 200 else ""
        self._journal.record(Kind.ANSWERED, rule, function=function, invoke=invoke, status=status, error=error)

    def _event(self, arrival: Arrival) -> None:
        function, payload = self._function_and_payload(arrival, LARGEST_ASYNCHRONOUS_PAYLOAD_BYTES)
        self._scheduler.at(seconds(arrival.at_seconds), self._accept_now, function, payload)

    def _accept_now(self, function: str, payload: str) -> None:
        self._account.events.accept(function, payload, by="workload")

    def _function_and_payload(self, arrival: Arrival, limit_bytes: int) -> tuple[str, str]:
        """Whom to invoke and with what; Lambda would refuse what is no JSON or too large (SYN-PAYLOAD-1)."""
        function = self._function(arrival.name)
        payload = arrival.body or "{}"
        size = len(payload.encode())
        if size > limit_bytes:
            raise WorkloadError(
                f"{self._workload.path}: an event for {function} has {size} bytes; Lambda takes at most {limit_bytes}"
            )
        try:
            json.loads(payload)
        except ValueError as error:
            raise WorkloadError(
                f"{self._workload.path}: the event for {function} is no JSON: {payload[:80]}"
            ) from error
        return function, payload

    def _function(self, name: str) -> str:
        return self._named({known: known for known in self._account.functions.names}, name, "function")

    def _fault(self, fault: WorkloadFault) -> Fault:
        queue = None if fault.queue is None else self._named(self._account.queues, fault.queue, "queue")
        return Fault(
            FaultKind(fault.kind),
            start=seconds(fault.at),
            end=None if fault.for_seconds is None else seconds(fault.at + fault.for_seconds),
            function=None if fault.function is None else self._function(fault.function),
            service=fault.service,
            operation=fault.operation,
            queue_url=None if queue is None else queue.url,
            share=fault.share,
            ids=None if fault.ids is None else frozenset(fault.ids),
            delay=seconds(fault.seconds or 0),
        )

    def _named(self, found: dict[str, T], name: str, kind: str) -> T:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise WorkloadError(
                f"{self._workload.path}: the stack {self._graph.stack} has no {kind} {name} (there are: {known})"
            )
        return found[name]

    # -- logs ---------------------------------------------------------------------------------------------

    def _on_log(self, line: LogLine) -> None:
        """Take a line of the log contract into the journal; keep the others as they are."""
        entry = _contract_entry(line.text)
        if entry is None:
            self._logs.append(line)
            return
        self._journal.record(
            Kind.LOG,
            "",
            function=line.function,
            invoke=line.request_id,
            event=str(entry["event"]),
            id=_text(entry.get("id")),
            message=_text(entry.get("message_id")),
            error_type=_text(entry.get("error_type")),
            retryable=entry.get("retryable") if isinstance(entry.get("retryable"), bool) else None,
        )


@contextmanager
def _own_garbage() -> Iterator[None]:
    """Keep the garbage collector to what a run makes, let it look less often, and have the run take its garbage along.

    Half a million objects of imported packages are no garbage, and neither are the events of a run, which only ever
    become more; looking through them again and again takes a third of the time. What is left of a run when it is over
    is full of cycles. It goes before it is mixed up with the older objects, so many runs need no more memory than one.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()
        gc.unfreeze()


def _dynamodb(journal: Journal) -> DynamoDb:
    # moto takes a quarter of a second to import: only stacks with tables pay for it.
    from lab.model.dynamodb import DynamoDb

    return DynamoDb("us-east-1", journal)


def _send(queue: Queue, arrival: Arrival) -> None:
    if isinstance(queue, FifoQueue):
        queue.send(arrival.body, group=arrival.key, deduplication_id=arrival.dedup)
    else:
        queue.send(arrival.body)


def _put(stream: KinesisStream, data: bytes, key: str) -> None:
    stream.put(data, key)


def _produce(topic: Topic, value: bytes, key: str | None) -> None:
    topic.produce(value, key)


def _contract_entry(text: str) -> dict[str, Any] | None:
    if '"event"' not in text:
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    if isinstance(entry, dict) and isinstance(entry.get("event"), str) and entry["event"] in CONTRACT_EVENTS:
        return entry
    return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
