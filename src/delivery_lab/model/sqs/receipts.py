"""Receipt handles: which queue, message and receive a handle is of, and how SQS refuses those that cannot be used."""

from __future__ import annotations

from delivery_lab.limits.queues import VISIBILITY_TIMEOUT
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.message import Message
from delivery_lab.rule_ids import RuleId


def handle_of(queue: str, message: Message) -> str:
    """The handle of the receive that has just taken place."""
    return f"{queue}/{message.sequence}/{message.receive_count}"


def read_handle(receipt_handle: str, queue: str) -> tuple[int, int]:
    """The number of the message within the queue, and the number of its receive.

    Raises:
        AwsError: this is no handle of the queue.
    """
    # A queue's name may hold slashes itself: it is labelled with its parent where two share a name.
    name, *numbers = receipt_handle.rsplit("/", 2)
    if name != queue or len(numbers) != 2 or not all(map(_is_number, numbers)):
        raise unknown_handle(receipt_handle)
    sequence, receive_number = map(int, numbers)
    return sequence, receive_number


def _is_number(text: str) -> bool:
    """Whether a part of a handle is a number as `handle_of` writes them, which begin at 1."""
    return text.isdecimal() and text.isascii() and not text.startswith("0")


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


def unknown_handle(receipt_handle: str) -> AwsError:
    """No receive gave out this handle."""
    return AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{receipt_handle}" is not valid.')


def expired_handle(receipt_handle: str) -> AwsError:
    """The handle's time is over (SQS-STALE-5, SQS-STALE-6)."""
    return _unusable(receipt_handle, "The receipt handle has expired.")


def no_such_message(receipt_handle: str) -> AwsError:
    """There is nothing left whose visibility could change (SQS-STALE-4)."""
    return _unusable(receipt_handle, "Message does not exist or is not available for visibility timeout change.")


def beyond_the_longest(timeout_seconds: int) -> AwsError:
    """The receive would last longer than any may (SQS-VT-3)."""
    return AwsError(
        "InvalidParameterValue",
        f"Value {timeout_seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
        f"message is beyond the limit [{VISIBILITY_TIMEOUT.maximum} seconds].",
    )


def _unusable(receipt_handle: str, reason: str) -> AwsError:
    message = f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: {reason}"
    return AwsError("InvalidParameterValue", message)
