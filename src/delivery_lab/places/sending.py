"""Sends a workload to real queues, streams, topics, tables, APIs and functions, each part of it when it is due."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.errors import WorkloadError
from delivery_lab.events import Journal, RequestAnswered
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.errors import PlaceError, place_error
from delivery_lab.live.queues import RealQueue
from delivery_lab.live.topics import TopicWriter
from delivery_lab.model.clock import seconds
from delivery_lab.model.streams.items import to_item
from delivery_lab.places.feeders import FEEDERS, Feeder, give
from delivery_lab.places.invoking import RealInvokes
from delivery_lab.places.known import FED
from delivery_lab.simulation.send_lines import Arrival

_SERVICES = {"queue": "sqs", "stream": "kinesis", "table": "dynamodb", **FEEDERS}
_AT_ONCE = 16
_INVOKES = "functions"
_ENTRIES = 10
_BATCH_BYTES = 200_000
_TIMEOUT_SECONDS = 120


Accepted = Callable[[Arrival, Mapping[str, Any], int], None]


@dataclass(slots=True)
class RealSender:
    """Sends what is due, in the order of the workload for each queue.

    Attributes:
        queues: the queues of the stack, by name.
        apis: address of each API, by name.
        streams: names of the streams in Kinesis, by name.
        tables: names of the tables in DynamoDB, by name.
        clients: clients of the services that the workload is sent to (`services_of`), made before the run begins.
        scheduler: the run's clock.
        journal: where events are written.
        invokes: invokes functions, None where nothing is invoked.
        topics: writes records to topics, by the name of the topic.
        feeders: topics, buckets and buses that are given what the workload sends, by what it sends to and name;
            without them it is the lab's own.
        functions: names of the functions in Lambda, by name, where it is Lambda that is given events (client `lambda`).
        accepted: told what Kinesis and Lambda answered and when it was sent, where nobody else sees it arrive.
        pending: requests on their way, and those that are not due yet.
    """

    queues: Mapping[str, RealQueue]
    apis: Mapping[str, str]
    streams: Mapping[str, str]
    tables: Mapping[str, str]
    clients: Mapping[str, Any]
    scheduler: RealTimeScheduler
    journal: Journal
    invokes: RealInvokes | None = None
    topics: Mapping[str, TopicWriter] = field(default_factory=dict)
    feeders: Mapping[tuple[str, str], Feeder] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    accepted: Accepted | None = None
    pending: int = 0
    _lines: dict[str, ThreadPoolExecutor] = field(default_factory=dict)

    def schedule(self, arrivals: Iterable[Arrival]) -> None:
        """Have everything sent when it is due; what is due at once for one queue is sent in batches."""
        by_queue: defaultdict[tuple[float, str], list[Arrival]] = defaultdict(list)
        for arrival in arrivals:
            if arrival.target == "queue":
                by_queue[arrival.at_seconds, arrival.name].append(arrival)
            elif arrival.target in FED:
                if (arrival.target, arrival.name) in self.feeders:  # else it is given to the lab's own (`feeding`)
                    self.pending += 1
                    self._at(arrival.at_seconds, self._give, arrival.name, arrival)
            elif arrival.target == "event" and "lambda" in self.clients:
                self.pending += 1
                self._at(arrival.at_seconds, self._give_event, _INVOKES, arrival)
            elif arrival.target in ("event", "invoke"):
                self.pending += 1
                self.scheduler.at(seconds(arrival.at_seconds), self._invoke, arrival)
            else:
                send, line = {
                    "http": (self._request, "api"),
                    "stream": (self._put_record, arrival.name),
                    "table": (self._put_item, arrival.name),
                    "topic": (self._write, arrival.name),
                }[arrival.target]
                self.pending += 1
                self._at(arrival.at_seconds, send, line, arrival)
        for (at_seconds, name), together in by_queue.items():
            for batch in _batches(together):
                self.pending += 1
                self._at(at_seconds, self._send, name, batch)

    def _invoke(self, arrival: Arrival) -> None:
        assert self.invokes is not None
        self._sent()
        invoke = self.invokes.accept if arrival.target == "event" else self.invokes.invoke
        invoke(arrival.name, arrival.body or "{}")

    def _at(self, at_seconds: float, send: Any, line: str, what: object) -> None:
        """Send something when it is due; each line has a thread of its own, which keeps its order."""
        # Requests wait for answers, so each has a thread of its own; messages keep their order.
        threads = _AT_ONCE if line in ("api", _INVOKES) else 1
        pool = self._lines.setdefault(line, ThreadPoolExecutor(threads, thread_name_prefix="send"))
        self.scheduler.at(seconds(at_seconds), self._hand_over, pool, send, line, what)

    def _hand_over(self, pool: ThreadPoolExecutor, send: Any, line: str, what: object) -> None:
        pool.submit(self._guarded, send, line, what)

    def _guarded(self, send: Any, line: str, what: object) -> None:
        try:
            send(line, what)
        except (BotoCoreError, ClientError) as error:
            self.scheduler.fail(place_error(f"sending to {line}", error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run cannot go on without it
            self.scheduler.fail(error)
        else:
            self.scheduler.post(self._sent)

    def _sent(self) -> None:
        self.pending -= 1

    def _send(self, name: str, batch: Sequence[Arrival]) -> None:
        queue, at = self.queues[name], self.scheduler.clock.now()
        entries = [_entry(str(number), arrival, fifo=queue.fifo) for number, arrival in enumerate(batch)]
        answer = self.clients["sqs"].send_message_batch(QueueUrl=queue.url, Entries=entries)
        for failed in answer.get("Failed", []):
            where = batch[int(failed["Id"])].where
            raise WorkloadError(f"{where}: SQS refused a message for {name}: {failed['Code']}: {failed.get('Message')}")
        for done in answer["Successful"]:
            arrival = batch[int(done["Id"])]
            queue.sent(done["MessageId"], arrival.body, at, group=arrival.key, attributes=arrival.attributes)

    def _put_record(self, name: str, arrival: Arrival) -> None:
        at = self.scheduler.clock.now()
        answer = self.clients["kinesis"].put_record(
            StreamName=self.streams[name], Data=arrival.body.encode(), PartitionKey=arrival.key
        )
        self._tell(arrival, answer, at)

    def _give(self, name: str, arrival: Arrival) -> None:
        at = self.scheduler.clock.now()
        self._tell(
            arrival, give(self.clients[FEEDERS[arrival.target]], self.feeders[arrival.target, name], arrival), at
        )

    def _give_event(self, _line: str, arrival: Arrival) -> None:
        at, function = self.scheduler.clock.now(), self.functions[arrival.name]
        answer = self.clients["lambda"].invoke(
            FunctionName=function, InvocationType="Event", Payload=(arrival.body or "{}").encode()
        )
        self._tell(arrival, answer, at)

    def _tell(self, arrival: Arrival, answer: Mapping[str, Any], at: int) -> None:
        if self.accepted is not None:
            self.scheduler.post(self.accepted, arrival, answer, at)

    def _put_item(self, name: str, arrival: Arrival) -> None:
        at, item = self.scheduler.clock.now(), to_item(json.loads(arrival.body))
        # What was there before says whether the item changes, and with that whether it becomes a record.
        answer = self.clients["dynamodb"].put_item(TableName=self.tables[name], Item=item, ReturnValues="ALL_OLD")
        self._tell(arrival, answer, at)

    def _write(self, name: str, arrival: Arrival) -> None:
        self.topics[name].write(name, arrival.body.encode(), arrival.key or None)

    def _request(self, _line: str, arrival: Arrival) -> None:
        request = arrival.request
        assert request is not None
        name = arrival.name or next(iter(self.apis))
        address = urllib.parse.urlsplit(self.apis[name])
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
        headers = {"content-type": "application/json", **request.headers}
        try:
            connection.request(
                request.method, address.path + request.path, body=arrival.body.encode() or None, headers=headers
            )
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise PlaceError(f"a request to {name} failed: {error}") from error
        finally:
            connection.close()
        at, path = self.scheduler.clock.now(), request.path.partition("?")[0]
        self.journal.append(RequestAnswered(at, None, name, request.method, path, status, None))

    def close(self) -> None:
        """Send nothing more."""
        for pool in self._lines.values():
            pool.shutdown(wait=False, cancel_futures=True)


def services_of(arrivals: Iterable[Arrival]) -> set[str]:
    """The services of AWS that are asked to send something, by boto3's names; APIs are asked by HTTP."""
    return {_SERVICES[arrival.target] for arrival in arrivals if arrival.target in _SERVICES}


def _batches(arrivals: Sequence[Arrival]) -> Iterable[list[Arrival]]:
    """What one request takes: ten messages, and not too many bytes."""
    batch: list[Arrival] = []
    size = 0
    for arrival in arrivals:
        own = len(arrival.body.encode())
        if batch and (len(batch) == _ENTRIES or size + own > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(arrival)
        size += own
    if batch:
        yield batch


def _entry(entry_id: str, arrival: Arrival, *, fifo: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": entry_id, "MessageBody": arrival.body}
    if arrival.attributes:
        entry["MessageAttributes"] = arrival.attributes
    if arrival.key:
        entry["MessageGroupId"] = arrival.key
    if arrival.dedup:
        entry["MessageDeduplicationId"] = arrival.dedup
    if arrival.delay_seconds is not None and not fifo:
        entry["DelaySeconds"] = arrival.delay_seconds
    return entry
