"""The naive poller, with clients that answer as the emulator does."""

from __future__ import annotations

import io
import json
from typing import Any

from botocore.exceptions import ClientError

from scripts.naive_poller import NaivePoller


class _Aws:
    """A queue with three batches, and a function that refuses the one with `busy` in it and fails `bad`.

    Attributes:
        deleted: what was deleted.
    """

    def __init__(self) -> None:
        self.waiting = [["a", "bad"], ["busy", "b"], ["c"]]
        self.deleted: set[str] = set()

    def receive_message(self, **_: Any) -> dict[str, Any]:
        if not self.waiting:
            return {}
        batch = self.waiting.pop(0)
        return {
            "Messages": [
                {"MessageId": each, "ReceiptHandle": each, "Body": "{}", "Attributes": {}, "MD5OfBody": ""}
                for each in batch
            ]
        }

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        count = str(len(self.waiting))
        return {
            "Attributes": {"ApproximateNumberOfMessages": count, "ApproximateNumberOfMessagesNotVisible": "0"},
        }

    def delete_message(self, **given: Any) -> None:
        self.deleted.add(given["ReceiptHandle"])

    def invoke(self, **given: Any) -> dict[str, Any]:
        held = [record["messageId"] for record in json.loads(given["Payload"])["Records"]]
        if "busy" in held:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "no"}}, "Invoke")
        failures = [{"itemIdentifier": each} for each in held if each == "bad"]
        return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": failures}).encode())}


def test_a_throttled_batch_is_left_alone_and_only_what_succeeded_is_deleted() -> None:
    aws = _Aws()
    poller = NaivePoller(aws, aws, "http://127.0.0.1/jobs", "arn:aws:sqs:us-east-1:1:jobs", "worker")
    poller.run()
    assert (poller.throttled, aws.deleted) == (1, {"a", "c"})
