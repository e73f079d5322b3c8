"""Receipt handles: which queue, message and receive a handle is of."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sqs.message import Delivery, Message
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import Assumptions, StaleDelete


def handle_of(queue: str, message: Message) -> str:
    """The handle of the receive that has just taken place."""
    return f"{queue}/{message.sequence}/{message.receive_count}"


def delivery_of(queue: str, message: Message, visible_at: int) -> Delivery:
    """The receive that has just taken place, whose visibility timeout ends at an instant."""
    return Delivery(message, handle_of(queue, message), message.receive_count, visible_at, message.sequence)


def read_handle(receipt_handle: str, queue: str) -> tuple[int, int]:
    """The number of the message within the queue, and the number of its receive.

    Raises:
        AwsError: this is no handle of the queue.
    """
    # A queue's name may hold slashes itself: it is labelled with its parent where two share a name.
    name, *numbers = receipt_handle.rsplit("/", 2)
    if len(numbers) != 2 or not all(map(_is_number, numbers)):
        raise errors.RECEIPT_HANDLE.error(handle=receipt_handle)
    if name != queue:
        raise errors.RECEIPT_HANDLE_OF_ANOTHER.error(handle=receipt_handle)
    sequence, receive_number = map(int, numbers)
    return sequence, receive_number


def _is_number(text: str) -> bool:
    """Whether a part of a handle is a number as `handle_of` writes them, which begin at 1."""
    return text.isdecimal() and text.isascii() and not text.startswith("0")


def resolve(
    receipt_handle: str, queue: str, messages: Mapping[int, Message], newest: int
) -> tuple[Message | None, int]:
    """The message of a handle (None if it is gone) and the number of the receive that the handle is of.

    Args:
        receipt_handle: the handle.
        queue: name of the queue.
        messages: what the queue holds, by number.
        newest: number of the newest message that it ever held.

    Raises:
        AwsError: no receive of the queue gave out this handle.
    """
    sequence, receive_number = read_handle(receipt_handle, queue)
    message = messages.get(sequence)
    if sequence > newest or (message is not None and receive_number > message.receive_count):
        raise errors.RECEIPT_HANDLE.error(handle=receipt_handle)
    return message, receive_number


def keeps(assumptions: Assumptions, streams: RandomStreams, queue: str) -> bool:
    """Whether a delete by an older handle leaves its message in the queue (SQS-STALE-2); drawn where it is a coin."""
    if assumptions.stale_delete is StaleDelete.COIN:
        return streams.stream("stale delete", queue).random() < 0.5
    return assumptions.stale_delete is StaleDelete.KEEP


def visibility_rule(timeout_seconds: int, *, replaced: bool, ended: bool) -> RuleId:
    """Id of the rule by which a change of visibility takes effect.

    Args:
        timeout_seconds: the new timeout.
        replaced: the message has been received again since the receive that the handle is of.
        ended: the visibility timeout is over.
    """
    if replaced and timeout_seconds > 0:
        return "SQS-STALE-8"
    if replaced or ended:
        return "SQS-STALE-3"
    return "SQS-VT-2" if timeout_seconds > 0 else "SQS-VT-4"
