"""Events, contexts and clocks for the functions' tests."""

from __future__ import annotations

import copy
import importlib
import itertools
import json
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import time_machine
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient

EVENTS = Path(__file__).parent / "events"
START = 1_767_225_601.0
"""Unix time at which the tests' clocks start: half a second after the fixture's message was received."""

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"


@cache
def session() -> boto3.Session:
    """A session of boto3 that moto answers: all tests of functions use it, so that it reads AWS's descriptions once."""
    # What this module adds to botocore's handlers is taken over by sessions that are made after it.
    importlib.import_module("moto.core.models")
    return boto3.Session("testing", "testing", region_name="us-east-1")


@contextmanager
def dynamodb_table(name: str, key: str) -> Iterator[DynamoDBClient]:
    """DynamoDB with one empty table, whose partition key is a text."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def load_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def http_event(body: str | None, path: str = "/enqueue") -> dict[str, Any]:
    event = load_event("http_enqueue")
    event["routeKey"], event["rawPath"] = f"POST {path}", path
    event["requestContext"]["routeKey"] = event["routeKey"]
    event["requestContext"]["http"]["path"] = path
    if body is None:
        del event["body"]
    else:
        event["body"] = body
    return event


def sqs_event(*bodies: object, receive_count: int = 1) -> dict[str, Any]:
    """An event with one record a body: `message-1`, `message-2`, ...; texts are taken as they are."""
    template = load_event("sqs_batch")["Records"][0]
    records = []
    for number, body in enumerate(bodies, start=1):
        record = copy.deepcopy(template)
        record["messageId"] = f"message-{number}"
        record["receiptHandle"] = f"handle-{number}-{receive_count}"
        record["body"] = body if isinstance(body, str) else json.dumps(body)
        record["attributes"]["ApproximateReceiveCount"] = str(receive_count)
        records.append(record)
    return {"Records": records}


class Clock:
    """Time that stands still until somebody sleeps."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self.elapsed = 0.0
        self.sleeps: list[float] = []

        self._due: list[tuple[float, Callable[[], object]]] = []

    def at(self, elapsed: float, callback: Callable[[], object]) -> None:
        """Have something happen so many seconds after the start, while somebody sleeps."""
        self._due.append((elapsed, callback))
        self._due.sort(key=lambda due: due[0])

    def advance(self, duration_seconds: float) -> None:
        end = self.elapsed + duration_seconds
        while self._due and self._due[0][0] <= end:
            instant, callback = self._due.pop(0)
            self._move_to(instant)
            callback()
        self._move_to(end)

    def _move_to(self, instant: float) -> None:
        # What happened meanwhile may have taken time of its own.
        if instant > self.elapsed:
            self._traveller.shift(instant - self.elapsed)
            self.elapsed = instant

    def sleep(self, duration_seconds: float) -> None:
        self.sleeps.append(duration_seconds)
        self.advance(duration_seconds)


class Beats(threading.Event):
    """An event that a heartbeat waits on, and that lets it beat only when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._pauses: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._stops: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def wait(self, timeout: float | None = None) -> bool:
        self._pauses.put(timeout)
        return self._stops.get(timeout=10)

    def set(self) -> None:
        super().set()
        self._stops.put(True)

    def next_pause(self) -> float | None:
        """Wait until the heartbeat waits again; returns for how long it would."""
        return self._pauses.get(timeout=10)

    def put_pause(self) -> None:
        """Let whoever waits in `next_pause` go on, although the heartbeat will not wait again."""
        self._pauses.put(None)

    def beat(self) -> None:
        """End the heartbeat's wait as if its time had passed."""
        self._stops.put(False)


class Context(LambdaContext):
    """The context of one invoke that may last for so many seconds on the test's clock."""

    _numbers: Iterator[int] = itertools.count(1)

    def __init__(self, clock: Clock, timeout_seconds: float = 30) -> None:
        self._clock = clock
        self._deadline = clock.elapsed + timeout_seconds
        self._function_name = "tested"
        self._memory_limit_in_mb = 128
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:tested"
        self._aws_request_id = f"request-{next(self._numbers)}"

    # Powertools declares a static method, which cannot know of any invoke; Lambda's own is an ordinary one.
    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]
        return max(0, round((self._deadline - self._clock.elapsed) * 1000))


def client_error(code: str, message: str = "no", status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "HTTPHeaders": {},
                "HostId": "",
                "RequestId": "request",
                "RetryAttempts": 0,
            },
        },
        "Call",
    )


class FakeQueue:
    """An SQS client that takes batches, and refuses what it is told to.

    Args:
        sender_faults: business ids refused for good.
        busy: business ids refused this many times before they are taken.
        errors: what the next calls raise; None: nothing.
        silent_about: business ids that the first answer does not mention.
    """

    def __init__(
        self,
        sender_faults: Collection[str] = (),
        busy: Mapping[str, int] = MappingProxyType({}),
        errors: Iterable[Exception | None] = (),
        silent_about: Collection[str] = (),
    ) -> None:
        self.bodies: list[str] = []
        self.entries: list[dict[str, str]] = []
        self.batch_sizes: list[int] = []
        self._sender_faults = sender_faults
        self._busy = dict(busy)
        self._errors = iter(errors)
        self._silent_about = set(silent_about)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 (boto3's)
        assert QueueUrl == QUEUE_URL
        self.batch_sizes.append(len(Entries))
        self.entries += Entries
        error = next(self._errors, None)
        if error is not None:
            raise error
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            self._take(entry, answer)
        return {kind: entries for kind, entries in answer.items() if entries}

    def _take(self, entry: dict[str, str], answer: dict[str, Any]) -> None:
        business_id = json.loads(entry["MessageBody"])["id"]
        if business_id in self._sender_faults:
            fault = {"Code": "InvalidMessageContents", "Message": "refused", "SenderFault": True}
            answer["Failed"].append({"Id": entry["Id"], **fault})
        elif self._busy.get(business_id, 0):
            self._busy[business_id] -= 1
            answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
        elif business_id in self._silent_about:
            self._silent_about.remove(business_id)
        else:
            self.bodies.append(entry["MessageBody"])
            answer["Successful"].append({"Id": entry["Id"], "MessageId": f"sqs-{len(self.bodies)}"})
