"""Sends many messages to a queue, and tells exactly which of them SQS took.

`SendMessageBatch` answers 200 even when it refused some entries, so its answer has to be looked at entry by
entry: what SQS could not take for reasons of its own is tried again, what was the sender's fault is not
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws_errors import error_code, is_transient

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_ENTRIES = 10
ATTEMPTS = 5
BACKOFF_BASE_SECONDS = 0.1
BACKOFF_CAP_SECONDS = 2.0
ANSWER_RESERVE_MS = 2000
"""What is left of the invoke when sending stops, so that there is time to answer what was sent and what was not."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: its business id and its body, and what a FIFO queue wants to know besides.

    Attributes:
        id: the business id.
        body: the body.
        group: the message group, "" for a queue without order.
        deduplication_id: what SQS knows the message by when it is sent again; "" where the body says it all.
    """

    id: str
    body: str
    group: str = ""
    deduplication_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that SQS has not confirmed, with the last code and text it gave."""

    id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SendReport:
    """How sending went.

    Attributes:
        accepted: number of messages that SQS took.
        refused: messages that it did not take, or of which nobody knows.
    """

    accepted: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why SQS has not taken an entry; `whole_call`: the call failed, so later batches would meet the same end."""

    code: str
    message: str
    retry: bool
    whole_call: bool = False


class Sender:
    """Sends messages in batches of ten, with bounded retries.

    Args:
        sqs: an SQS client.
        queue_url: the queue.
        on_accepted: called with the business id and the SQS message id as soon as SQS has taken a message.
        remaining_ms: time left of the invoke, in milliseconds.
    """

    def __init__(
        self,
        sqs: SQSClient,
        queue_url: str,
        *,
        on_accepted: Callable[[str, str], None],
        remaining_ms: Callable[[], int],
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._on_accepted = on_accepted
        self._remaining_ms = remaining_ms

    def send(self, messages: Sequence[Outgoing]) -> SendReport:
        """Send all messages, as far as SQS takes them and the time of the invoke lasts."""
        refused: list[Refused] = []
        for start in range(0, len(messages), BATCH_ENTRIES):
            end = start + BATCH_ENTRIES
            refused_here, halt = self._send_batch(messages[start:end])
            refused += refused_here
            if halt is not None:
                refused += [Refused(message.id, halt.code, halt.message) for message in messages[end:]]
                break
        return SendReport(accepted=len(messages) - len(refused), refused=tuple(refused))

    def _send_batch(self, batch: Sequence[Outgoing]) -> tuple[list[Refused], _Reason | None]:
        """Send up to ten messages; returns those refused for good, and why to stop altogether, if so."""
        # Positions name the entries: business ids may hold characters that SQS refuses in an entry's id.
        pending = {str(position): message for position, message in enumerate(batch)}
        refused: list[Refused] = []
        reasons: dict[str, _Reason] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2**attempt)))
            reasons = self._try_once(pending)
            last = attempt == ATTEMPTS - 1
            for entry, reason in reasons.items():
                if last or not reason.retry:
                    refused.append(Refused(pending.pop(entry).id, reason.code, reason.message))
            if not pending:
                break
        return refused, next((reason for reason in reasons.values() if reason.whole_call), None)

    def _try_once(self, pending: dict[str, Outgoing]) -> dict[str, _Reason]:
        """Make one call. Takes what SQS accepted out of `pending`, and says why the rest is still there."""
        if self._remaining_ms() < ANSWER_RESERVE_MS:
            late = _Reason("OutOfTime", "the invoke was about to time out", retry=False, whole_call=True)
            return dict.fromkeys(pending, late)
        try:
            answer = self._sqs.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[_entry(entry, message) for entry, message in pending.items()],
            )
        except (ClientError, BotoCoreError) as error:
            failed = _Reason(error_code(error), str(error), retry=is_transient(error), whole_call=True)
            return dict.fromkeys(pending, failed)
        for accepted in answer.get("Successful", []):
            self._on_accepted(pending.pop(accepted["Id"]).id, accepted["MessageId"])
        refused = {entry["Id"]: entry for entry in answer.get("Failed", [])}
        reasons = {}
        for entry in pending:
            about = refused.get(entry)
            if about is None:
                # Not named in the answer at all. Sending it twice is safer than not at all.
                reasons[entry] = _Reason("NoAnswer", "SQS did not say what became of it", retry=True)
            else:
                reasons[entry] = _Reason(about["Code"], about.get("Message", ""), retry=not about["SenderFault"])
        return reasons


def _entry(name: str, message: Outgoing) -> SendMessageBatchRequestEntryTypeDef:
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": name, "MessageBody": message.body}
    if message.group:
        entry["MessageGroupId"] = message.group
    if message.deduplication_id:
        entry["MessageDeduplicationId"] = message.deduplication_id
    return entry
