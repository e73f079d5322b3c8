"""The SQS of the model against moto's, on random sequences of API calls: where they differ, a rule says why.

moto is another program that somebody else wrote from AWS's documentation. What each of the two answers is compared call
by call: what is received and how often it was, which calls are refused, how many messages are visible, in flight and
delayed. Where the two differ, the difference has to be a rule with a source, or is a mistake of the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import time_machine
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws

from delivery_lab.model.runtime import AwsError
from tests.model.support import World

_START = 1_767_225_600
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_MOST = 10
"""So many messages at most: a receive returns all that are visible, whichever comes first."""
WAITS = st.sampled_from([1, 2, 5, 10, 29, 30, 31, 100])


class _Both(RuleBasedStateMachine):
    """Asks both the same."""

    fifo = False

    @initialize(visibility=st.sampled_from([0, 5, 30]), limit=st.integers(1, 3), delay=st.sampled_from([0, 0, 5]))
    def begin(self, visibility: int, limit: int, delay: int) -> None:
        self._clock = time_machine.travel(_START, tick=False)
        self._time = self._clock.start()
        self._mock = mock_aws()
        self._mock.start()
        self.moto: Any = boto3.client(
            "sqs",
            "us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.world = World()
        ending = ".fifo" if self.fifo else ""
        dead = self._make(f"dead{ending}", visibility, 0)
        self._make(f"jobs{ending}", visibility, delay, (dead, limit))
        self.urls = {
            place: (
                f"https://sqs.us-east-1.amazonaws.com/123456789012/{place}{ending}",
                self.moto.get_queue_url(QueueName=f"{place}{ending}")["QueueUrl"],
            )
            for place in ("jobs", "dead")
        }
        self.sent = 0
        self.handles: dict[str, list[tuple[str, str, str]]] = {"jobs": [], "dead": []}
        """By queue: body, handle of ours, handle of moto's."""

    def teardown(self) -> None:
        if hasattr(self, "moto"):
            self._mock.stop()
            self._clock.stop()

    def _make(self, name: str, visibility: int, delay: int, redrive: tuple[Any, int] | None = None) -> Any:
        attributes = {"VisibilityTimeout": str(visibility), "DelaySeconds": str(delay)}
        if self.fifo:
            attributes |= {"FifoQueue": "true"}
        if redrive is not None:
            policy = {"deadLetterTargetArn": redrive[0].arn, "maxReceiveCount": redrive[1]}
            attributes["RedrivePolicy"] = json.dumps(policy)
        self.moto.create_queue(QueueName=name, Attributes=attributes)
        make = self.world.fifo if self.fifo else self.world.queue
        given = {} if redrive is None else {"dead_letters": redrive[0], "max_receive_count": redrive[1]}
        return make(name, visibility=visibility, delay=delay, **given)

    def _ask(self, operation: str, place: str, ours: Mapping[str, Any], motos: Mapping[str, Any]) -> tuple[Any, Any]:
        """What both answer; an error as its code."""
        own_url, moto_url = self.urls[place]
        try:
            one: Any = self.world.sqs(operation, QueueUrl=own_url, **ours)
        except AwsError as error:
            one = error.code
        method = "".join(f"_{char.lower()}" if char.isupper() else char for char in operation).lstrip("_")
        try:
            other: Any = getattr(self.moto, method)(QueueUrl=moto_url, **motos)
        except ClientError as error:
            other = error.response["Error"]["Code"]
        self._time.shift(0.001)  # moto's messages are visible after an instant, not at it
        return one, other

    @precondition(lambda self: self.sent < _MOST)
    @rule(delay=st.one_of(st.none(), st.integers(0, 10)), group=st.sampled_from("ab"), twin=st.booleans())
    def send(self, delay: int | None, group: str, twin: bool) -> None:
        body = f"m{self.sent}"
        given: dict[str, Any] = {"MessageBody": body}
        if self.fifo:
            before = f"m{self.sent - 1}"
            # moto forgets a deduplication id with its message; SQS keeps it for five minutes (SQS-FIFO-3).
            dedup = before if twin and before in self._bodies() else body
            given |= {"MessageGroupId": group, "MessageDeduplicationId": dedup}
        elif delay is not None:
            given["DelaySeconds"] = delay
        self.sent += 1
        one, other = self._ask("SendMessage", "jobs", given, given)
        assert isinstance(one, dict), one
        assert one["MD5OfMessageBody"] == other["MD5OfMessageBody"]

    @precondition(lambda self: self.sent < _MOST - 3)
    @rule(delays=st.lists(st.integers(0, 3), min_size=1, max_size=3))
    def send_batch(self, delays: list[int]) -> None:
        entries = []
        for number, delay in enumerate(delays):
            entry: dict[str, Any] = {"Id": str(number), "MessageBody": f"m{self.sent}"}
            if self.fifo:
                entry |= {"MessageGroupId": "ab"[number % 2], "MessageDeduplicationId": f"m{self.sent}"}
            else:
                entry["DelaySeconds"] = delay
            self.sent += 1
            entries.append(entry)
        one, other = self._ask("SendMessageBatch", "jobs", {"Entries": entries}, {"Entries": entries})
        assert [each["Id"] for each in one["Successful"]] == [each["Id"] for each in other["Successful"]]
        assert not one.get("Failed")
        assert not other.get("Failed")

    @rule(place=st.sampled_from(["jobs", "jobs", "dead"]), timeout=st.one_of(st.none(), st.integers(0, 40)))
    def receive(self, place: str, timeout: int | None) -> None:
        given: dict[str, Any] = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]}
        if timeout is not None:
            given["VisibilityTimeout"] = timeout
        one, other = self._ask("ReceiveMessage", place, given, given)
        mine = {each["Body"]: each for each in one.get("Messages", [])}
        theirs = {each["Body"]: each for each in other.get("Messages", [])}
        assert self._told(mine) == self._told(theirs)
        if self.fifo:
            assert self._by_group(mine) == self._by_group(theirs)
        for body, each in mine.items():
            self.handles[place].append((body, each["ReceiptHandle"], theirs[body]["ReceiptHandle"]))

    @staticmethod
    def _told(messages: Mapping[str, Any]) -> dict[str, str]:
        return {body: each["Attributes"]["ApproximateReceiveCount"] for body, each in sorted(messages.items())}

    @staticmethod
    def _by_group(messages: Mapping[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for body, each in messages.items():
            found.setdefault(each["Attributes"]["MessageGroupId"], []).append(body)
        return found

    def _newest(self, place: str) -> list[tuple[str, str, str]]:
        return list({handle[0]: handle for handle in self.handles[place]}.values())

    def _bodies(self) -> set[str]:
        """Bodies of what is in the queue."""
        return {message.body for message in self.world.account.sqs.queues.at(self.urls["jobs"][0]).messages}

    def _usable(self) -> list[tuple[str, str, str]]:
        """Newest handles; on a FIFO queue those that have not expired, which moto takes all the same (SQS-STALE-6)."""
        newest = self._newest("jobs")
        if not self.fifo:
            return newest
        queue = self.world.account.sqs.queues.at(self.urls["jobs"][0])
        held = {message.body for message in queue.messages if message.in_flight}
        return [handle for handle in newest if handle[0] in held]

    @precondition(lambda self: self._usable())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        handle = data.draw(st.sampled_from(self._usable()))
        one, other = self._ask("DeleteMessage", "jobs", {"ReceiptHandle": handle[1]}, {"ReceiptHandle": handle[2]})
        assert self._is_refused(one) == self._is_refused(other), (one, other)

    @precondition(lambda self: self._usable())
    @rule(data=st.data())
    def delete_batch(self, data: st.DataObject) -> None:
        handles = data.draw(st.lists(st.sampled_from(self._usable()), min_size=1, max_size=3, unique=True))
        mine = [{"Id": str(number), "ReceiptHandle": each[1]} for number, each in enumerate(handles)]
        theirs = [{"Id": str(number), "ReceiptHandle": each[2]} for number, each in enumerate(handles)]
        one, other = self._ask("DeleteMessageBatch", "jobs", {"Entries": mine}, {"Entries": theirs})
        for part in ("Successful", "Failed"):
            assert [each["Id"] for each in one.get(part, [])] == [each["Id"] for each in other.get(part, [])]

    @precondition(lambda self: self._usable())
    @rule(data=st.data(), timeout=st.sampled_from([0, 1, 10, 40, 43_201]))
    def change_visibility(self, data: st.DataObject, timeout: int) -> None:
        _, mine, theirs = data.draw(st.sampled_from(self._usable()))
        given = {"VisibilityTimeout": timeout}
        one, other = self._ask(
            "ChangeMessageVisibility", "jobs", {"ReceiptHandle": mine, **given}, {"ReceiptHandle": theirs, **given}
        )
        assert self._is_refused(one) == self._is_refused(other), (one, other)

    @rule(place=st.sampled_from(["jobs", "dead"]))
    def purge(self, place: str) -> None:
        one, other = self._ask("PurgeQueue", place, {}, {})
        assert self._is_refused(one) == self._is_refused(other), (one, other)

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds)
        self._time.shift(seconds)

    @staticmethod
    def _is_refused(answer: Any) -> bool:
        return isinstance(answer, str)

    @invariant()
    def both_count_the_same(self) -> None:
        if not hasattr(self, "handles"):
            return
        for place in ("jobs", "dead"):
            names = {"AttributeNames": list(_COUNTS)}
            one, other = self._ask("GetQueueAttributes", place, names, names)
            assert {name: one["Attributes"][name] for name in _COUNTS} == {
                name: other["Attributes"][name] for name in _COUNTS
            }, place


class StandardAgainstMoto(_Both):
    """A standard queue."""


class FifoAgainstMoto(_Both):
    """A FIFO queue."""

    fifo = True


_SEQUENCES = settings(max_examples=20, stateful_step_count=20, deadline=None, derandomize=True)
StandardAgainstMoto.TestCase.settings = _SEQUENCES
FifoAgainstMoto.TestCase.settings = _SEQUENCES
test_a_standard_queue_and_moto_s_answer_the_same = StandardAgainstMoto.TestCase
test_a_fifo_queue_and_moto_s_answer_the_same = FifoAgainstMoto.TestCase
