"""The SQS API in front of the queues: parameters, limits and AWS's error codes (semantics.md A1 to A4, A6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Meter
from delivery_lab.limits.queues import BATCH_ENTRIES, RECEIVE_WAIT, VISIBILITY_TIMEOUT
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import epoch_ms
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.runtime import Caller, Connecting, ConnectionFailed, LongPoll
from delivery_lab.model.sqs import message_attributes
from delivery_lab.model.sqs.administration import Queues
from delivery_lab.model.sqs.batches import entries_of, for_each
from delivery_lab.model.sqs.billing import bodies, count_receive, count_request, count_rest_of_receive
from delivery_lab.model.sqs.message import Delivery
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.sqs.redrive import MoveTasks
from delivery_lab.model.sqs.sending import check_batch, send

Parameters = Mapping[str, Any]
Answer = dict[str, Any]

_CHECKSUMS = {"MessageAttributes": "MD5OfMessageAttributes", "MessageSystemAttributes": "MD5OfMessageSystemAttributes"}

_MOVES: Mapping[str, Callable[[MoveTasks, Parameters], Answer]] = {
    "CancelMessageMoveTask": MoveTasks.cancel,
    "ListMessageMoveTasks": MoveTasks.list,
    "StartMessageMoveTask": MoveTasks.start,
}


class SqsApi:
    """Answers the operations that handlers and workloads use, and refuses the others by name.

    Args:
        sender_id: what `SenderId` of a message says.
        queues: the queues of the account.
        meter: counts requests, which AWS bills.

    Attributes:
        lineage: what the chain of events behind a caller's invoke has run through (ASY-LOOP-1).
        trace: the trace header of a caller's invoke, "" outside invokes (LAM-TRACE-1).
        move_tasks: redrives of dead-letter queues.
        loses_receive: whether the answer to a receive from the queue of an URL is lost (SIM-FAULT-1).
        unanswered: notes that the answer to a caller who had to wait is lost.
    """

    def __init__(
        self, sender_id: str = "AROAEXAMPLE:delivery-lab", queues: Queues | None = None, meter: Meter | None = None
    ) -> None:
        self._sender_id = sender_id
        self.queues = queues or Queues()
        self.lineage: Callable[[str | None], Lineage] = lambda _: NO_LINEAGE
        self.trace: Callable[[str | None], str] = lambda _: ""
        self.move_tasks: MoveTasks | None = None
        self.loses_receive: Callable[[str], bool] = lambda _: False
        self.unanswered: Callable[[Caller], None] = lambda _: None
        self.meter = meter or Meter()
        self._operations: dict[str, Callable[[Parameters, Caller], Answer | LongPoll]] = {
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
        }

    def call(self, operation: str, parameters: Parameters, caller: Caller) -> Answer | LongPoll:
        """Answer one call at the current instant.

        Raises:
            AwsError: AWS would answer with an error.
            ConnectionFailed: the answer is lost.
            NotModelledError: the model does not know the operation.
        """
        if operation in _MOVES and self.move_tasks is not None:
            return _MOVES[operation](self.move_tasks, parameters)
        handler = self._operations.get(operation) or self.queues.operations.get(operation)
        if handler is None:
            known = ", ".join(sorted((*self._operations, *self.queues.operations, *_MOVES)))
            raise NotModelledError(f"the SQS operation {operation} is not modelled (modelled: {known})")
        answer = handler(parameters, caller)
        if operation in self._operations:
            count_request(self.meter, self._queue(parameters).name, operation, parameters, answer)
        return answer

    def _queue(self, parameters: Parameters) -> SqsQueue:
        return self.queues.at(parameters["QueueUrl"])

    # -- sending ------------------------------------------------------------------------------------------

    def _send(self, parameters: Parameters, caller: Caller) -> Answer:
        return self._accept(self._queue(parameters), parameters, caller)

    def _send_batch(self, parameters: Parameters, caller: Caller) -> Answer:
        queue = self._queue(parameters)
        entries = entries_of("SendMessageBatch", parameters)
        check_batch(queue, entries)
        return for_each(entries, lambda number, entry: self._accept(queue, entry, caller, number))

    def _accept(self, queue: SqsQueue, parameters: Parameters, caller: Caller, entry: int | None = None) -> Answer:
        lineage, trace = self.lineage(caller.request_id), self.trace(caller.request_id)
        message = send(queue, parameters, lineage, caller.request_id, entry=entry, trace=trace)
        answer = {"MessageId": message.id, "MD5OfMessageBody": md5_of(parameters["MessageBody"])}
        for name, checksum in _CHECKSUMS.items():
            if parameters.get(name):
                answer[checksum] = message_attributes.md5_of(parameters[name])
        return answer | ({"SequenceNumber": message.sequence_number} if message.sequence_number else {})

    # -- receiving ----------------------------------------------------------------------------------------

    def _receive(self, parameters: Parameters, caller: Caller) -> Answer | LongPoll:
        queue = self._queue(parameters)
        maximum, timeout, wait = _checked_receive(queue, parameters)

        def attempt() -> Answer | None:
            deliveries = queue.receive(maximum, timeout, by=caller.actor)
            return {"Messages": [self._as_api(d, parameters) for d in deliveries]} if deliveries else None

        def attempt_again() -> Answer | ConnectionFailed | None:
            found = count_rest_of_receive(self.meter, queue.name, attempt())
            if found is None or not self.loses_receive(queue.url):
                return found
            self.unanswered(caller)
            return ConnectionFailed(Connecting.CLOSED)

        answer = attempt()
        if answer is not None:
            return self._answered(queue, answer)
        if wait:
            return LongPoll(wait, attempt_again, queue.when_ready, empty={})
        if queue.over_in_flight_limit and not queue.fifo:
            raise errors.OVER_LIMIT.error()
        return {}

    def _answered(self, queue: SqsQueue, answer: Answer) -> Answer:
        if self.loses_receive(queue.url):
            # SQS has done its work, and bills it; only the caller does not know.
            count_receive(self.meter, queue.name, bodies(answer))
            raise ConnectionFailed(Connecting.CLOSED)
        return answer

    def _as_api(self, delivery: Delivery, parameters: Parameters) -> Answer:
        """A message as ReceiveMessage returns it: attributes only as far as the request names them."""
        message = delivery.message
        answer: Answer = {
            "MessageId": message.id,
            "ReceiptHandle": delivery.receipt_handle,
            "MD5OfBody": md5_of(message.body),
            "Body": message.body,
        }
        wanted = {*parameters.get("AttributeNames", ()), *parameters.get("MessageSystemAttributeNames", ())}
        system = {k: v for k, v in self.system_attributes(delivery).items() if "All" in wanted or k in wanted}
        attributes = message_attributes.chosen(message.attributes, parameters.get("MessageAttributeNames", ()))
        if system:
            answer["Attributes"] = system
        if attributes:
            answer["MessageAttributes"] = attributes
            answer["MD5OfMessageAttributes"] = message_attributes.md5_of(attributes)
        return answer

    def system_attributes(self, delivery: Delivery) -> dict[str, str]:
        """The system attributes of a delivered message; all values are text (semantics.md B1)."""
        message = delivery.message
        first = message.first_received_at
        values = {
            "ApproximateReceiveCount": str(delivery.receive_count),
            "SentTimestamp": str(epoch_ms(message.sent_at)),
            "SenderId": self._sender_id,
            "ApproximateFirstReceiveTimestamp": str(epoch_ms(message.received_at if first is None else first)),
        }
        trace = message.system_attributes.get("AWSTraceHeader")
        if trace:
            values["AWSTraceHeader"] = trace["StringValue"]
        if message.dead_letter_source:
            values["DeadLetterQueueSourceArn"] = message.dead_letter_source
        if message.group:
            values["MessageGroupId"] = message.group
        if message.sequence_number:
            values["SequenceNumber"] = message.sequence_number
            values["MessageDeduplicationId"] = message.deduplication_id
        return values

    # -- answering ----------------------------------------------------------------------------------------

    def _delete(self, parameters: Parameters, caller: Caller) -> Answer:
        self._queue(parameters).delete(parameters["ReceiptHandle"], by=caller.actor)
        return {}

    def _delete_batch(self, parameters: Parameters, caller: Caller) -> Answer:
        queue = self._queue(parameters)

        def delete(_: int, entry: Parameters) -> Answer:
            queue.delete(entry["ReceiptHandle"], by=caller.actor)
            return {}

        return for_each(entries_of("DeleteMessageBatch", parameters), delete)

    def _change_visibility(self, parameters: Parameters, caller: Caller) -> Answer:
        _check_visibility(parameters["VisibilityTimeout"])
        self._queue(parameters).change_visibility(parameters["ReceiptHandle"], parameters["VisibilityTimeout"])
        return {}

    def _change_visibility_batch(self, parameters: Parameters, caller: Caller) -> Answer:
        queue = self._queue(parameters)

        def change(_: int, entry: Parameters) -> Answer:
            timeout = entry.get("VisibilityTimeout", 0)
            _check_visibility(timeout)
            queue.change_visibility(entry["ReceiptHandle"], timeout)
            return {}

        return for_each(entries_of("ChangeMessageVisibilityBatch", parameters), change)


def _checked_receive(queue: SqsQueue, parameters: Parameters) -> tuple[int, int | None, float]:
    """Number of messages, visibility timeout and wait of a receive, as far as SQS takes them."""
    if queue.fifo and parameters.get("ReceiveRequestAttemptId"):
        raise NotModelledError(
            f"a ReceiveMessage of {queue.name} has a ReceiveRequestAttemptId, which is not modelled\n"
            "  nearest: leave it out"
        )
    maximum = parameters.get("MaxNumberOfMessages", 1)
    if not BATCH_ENTRIES.allows(maximum):
        raise errors.MAXIMUM_MESSAGES.error(value=maximum)
    timeout = parameters.get("VisibilityTimeout")
    if timeout is not None:
        _check_visibility(timeout)
    wait = parameters.get("WaitTimeSeconds", queue.attributes.receive_wait_seconds)
    if not RECEIVE_WAIT.allows(wait):
        raise errors.WAIT_TIME.error(value=wait)
    return maximum, timeout, wait


def _check_visibility(timeout_seconds: int) -> None:
    if not VISIBILITY_TIMEOUT.allows(timeout_seconds):
        raise errors.VISIBILITY_TIMEOUT.error(value=timeout_seconds)


def md5_of(body: str) -> str:
    """The MD5 that SQS states for a body, in hex digits. It guards against damage, not against people."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
