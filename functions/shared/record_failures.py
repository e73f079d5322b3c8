"""What becomes of a record of an SQS batch whose work failed.

A retryable error fails the record: SQS delivers the message again. That happens when its visibility timeout ends,
which is as long as the slowest work needs and says nothing about how soon another try makes sense; `ReturnDelay`
therefore makes it visible after a delay of its own. (For that the function needs `sqs:ChangeMessageVisibility`; the
mapping neither has it nor needs it.) Short delays spend receives fast, so the queue's maxReceiveCount has to allow for
them.

With an error that no retry can help, all receives of a message are wasted. `Parking` sends such a message to a
queue of its own, with the reason, and only when SQS has confirmed that may the record succeed and the message be
deleted. If it cannot be parked, the record fails after all: it is retried, and at worst ends in the dead-letter queue.
"""

from __future__ import annotations

import enum
import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws_errors import error_code
from shared.contract import Delivery
from shared.errors import ParkingError
from shared.heartbeat import LIMIT_MARGIN_SECONDS, MAX_HIDDEN_SECONDS
from shared.retry_rules import Backoff, RetryRules, message_rules

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

LONGEST_REASON_CHARACTERS = 1000

# All that XML allows, which is all that SQS takes.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Settled(enum.Enum):
    """How a record ended that does not fail although its work did."""

    PARKED = "parked"
    """Its message is in the parking queue."""

    SWALLOWED = "swallowed"
    """Nothing is left of it."""


class Parking:
    """Sends messages that no retry can help to the parking queue.

    The body is sent as it came. The reason stands in the message attributes `errorType`, `errorMessage`,
    `sourceMessageId`, `sourceQueueArn` and `receiveCount`.

    Args:
        sqs: an SQS client.
        queue_url: the parking queue.
    """

    def __init__(self, sqs: SQSClient, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def park(self, record: SQSRecord, delivery: Delivery, error: Exception) -> None:
        """Park a message.

        Raises:
            ParkingError: SQS did not take it, or nobody knows whether it did.
        """
        values = {
            "errorType": error_code(error),
            "errorMessage": str(error),
            "sourceMessageId": delivery.message_id,
            "sourceQueueArn": record.raw_event.get("eventSourceARN", ""),
            "receiveCount": str(delivery.receive_count),
        }
        attributes = {name: _attribute(value) for name, value in values.items()}
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=record.body, MessageAttributes=attributes)
        except (ClientError, BotoCoreError) as refusal:
            raise ParkingError(f"message {delivery.message_id} could not be parked: {refusal}") from refusal


class ReturnDelay:
    """Says when a message is visible again whose record fails.

    Args:
        sqs: an SQS client.
        queue_url: the queue that the messages come from.
        backoff: how long to wait, by the number of deliveries.
    """

    def __init__(self, sqs: SQSClient, queue_url: str, backoff: Backoff | None = None) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._backoff = Backoff() if backoff is None else backoff

    def apply(self, delivery: Delivery, error: Exception, rules: RetryRules) -> int:
        """Make the message visible again after a delay from now; returns it, in seconds.

        SQS hides no message for longer than 12 hours after it was received, and refuses to try: a delay that would be
        longer is cut.

        Raises:
            ClientError: SQS refused; the message is then visible again after its visibility timeout.
            BotoCoreError: SQS did not answer.
        """
        wanted_seconds = math.ceil(self._backoff.delay_after(error, rules, delivery.receive_count))
        left_seconds = math.floor(delivery.received_at + MAX_HIDDEN_SECONDS - LIMIT_MARGIN_SECONDS - time.time())
        delay_seconds = max(0, min(wanted_seconds, left_seconds))
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=delivery.receipt_handle, VisibilityTimeout=delay_seconds
        )
        return delay_seconds


@dataclass(frozen=True, slots=True)
class RecordFailures:
    """Settles records whose work failed.

    Attributes:
        rules: which errors are retryable.
        parking: where the others go; None: they fail as well.
        return_delay: when failed messages are visible again; None: when their visibility timeout ends.
        swallow: let the others succeed, which deletes their messages. Never of use but to show what it does.
    """

    rules: RetryRules
    parking: Parking | None = None
    return_delay: ReturnDelay | None = None
    swallow: bool = False

    @classmethod
    def failing(cls) -> RecordFailures:
        """Every record whose work failed fails."""
        return cls(message_rules())

    def settle(self, record: SQSRecord, delivery: Delivery, error: Exception) -> Settled:
        """Decide about a record.

        Returns:
            How it ended, where it is to succeed.

        Raises:
            Exception: the record is to fail: with `error`, or with a `ParkingError`.
        """
        if self.rules.is_retryable(error):
            self._delay(delivery, error)
            raise error
        if self.parking is not None:
            self.parking.park(record, delivery, error)
            return Settled.PARKED
        if self.swallow:
            return Settled.SWALLOWED
        raise error

    def _delay(self, delivery: Delivery, error: Exception) -> None:
        if self.return_delay is None:
            return
        try:
            self.return_delay.apply(delivery, error, self.rules)
        except (ClientError, BotoCoreError) as refusal:
            # The record fails in any case, for the reason it has; its message is visible again a little later.
            error.add_note(f"its return could not be delayed: {refusal}")


def _attribute(value: str) -> MessageAttributeValueTypeDef:
    # SQS takes no empty value.
    text = _NOT_IN_XML.sub("?", value)[:LONGEST_REASON_CHARACTERS] or "-"
    return {"DataType": "String", "StringValue": text}
