"""Keeps a message hidden for as long as somebody works on it.

`ChangeMessageVisibility` hides a message for so many seconds *from the moment of the call*, at most until 12 hours
after it was received; asking for more than is left of them is an error, SQS does not clip
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html).
A heartbeat makes that call again and again, from a thread of its own:

    with Heartbeat(sqs, queue_url, receipt_handle, every_seconds=3, extend_to_seconds=10, context=context) as heartbeat:
        first_half()
        heartbeat.raise_if_lost()      # before something that must not be done twice
        second_half()

It is no lock. A standard queue may deliver a message twice while it is hidden, and a handle that has expired is
accepted too, so work that must not be done twice needs an idempotent write as well.

It holds one message, while its block runs. A worker that takes several in a batch has to hold all of them until the
invoke ends, which is when the poller deletes them, or use a batch size of 1.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from shared.aws_errors import is_transient
from shared.errors import HeartbeatLimitError, HeartbeatLostError

MAX_HIDDEN_SECONDS = 43_200
LIMIT_MARGIN_SECONDS = 5
"""How far from the 12 hours a request stays, since SQS counts from an instant a little before ours."""

DELETE_GRACE_SECONDS = 5
"""How long a message stays hidden beyond the end of the invoke, for the poller to delete it."""

RETRY_SECONDS = 1.0
"""How soon a call that was throttled or not answered is made again."""

STOP_PATIENCE_SECONDS = 5.0
"""How long leaving the block waits for a call that is under way. One that lasts longer would take effect while the
environment works for somebody else."""


class ExtendsVisibility(Protocol):
    """The one call of an SQS client that a heartbeat makes."""

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> object:  # noqa: N803 (boto3's names)
        """Hide a message for so many seconds from now."""


class RemainingTime(Protocol):
    """The part of the Lambda context that tells how long the invoke may go on."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invoke times out."""


class Heartbeat:
    """Extends the visibility timeout of one message while its block runs.

    Each beat asks for `extend_to_seconds`, or less: never beyond the 12 hours, and never longer than the invoke can
    still last plus a grace for the poller to delete the message, so that a message whose invoke times out comes
    back soon. The first beat comes after `every_seconds`. What a beat asks for replaces what was left, also when that
    was more.

    A call that was throttled or got no answer is made again a second later. Any other error ends the heartbeat.

    Args:
        sqs: an SQS client. Give it timeouts well below `extend_to_seconds`, together below `STOP_PATIENCE_SECONDS`, and
            no retries of its own: they would make a call last longer than that.
        queue_url: the queue the message came from.
        receipt_handle: the delivery's receipt handle.
        every_seconds: time between two beats, above 0 and below `extend_to_seconds`.
        extend_to_seconds: how long a beat hides the message from then on, 1 to 43,200 whole seconds.
        context: the Lambda context, or None where no invoke ends.
        received_at: Unix time in seconds at which the message was received; None: when the block is entered.
        on_extended: called after each beat, on the heartbeat's thread, with the seconds asked for.
        on_failed: called with the error of each beat that failed, on the heartbeat's thread.
        stop_event: what to wait on between beats; for tests.

    Raises:
        ValueError: a number is out of its bounds.
    """

    def __init__(
        self,
        sqs: ExtendsVisibility,
        queue_url: str,
        receipt_handle: str,
        *,
        every_seconds: float,
        extend_to_seconds: int,
        context: RemainingTime | None = None,
        received_at: float | None = None,
        on_extended: Callable[[int], None] | None = None,
        on_failed: Callable[[Exception], None] | None = None,
        stop_event: threading.Event | None = None,
    ) -> None:
        check_periods(every_seconds, extend_to_seconds)
        self._sqs = sqs
        self._queue_url = queue_url
        self._receipt_handle = receipt_handle
        self._every_seconds = every_seconds
        self._extend_to_seconds = extend_to_seconds
        self._context = context
        self._received_at = received_at
        self._on_extended = on_extended
        self._on_failed = on_failed
        self._stop = threading.Event() if stop_event is None else stop_event
        self._thread: threading.Thread | None = None
        self._abandoned = False
        self._hidden_until: float | None = None
        self._lost_because: Exception | None = None

    @property
    def lost(self) -> bool:
        """Whether the message may have been delivered to somebody else; once true, it stays so.

        That is so when SQS refused to extend it, when what the last beat asked for has run out, and, since nobody
        knows how long the queue itself hides a message, when a beat failed before any had succeeded.
        """
        self._notice_expiry()
        return self._lost_because is not None

    def raise_if_lost(self) -> None:
        """Stop work that must not be done twice.

        Raises:
            HeartbeatLostError: the message may have been delivered to somebody else.
        """
        if self.lost:
            raise HeartbeatLostError(
                f"the message is not held any more and may be worked on elsewhere: {self._lost_because}"
            ) from self._lost_because

    def __enter__(self) -> Heartbeat:
        if self._thread is not None:
            raise RuntimeError("a Heartbeat holds one delivery once: make a new one")
        if self._received_at is None:
            self._received_at = time.time()
        # A daemon, so that a call that hangs cannot keep the process alive.
        self._thread = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_PATIENCE_SECONDS)
            # Lambda freezes a thread that is left behind and thaws it in somebody else's invoke: it must not
            # report anything there.
            self._abandoned = self._thread.is_alive()

    def _beat_until_stopped(self) -> None:
        pause = self._every_seconds
        while not self._stop.wait(pause):
            try:
                self._extend()
            except Exception as error:  # noqa: BLE001 (a thread can tell about an error in no other way)
                if not self._failed(error):
                    return
                pause = min(self._every_seconds, RETRY_SECONDS)
            else:
                pause = self._every_seconds

    def _extend(self) -> None:
        extend_to_seconds = self._affordable_seconds()
        # Counted from before the call: SQS may begin to count at any time until it answers.
        asked_at = time.time()
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=self._receipt_handle, VisibilityTimeout=extend_to_seconds
        )
        # If the old hold ran out while the call was under way, somebody else may have the message: that stays noted.
        self._notice_expiry()
        self._hidden_until = asked_at + extend_to_seconds
        if self._on_extended is not None and not self._abandoned:
            self._on_extended(extend_to_seconds)

    def _notice_expiry(self) -> None:
        if self._lost_because is None and self._hidden_until is not None and time.time() >= self._hidden_until:
            self._lost_because = TimeoutError("the last extension has run out")

    def _affordable_seconds(self) -> int:
        received_at = time.time() if self._received_at is None else self._received_at
        left_of_limit = math.floor(received_at + MAX_HIDDEN_SECONDS - LIMIT_MARGIN_SECONDS - time.time())
        if left_of_limit < 1:
            raise HeartbeatLimitError("the message was received 12 hours ago: SQS hides it no longer")
        affordable = min(self._extend_to_seconds, left_of_limit)
        if self._context is not None:
            left_of_invoke = math.ceil(self._context.get_remaining_time_in_millis() / 1000)
            affordable = min(affordable, left_of_invoke + DELETE_GRACE_SECONDS)
        return affordable

    def _failed(self, error: Exception) -> bool:
        """Note and report a beat that failed; returns whether to go on."""
        again = is_transient(error)
        # At the 12 hours the message is still hidden for what the last beat asked for.
        holding = self._hidden_until is not None and (again or isinstance(error, HeartbeatLimitError))
        if not holding and self._lost_because is None:
            self._lost_because = error
        if self._on_failed is not None and not self._abandoned:
            self._on_failed(error)
        return again


def check_periods(every_seconds: float, extend_to_seconds: int) -> None:
    """Check the two numbers of a heartbeat.

    Raises:
        ValueError: one is out of bounds, or the message would show itself between two beats.
    """
    if not 1 <= extend_to_seconds <= MAX_HIDDEN_SECONDS:
        raise ValueError(f"extend_to_seconds must be from 1 to {MAX_HIDDEN_SECONDS}: {extend_to_seconds}")
    if not every_seconds > 0:
        raise ValueError(f"every_seconds must be above 0: {every_seconds}")
    if every_seconds >= extend_to_seconds:
        raise ValueError(
            f"every_seconds must be below extend_to_seconds ({extend_to_seconds}), "
            f"or the message shows itself between two beats: {every_seconds}"
        )
