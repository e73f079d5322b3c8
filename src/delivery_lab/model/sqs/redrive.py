"""Moving messages out of a dead-letter queue: `StartMessageMoveTask` and its companions (semantics.md A7)."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal, MessageMoved, MoveTaskChanged, MoveTaskStatus
from delivery_lab.limits.queues import MOVE_RATE, MOVE_TASK
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import Scheduler, Timer, epoch_ms, seconds
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rule_ids import RuleId

MOST_RESULTS = 10
ARN_COLONS = 5

RUNNING: MoveTaskStatus = "RUNNING"
CANCELLED: MoveTaskStatus = "CANCELLED"
COMPLETED: MoveTaskStatus = "COMPLETED"
FAILED: MoveTaskStatus = "FAILED"

Parameters = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(slots=True)
class MoveTask:
    """One task.

    Attributes:
        id: its id, which its handle holds.
        source: the dead-letter queue.
        destination: where all messages go, or None: each to the queue that it came from.
        rate: messages a second, or None where the caller left it to SQS.
        waiting: messages still to be moved.
        to_move: how many there were at the start.
        started_at: instant of the start.
        moved: how many were moved.
        status: `RUNNING`, `COMPLETED`, `CANCELLED` or `FAILED`.
        failure: why it failed.
        timer: of the next move.
    """

    id: str
    source: SqsQueue
    destination: SqsQueue | None
    rate: int | None
    waiting: deque[Message]
    to_move: int
    started_at: int
    moved: int = 0
    status: MoveTaskStatus = RUNNING
    failure: str = ""
    timer: Timer | None = None

    @property
    def handle(self) -> str:
        """The text by which it is cancelled."""
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source.arn}).encode()).decode()

    def as_api(self) -> Answer:
        """The task as `ListMessageMoveTasks` shows it."""
        answer: Answer = {
            "Status": self.status,
            "SourceArn": self.source.arn,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": epoch_ms(self.started_at),
        }
        if self.status == RUNNING:
            answer["TaskHandle"] = self.handle
        if self.destination is not None:
            answer["DestinationArn"] = self.destination.arn
        if self.rate is not None:
            answer["MaxNumberOfMessagesPerSecond"] = self.rate
        if self.failure:
            answer["FailureReason"] = self.failure
        return answer


class MoveTasks:
    """The tasks of an account.

    Args:
        queues: all queues, asked at each call.
        scheduler: the run's clock.
        streams: the run's chance, which makes ids.
        journal: where events are written.
    """

    def __init__(
        self,
        queues: Callable[[], Iterable[SqsQueue]],
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
    ) -> None:
        self._queues = queues
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self._tasks: list[MoveTask] = []

    def start(self, parameters: Parameters) -> Answer:
        """`StartMessageMoveTask`.

        Raises:
            AwsError: the source is no queue's dead-letter queue, a queue is missing, the rate is out of bounds, or a
                task of this source is running.
            NotModelledError: the task would take longer than SQS lets it run.
        """
        rate = parameters.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not MOVE_RATE.allows(rate):
            raise errors.MOVE_RATE.error(value=rate)
        source = self._source(parameters["SourceArn"])
        destination = parameters.get("DestinationArn")
        target = None if destination is None else self._queue("DestinationArn", destination)
        if any(task.source is source and task.status == RUNNING for task in self._tasks):
            raise errors.TASK_RUNNING.error()
        ready = deque(source.ready_messages())
        _check_duration(source, len(ready), rate or MOVE_RATE.maximum)
        task = MoveTask(
            self._streams.uuid("move task", source.name),
            source,
            target,
            rate,
            ready,
            len(ready),
            self._scheduler.now,
        )
        self._tasks.append(task)
        self._journal.rely_on("RDR-SOURCE-1", "RDR-END-1")
        if not rate:
            self._journal.rely_on("RDR-RATE-1")
        self._record(task, "RDR-SOURCE-1")
        task.timer = self._scheduler.after(0, self._step, task)
        return {"TaskHandle": task.handle}

    def list(self, parameters: Parameters) -> Answer:
        """`ListMessageMoveTasks`: the newest first.

        Raises:
            AwsError: there is no such queue, or too many results are asked for.
        """
        most = parameters.get("MaxResults", 1)
        if not 1 <= most <= MOST_RESULTS:
            raise errors.MAXIMUM_RESULTS.error(value=most, limit=MOST_RESULTS)
        source = self._queue("SourceArn", parameters["SourceArn"])
        mine = [task.as_api() for task in reversed(self._tasks) if task.source is source]
        return {"Results": mine[:most]}

    def cancel(self, parameters: Parameters) -> Answer:
        """`CancelMessageMoveTask`: what was moved stays moved (RDR-CANCEL-1).

        Raises:
            AwsError: no task of that handle is running.
        """
        task_id, source_arn = _read_handle(parameters["TaskHandle"])
        source = self._queue("SourceArn", source_arn)
        task = next((task for task in self._tasks if task.id == task_id and task.source is source), None)
        if task is None:
            raise errors.TASK_MISSING.error()
        if task.status != RUNNING:
            raise errors.TASK_ENDED.error(why=f"This one is {task.status}.")
        if task.timer is not None:
            task.timer.cancel()
        self._end(task, CANCELLED, "RDR-CANCEL-1")
        return {"ApproximateNumberOfMessagesMoved": task.moved}

    # -- moving -------------------------------------------------------------------------------------------

    def _step(self, task: MoveTask) -> None:
        """Move one message; what has left the dead-letter queue in the meantime is skipped."""
        while task.waiting and task.waiting[0].queue is not task.source:
            task.waiting.popleft()
        if not task.waiting:
            self._end(task, COMPLETED, "RDR-END-1")
            return
        if task.destination is not None and task.destination not in self._queues():
            task.failure = errors.QUEUE_MISSING.code
            self._end(task, FAILED, "SQS-GONE-1")
            return
        message = task.waiting.popleft()
        target = task.destination or self._origin(message)
        if target is None:
            task.failure = "CouldNotDetermineMessageSource"
            self._end(task, FAILED, "RDR-SOURCE-2")
            return
        self._move(message, target, task)
        task.moved += 1
        gap = seconds(1 / (task.rate or MOVE_RATE.maximum))
        task.timer = self._scheduler.after(gap if task.waiting else 0, self._step, task)

    def _move(self, message: Message, target: SqsQueue, task: MoveTask) -> None:
        """The message becomes a new one: new id, new retention (RDR-NEW-1), new count (RDR-NEW-2)."""
        now = self._scheduler.now
        task.source.remove(message)
        moved = Message(
            id=self._streams.uuid("message id", target.name),
            body=message.body,
            sent_at=now,
            attributes=message.attributes,
            system_attributes=message.system_attributes,
            group=message.group,
            deduplication_id=message.deduplication_id,
            sequence_number=message.sequence_number,
        )
        self._journal.rely_on("RDR-NEW-2")
        self._journal.append(
            MessageMoved(
                now,
                "RDR-NEW-1",
                task.source.name,
                message.id,
                target=target.name,
                new_message=moved.id,
                task=task.id,
            )
        )
        target.take_in(moved, now)

    def _origin(self, message: Message) -> SqsQueue | None:
        return next((queue for queue in self._queues() if queue.arn == message.dead_letter_source), None)

    def _end(self, task: MoveTask, status: MoveTaskStatus, rule: RuleId) -> None:
        task.status = status
        task.timer = None
        task.waiting.clear()
        self._record(task, rule)

    def _record(self, task: MoveTask, rule: RuleId) -> None:
        self._journal.append(
            MoveTaskChanged(
                self._scheduler.now,
                rule,
                task.source.name,
                task.id,
                status=task.status,
                moved=task.moved,
                failure=task.failure,
            )
        )

    # -- finding ------------------------------------------------------------------------------------------

    def _queue(self, parameter: str, arn: str) -> SqsQueue:
        """The queue that a parameter names.

        Raises:
            AwsError: the text is no ARN, or there is no such queue.
        """
        if arn.count(":") != ARN_COLONS:
            raise errors.ARN_FORM.error(name=parameter)
        for queue in self._queues():
            if queue.arn == arn:
                return queue
        raise errors.RESOURCE_MISSING.error(name=parameter)

    def _source(self, arn: str) -> SqsQueue:
        source = self._queue("SourceArn", arn)
        if not any(queue.dead_letter_queue is source for queue in self._queues()):
            raise errors.NO_DEAD_LETTER_QUEUE.error()
        return source


def _read_handle(handle: str) -> tuple[str, str]:
    """Id of the task and ARN of its source.

    Raises:
        AwsError: the text is no handle.
    """
    try:
        content = json.loads(base64.b64decode(handle, validate=True))
        return str(content["taskId"]), str(content["sourceArn"])
    except (ValueError, TypeError, KeyError):
        raise errors.TASK_HANDLE.error() from None


def _check_duration(source: SqsQueue, messages: int, rate: int) -> None:
    """Refuse a task that SQS would end before it is done (RDR-RATE-2)."""
    takes_seconds = messages / rate
    if takes_seconds > MOVE_TASK.maximum:
        raise NotModelledError(
            f"moving {messages} messages out of {source.name} at {rate} a second takes {takes_seconds / 3_600:.1f} h; "
            f"SQS ends a task after {MOVE_TASK.maximum / 3_600:g} h (RDR-RATE-2), and what it leaves behind is not "
            "modelled\n  nearest: a higher rate"
        )
