"""Sending a workload: each arrival is checked before the run, as AWS would check it, and takes place when it is due."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from delivery_lab.errors import LabError, NotModelledError, WorkloadError
from delivery_lab.events import WORKLOAD, InvokeAnswered, Journal, Meter, Used, chunks
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.limits.functions import ASYNCHRONOUS_PAYLOAD, SYNCHRONOUS_PAYLOAD
from delivery_lab.limits.streams import BROKER_RECORD_BYTES
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.eventbridge.buses import DEFAULT
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.http_api import HttpApi
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.json_reading import read_json
from delivery_lab.model.kafka.cluster import KafkaTopic
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.sqs.sending import check
from delivery_lab.model.streams.items import to_item
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.answering import known_operation, occasion_of
from delivery_lab.simulation.feeder_faults import check_feeder
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.possible_faults import refuse_impossible
from delivery_lab.simulation.publishing import (
    change_object,
    check_published,
    event_entry,
    message_parameters,
    publish,
    publish_parameters,
    put_event,
)
from delivery_lab.simulation.queue_sends import QueueSends
from delivery_lab.simulation.send_lines import Arrival, SendLine
from delivery_lab.simulation.workload_faults import Fault

T = TypeVar("T")


class Sender:
    """Sends a workload to what a stack has deployed.

    Args:
        account: the account that the stack was deployed to.
        topics: finds Kafka topics.
        refused_apis: APIs that no request can be sent to, with the reason.
        function_urls: by name of a URL: the function behind it.
        calls_urls: whether requests can be sent to URLs of functions.
        tables: names of the tables in DynamoDB, by their names in the stack.
        stack: name of the stack, for messages.
        origin: where the workload comes from, for messages.
        scheduler: the run's clock.
        journal: where answers are written.

    Attributes:
        notes: what a reader should know of what is sent.
    """

    def __init__(
        self,
        account: Account,
        topics: PolledSources,
        tables: Mapping[str, str],
        *,
        refused_apis: Mapping[str, LabError],
        function_urls: Mapping[str, str],
        calls_urls: bool = False,
        stack: str,
        origin: str,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self._account = account
        self._topics = topics
        self._tables = tables
        self._refused_apis = refused_apis
        self._function_urls = function_urls
        self._calls_urls = calls_urls
        self._stack = stack
        self._origin = origin
        self._scheduler = scheduler
        self._journal = journal
        self.notes: list[str] = []

    def schedule_lines(self, lines: Iterable[SendLine], chance: random.Random) -> None:
        """Have everything that is sent arrive when it is due.

        Args:
            lines: the lines of `send`.
            chance: draws what their bodies leave to it.

        Raises:
            WorkloadError: something is sent to what is not there, or would be refused.
        """
        for line in lines:
            if line.target != "queue" or not self._is_sent_later(line, chance):
                self.schedule(line.arrivals(chance))

    def schedule(self, arrivals: Iterable[Arrival]) -> None:
        """Have these arrive when they are due.

        Raises:
            WorkloadError: as `schedule_lines`.
        """
        senders = {
            "http": self._http,
            "queue": self._queue,
            "stream": self._stream,
            "table": self._table,
            "topic": self._topic,
            "sns": self._sns,
            "s3": self._s3,
            "invoke": self._invoke,
            "event": self._event,
            "bus": self._bus,
            "schedule": self._schedule,
        }
        for arrival in arrivals:
            senders[arrival.target](arrival)

    def _is_sent_later(self, line: SendLine, chance: random.Random) -> bool:
        """Have the messages of a line made when they are due, if it is sure by now that a queue takes each of them.

        Only the digits of their numbers differ: a queue that takes the first and the last one, the shortest and the
        longest, takes them all.
        """
        if line.draws:
            return False
        queue = self._named(self._account.queues, line.name, "queue")
        try:
            for n in (1, line.times):
                self._check_queue(queue, line.arrival(n, chance))
        except WorkloadError:
            return False
        QueueSends(line, queue, self._scheduler, self._journal.meter)
        return True

    def _http(self, arrival: Arrival) -> None:
        request = arrival.request
        assert request is not None
        api = self._api(arrival)
        route = api.route(request.method, request.path)
        if route is None:
            self._note_unrouted(api, request.method, request.path)
        elif route.refusal:
            raise NotModelledError(route.refusal)
        instant = seconds(arrival.at_seconds)
        self._scheduler.at(instant, api.request, request.method, request.path, arrival.body, request.headers)

    def _note_unrouted(self, api: HttpApi, method: str, path: str) -> None:
        """Say once what AWS answers where nothing takes a request: the path may be a slip of the workload."""
        known = ", ".join(route.key for route in api.routes) or "none"
        note = f"{api.name} has no route {method} {path}: it is answered with {api.unrouted_status} (routes: {known})"
        if note not in self.notes:
            self.notes.append(note)

    def _api(self, arrival: Arrival) -> HttpApi:
        name, urls = arrival.name or self._only_api(), self._function_urls
        if name in urls and not self._calls_urls:
            raise NotModelledError(
                f"{self._origin}: a request is sent to the URL of a function, {name}, which only the simulation calls\n"
                "  nearest: --on simulation, or a line of send that invokes the function itself, with the event of a "
                f"request as body: {{invoke: {urls[name]}, body: {{...}}}}"
            )
        if name in self._refused_apis:
            raise self._refused_apis[name]
        return self._named(self._account.apis, name, "HTTP or REST API")

    def _only_api(self) -> str:
        """The API that a request without `api:` goes to; the URL of a function where there is no other."""
        known = [*self._account.apis, *self._refused_apis]
        meant = [name for name in known if name not in self._function_urls] or known
        if len(meant) != 1:
            raise WorkloadError(
                f"{self._origin}: an HTTP request needs an HTTP or REST API in the stack, or `api:` to choose one "
                f"(APIs of {self._stack}: {', '.join(known) or 'none'})"
            )
        return meant[0]

    def _queue(self, arrival: Arrival) -> None:
        queue = self._named(self._account.queues, arrival.name, "queue")
        self._check_queue(queue, arrival)
        self._scheduler.at(seconds(arrival.at_seconds), _send, queue, arrival, self._journal.meter)

    def _check_queue(self, queue: SqsQueue, arrival: Arrival) -> None:
        """Refuse before the start what SQS would refuse at the send."""
        limit = queue.attributes.maximum_message_bytes
        if not 0 < len(arrival.body.encode()) <= limit:
            size = len(arrival.body.encode())
            raise WorkloadError(f"{self._origin}: a message for {queue.name} has {size} bytes; SQS takes 1 to {limit}")
        if queue.fifo:
            self._check_fifo(queue, arrival)
        elif arrival.dedup:
            raise WorkloadError(f"{self._origin}: {queue.name} is a standard queue, which has no use for dedup")
        try:
            check(queue, message_parameters(arrival))
        except AwsError as error:
            reason = f"{error.message} {error.why}".rstrip()
            raise WorkloadError(f"{arrival.where}: SQS would refuse a message for {queue.name}: {reason}") from error

    def _check_fifo(self, queue: SqsQueue, arrival: Arrival) -> None:
        """Refuse before the start what SQS would refuse at the send (SQS-FIFO-7)."""
        fifo = queue.attributes.fifo
        if not arrival.key:
            raise WorkloadError(f"{self._origin}: {queue.name} is a FIFO queue: name the message group with key")
        if fifo is not None and not fifo.content_based and not arrival.dedup:
            raise WorkloadError(
                f"{self._origin}: {queue.name} does not deduplicate by content: name a deduplication id with "
                'dedup, such as dedup: "{n}"'
            )

    def _stream(self, arrival: Arrival) -> None:
        stream = self._named(self._account.streams_by_name, arrival.name, "Kinesis stream")
        data, key = arrival.body.encode(), arrival.key
        try:
            stream.check(data, key)
        except AwsError as error:
            raise WorkloadError(f"{self._origin}: a record for {stream.name}: {error}") from error
        self._scheduler.at(seconds(arrival.at_seconds), _put, stream, data, key)

    def _table(self, arrival: Arrival) -> None:
        table = self._named(self._tables, arrival.name, "table")
        body = json.loads(arrival.body)
        if not isinstance(body, dict):
            raise WorkloadError(
                f"{self._origin}: the body of a table is the item: an object, not {arrival.body[:80]}, which is drawn"
            )
        item = to_item(body)
        self._scheduler.at(seconds(arrival.at_seconds), self._put_item, table, item)

    def _put_item(self, table: str, item: dict[str, Any]) -> None:
        assert self._account.dynamodb is not None
        try:
            self._account.dynamodb.call("PutItem", {"TableName": table, "Item": item}, is_metered=False)
        except AwsError as error:
            raise WorkloadError(f"{self._origin}: an item for {table}: {error}") from error

    def _topic(self, arrival: Arrival) -> None:
        topic = self._topics.topic(arrival.name)
        if topic is None:
            known = sorted(name for cluster in self._account.clusters.values() for name in cluster.topics)
            raise WorkloadError(
                f"{self._origin}: the stack {self._stack} has no topic {arrival.name} (there are: "
                f"{', '.join(known) or 'none'}; `topics:` in the workload creates others)"
            )
        size_bytes = len(arrival.body.encode()) + len(arrival.key.encode())
        if size_bytes > BROKER_RECORD_BYTES:
            raise WorkloadError(
                f"{self._origin}: a record for {topic.name} has {size_bytes} bytes; brokers take {BROKER_RECORD_BYTES}"
            )
        self._scheduler.at(seconds(arrival.at_seconds), _produce, topic, arrival.body.encode(), arrival.key or None)

    def _sns(self, arrival: Arrival) -> None:
        topic = self._named(self._account.topics, arrival.name, "SNS topic")
        parameters = publish_parameters(arrival)
        check_published(topic, parameters, arrival.where)
        self._scheduler.at(seconds(arrival.at_seconds), publish, topic, parameters)

    def _s3(self, arrival: Arrival) -> None:
        buckets = {bucket.name: bucket for bucket in self._account.buckets.values()}
        bucket = self._named(buckets, arrival.name, "bucket with notifications")
        self._scheduler.at(seconds(arrival.at_seconds), change_object, self._account, bucket, arrival)

    def _bus(self, arrival: Arrival) -> None:
        buses = self._account.buses
        buses.find(DEFAULT)
        bus = self._named(buses.all, arrival.name, "event bus")
        entry = event_entry(bus, arrival)
        self._scheduler.at(seconds(arrival.at_seconds), put_event, buses, bus, entry)

    def _schedule(self, arrival: Arrival) -> None:
        clockwork = self._named(self._account.buses.clockworks, arrival.name, "schedule")
        self._scheduler.at(seconds(arrival.at_seconds), clockwork.go_off)

    def _invoke(self, arrival: Arrival) -> None:
        function, qualifier, payload = self._invoke_of(arrival, SYNCHRONOUS_PAYLOAD.maximum)
        self._scheduler.at(seconds(arrival.at_seconds), self._invoke_now, function, qualifier, payload)

    def _invoke_now(self, function: str, qualifier: str, payload: str) -> None:
        def on_result(result: InvokeResult) -> None:
            self._note_answer(function, result.request_id, 200, result.error)

        self._account.functions.check_qualifier(function, qualifier)
        answer = self._account.functions.invoke(function, payload, on_result, by=WORKLOAD)
        if isinstance(answer, Throttled):
            self._journal.rely_on("SYN-THROTTLE-1")
            self._note_answer(function, None, answer.status, answer.code)

    def _note_answer(self, function: str, invoke: str | None, status: int, error: str | None) -> None:
        rule: RuleId | None = "SYN-ERROR-1" if status == 200 else None
        self._journal.append(InvokeAnswered(self._scheduler.now, rule, function, invoke, status, error))

    def _event(self, arrival: Arrival) -> None:
        function, qualifier, payload = self._invoke_of(arrival, ASYNCHRONOUS_PAYLOAD.maximum)
        self._scheduler.at(seconds(arrival.at_seconds), self._accept_now, function, qualifier, payload)

    def _accept_now(self, function: str, qualifier: str, payload: str) -> None:
        self._account.functions.check_qualifier(function, qualifier)
        self._account.events.accept(function, payload, by=WORKLOAD, qualifier=qualifier)

    def _invoke_of(self, arrival: Arrival, limit_bytes: int) -> tuple[str, str, str]:
        """Whom to invoke, by which version or alias (LAM-VERSION-1), and with what.

        Lambda would refuse what is no JSON or too large (SYN-PAYLOAD-1).
        """
        function, qualifier = self._function_and_qualifier(arrival.name)
        payload = arrival.body or "{}"
        size = len(payload.encode())
        if size > limit_bytes:
            raise WorkloadError(
                f"{self._origin}: an event for {function} has {size} bytes; Lambda takes at most {limit_bytes}"
            )
        try:
            read_json(payload)
        except ValueError as error:
            raise WorkloadError(
                f"{self._origin}: the event for {function} is no JSON, which Lambda refuses: {payload[:80]!r}; a text "
                "that is to be one has quotes of its own: body: '\"text\"'"
            ) from error
        return function, qualifier, payload

    def _function_and_qualifier(self, name: str) -> tuple[str, str]:
        """The function of a logical name, and the version or alias behind it: `worker:live`."""
        named, separator, qualifier = name.partition(":")
        if not separator or name in self._account.functions.names:
            return self._function(name), LATEST_VERSION
        function = self._function(named)
        config = self._account.functions.configuration(function)
        if not config.refusal:  # else that ends the run as soon as it is invoked
            self._named(config.qualifiers, qualifier, f"version or alias of {function} called")
        self._journal.rely_on("LAM-VERSION-1")
        return function, qualifier

    def _function(self, name: str, where: str = "") -> str:
        return self._named({known: known for known in self._account.functions.names}, name, "function", where)

    def fault(self, fault: Fault) -> InjectedFault:
        """A fault, as the model takes it.

        Raises:
            WorkloadError: it is addressed to what is not there.
        """
        where = fault.place or self._origin
        queue = None if fault.queue is None else self._named(self._account.queues, fault.queue, "queue", where)
        if queue is not None and queue.fifo and fault.kind == "duplicate":
            raise WorkloadError(
                f"{where}: {queue.name} is a FIFO queue, which delivers a message again only after its "
                "visibility timeout: the kind duplicate is for standard queues (SIM-ONCE-1)"
            )
        if fault.feeder is not None and not fault.preset:
            check_feeder(fault, self._account, self._stack, where)
        if fault.service is not None and fault.operation is not None:
            known_operation(fault.service, fault.operation, where)
        injected = InjectedFault(
            FaultKind(fault.kind),
            occasion_of(fault),
            function=None if fault.function is None else self._function(fault.function, where),
            service=fault.service,
            operation=fault.operation,
            queue_url=None if queue is None else queue.url,
            feeder=fault.feeder,
            delay=seconds(fault.seconds or 0),
            preset=bool(fault.preset),
        )
        refuse_impossible(injected, self._account, where)
        return injected

    def _named(self, found: Mapping[str, T], name: str, kind: str, where: str = "") -> T:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            place = where or self._origin
            raise WorkloadError(f"{place}: the stack {self._stack} has no {kind} {name} (there are: {known})")
        return found[name]


def _send(queue: SqsQueue, arrival: Arrival, meter: Meter) -> None:
    meter.count(Used("sqs", queue.name, "SendMessage"), chunks((arrival.body,)))
    attributes = dict(arrival.attributes)
    if isinstance(queue, FifoQueue):
        queue.send(arrival.body, attributes=attributes, group=arrival.key, deduplication_id=arrival.dedup)
    else:
        queue.send(arrival.body, attributes=attributes, group=arrival.key, delay_seconds=arrival.delay_seconds)


def _put(stream: KinesisStream, data: bytes, key: str) -> None:
    stream.put(data, key)


def _produce(topic: KafkaTopic, value: bytes, key: str | None) -> None:
    topic.produce(value, key)
