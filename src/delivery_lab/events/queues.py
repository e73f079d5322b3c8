"""Events of SQS queues and their messages. `queue` and `target` are names of queues, `message` is SQS's message id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.events.base import Actor, EventBase

MoveTaskStatus = Literal["RUNNING", "COMPLETED", "FAILED", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class QueueConfigured(EventBase):
    """A queue has these attributes from now on: written when it is deployed and when they change.

    Attributes:
        queue: name of the queue.
        fifo: whether it is a FIFO queue.
        visibility_timeout_seconds: the visibility timeout of receives that name none.
        retention_seconds: how long it keeps messages.
        max_receive_count: receives after which a message is dead-lettered, None without a redrive policy.
        dead_letter_queue: name of its dead-letter queue, None without one.
    """

    queue: str
    fifo: bool
    visibility_timeout_seconds: int
    retention_seconds: int
    max_receive_count: int | None
    dead_letter_queue: str | None


@dataclass(frozen=True, slots=True)
class MessageSent(EventBase):
    """A queue accepted a message.

    Attributes:
        queue: name of the queue.
        message: its id.
        body: its text.
        group: its message group, None on a standard queue, where groups keep no order.
        attributes: the text values of its message attributes.
        invoke: the invoke whose code sent it, None where no handler did.
        visible_at_us: instant from which a receive may return it, later than now with a delay.
    """

    queue: str
    message: str
    body: str
    group: str | None
    attributes: tuple[str, ...]
    invoke: str | None
    visible_at_us: int


@dataclass(frozen=True, slots=True)
class TenantNamed(EventBase):
    """A message that a standard queue has just accepted names its tenant, by its MessageGroupId.

    Attributes:
        queue: name of the queue.
        message: its id.
        tenant: the group.
    """

    queue: str
    message: str
    tenant: str


@dataclass(frozen=True, slots=True)
class SendDeduplicated(EventBase):
    """A FIFO queue took a send for a repetition of an earlier one: there is no new message.

    Attributes:
        queue: name of the queue.
        message: id of the message that was repeated.
    """

    queue: str
    message: str


@dataclass(frozen=True, slots=True)
class MessageReceived(EventBase):
    """A receive returned a message.

    Attributes:
        queue: name of the queue.
        message: its id.
        receive_count: receives so far with this one, over all queues that it has been in.
        by: who received it.
        visible_at_us: instant at which the visibility timeout of this receive ends, unless it is changed.
    """

    queue: str
    message: str
    receive_count: int
    by: Actor
    visible_at_us: int


@dataclass(frozen=True, slots=True)
class MessageReturned(EventBase):
    """A message is visible again because the visibility timeout of a receive is over.

    Attributes:
        queue: name of the queue.
        message: its id.
        since_us: instant at which the timeout ended; before `instant_us` where the queue was not looked at until now.
    """

    queue: str
    message: str
    since_us: int


@dataclass(frozen=True, slots=True)
class MessageDeleted(EventBase):
    """A message was deleted.

    Attributes:
        queue: name of the queue.
        message: its id.
        by: who deleted it.
    """

    queue: str
    message: str
    by: Actor


@dataclass(frozen=True, slots=True)
class DeleteIgnored(EventBase):
    """A delete was accepted and had no effect, by its rule.

    The handle was an older one, a copy missed the delete, or retention had taken the message before (SQS-RET-4).

    Attributes:
        queue: name of the queue.
        message: its id.
        by: who wanted to delete it.
    """

    queue: str
    message: str
    by: Actor


@dataclass(frozen=True, slots=True)
class VisibilityChanged(EventBase):
    """The visibility timeout of a receive ends at another time.

    Attributes:
        queue: name of the queue.
        message: its id.
        timeout_seconds: how long from now; 0 makes the message visible at once.
    """

    queue: str
    message: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class MessageDeadLettered(EventBase):
    """A queue moved a message to its dead-letter queue.

    Attributes:
        queue: name of the queue.
        message: its id, which it keeps.
        target: name of the dead-letter queue.
    """

    queue: str
    message: str
    target: str


@dataclass(frozen=True, slots=True)
class MessageExpired(EventBase):
    """Retention ended a message.

    Attributes:
        queue: name of the queue that it was in, which may be a dead-letter queue.
        message: its id.
    """

    queue: str
    message: str


@dataclass(frozen=True, slots=True)
class MessageFiltered(EventBase):
    """A mapping's filter matched a message with none of its patterns; the mapping deletes it next.

    Attributes:
        queue: name of the queue.
        message: its id.
        mapping: name of the mapping.
        wanted_by: names of other mappings of the queue whose filters let it through: it is lost to them.
    """

    queue: str
    message: str
    mapping: str
    wanted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageMoved(EventBase):
    """A redrive moved a message out of a dead-letter queue, where it becomes a new message.

    Attributes:
        queue: name of the dead-letter queue.
        message: its id until now.
        target: name of the queue that it was moved to.
        new_message: its id from now on.
        task: id of the move task.
    """

    queue: str
    message: str
    target: str
    new_message: str
    task: str


@dataclass(frozen=True, slots=True)
class MoveTaskChanged(EventBase):
    """The task that moves messages out of a dead-letter queue began, or ended.

    Attributes:
        queue: name of the dead-letter queue.
        task: id of the task.
        status: `RUNNING` when it begins, another when it ends.
        moved: messages moved so far.
        failure: why it failed, in AWS's word, "" where it did not.
    """

    queue: str
    task: str
    status: MoveTaskStatus
    moved: int
    failure: str
