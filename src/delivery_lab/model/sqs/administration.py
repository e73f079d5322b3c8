"""The operations of SQS that concern queues themselves: their attributes, and emptying, deleting and finding them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.limits.queues import LISTED_QUEUES, PURGE_SECONDS, RETENTION_SPREAD_SECONDS, SPREAD_SECONDS
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import Scheduler, epoch_ms, seconds
from delivery_lab.model.elsewhere import line_of
from delivery_lab.model.runtime import Caller
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, QueueAttributes
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, AttributeSpread

Parameters = Mapping[str, Any]
Answer = dict[str, Any]

_ALL = "All"
_ANSWERED = frozenset(
    {
        _ALL,
        *QueueAttributes.names(),
        "QueueArn",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
    }
)


def nothing_uses(_: SqsQueue) -> str:
    """No other resource relies on a queue."""
    return ""


@dataclass(slots=True)
class _Record:
    """What the service knows of a queue besides.

    Attributes:
        stated: the attributes that it answers; those that hold may lag behind (SQS-SPREAD-1).
        created_at: instant of its creation.
        modified_at: instant at which attributes were last set.
        purged_at: instant of the last purge, None without one.
    """

    stated: QueueAttributes
    created_at: int
    modified_at: int
    purged_at: int | None = None


class Queues:
    """The queues of an account and region.

    Args:
        scheduler: the run's clock; None where nothing but messages is asked for.
        journal: where it is noted which rules a run relies on.
        assumptions: values for what AWS does not say.

    Attributes:
        used_by: what of the account relies on a queue, in words; "" for nothing.
    """

    def __init__(
        self, scheduler: Scheduler | None = None, journal: Journal | None = None, assumptions: Assumptions = DEFAULTS
    ) -> None:
        self._scheduler = scheduler
        self._rely_on = (journal or Journal()).rely_on
        self._assumptions = assumptions
        self._by_url: dict[str, SqsQueue] = {}
        self._records: dict[str, _Record] = {}
        self.used_by: Callable[[SqsQueue], str] = nothing_uses
        self.operations: dict[str, Callable[[Parameters, Caller], Answer]] = {
            "DeleteQueue": self._delete,
            "GetQueueAttributes": self._get_attributes,
            "GetQueueUrl": self._get_url,
            "ListDeadLetterSourceQueues": self._list_sources,
            "ListQueues": self._list,
            "PurgeQueue": self._purge,
            "SetQueueAttributes": self._set_attributes,
        }

    def add(self, queue: SqsQueue) -> None:
        """Make a queue reachable by its URL and name."""
        self._by_url[queue.url] = queue

    @property
    def all(self) -> list[SqsQueue]:
        """Every queue that exists now."""
        return list(self._by_url.values())

    def at(self, url: str) -> SqsQueue:
        """The queue of a URL, for which its bare name may stand.

        Raises:
            AwsError: there is none.
        """
        queue = self._by_url.get(url) or next((queue for queue in self.all if name_of(queue) == url), None)
        if queue is None:
            raise errors.QUEUE_MISSING.error()
        return queue

    # -- finding ------------------------------------------------------------------------------------------

    def _get_url(self, parameters: Parameters, _: Caller) -> Answer:
        owner = parameters.get("QueueOwnerAWSAccountId")
        for queue in self.all:
            if name_of(queue) == parameters["QueueName"] and owner in (None, queue.arn.split(":")[4]):
                return {"QueueUrl": queue.url}
        raise errors.QUEUE_MISSING.error()

    def _list(self, parameters: Parameters, _: Caller) -> Answer:
        """Queues by name, a page at a time where a size of pages is given (SQS-LIST-1)."""
        prefix = parameters.get("QueueNamePrefix") or ""
        found = sorted((queue for queue in self.all if name_of(queue).startswith(prefix)), key=name_of)
        return _page([queue.url for queue in found], parameters, "QueueUrls")

    def _list_sources(self, parameters: Parameters, _: Caller) -> Answer:
        queue = self.at(parameters["QueueUrl"])
        sources = sorted((source for source in self.all if source.dead_letter_queue is queue), key=name_of)
        return {"queueUrls": []} | _page([source.url for source in sources], parameters, "queueUrls")

    # -- attributes ---------------------------------------------------------------------------------------

    def _get_attributes(self, parameters: Parameters, _: Caller) -> Answer:
        queue = self.at(parameters["QueueUrl"])
        record = self._record(queue)
        wanted = set(parameters.get("AttributeNames", ()))
        ready, in_flight, delayed = queue.counts()
        values = {
            **record.stated.as_text(),
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(ready),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "CreatedTimestamp": str(epoch_ms(record.created_at) // 1_000),
            "LastModifiedTimestamp": str(epoch_ms(record.modified_at) // 1_000),
        }
        of_fifo = QueueAttributes.fifo_names()
        for name in wanted:
            if name not in _ANSWERED or (name in of_fifo and not queue.fifo):
                raise errors.UNKNOWN_ATTRIBUTE.error(name=name)
        chosen = values if _ALL in wanted else {k: v for k, v in values.items() if k in wanted}
        return {"Attributes": chosen} if chosen else {}

    def _set_attributes(self, parameters: Parameters, caller: Caller) -> Answer:
        """Set attributes: they are answered at once, and hold once they have spread (SQS-SPREAD-1)."""
        queue = self.at(parameters["QueueUrl"])
        record = self._record(queue)
        changed = record.stated.changed(parameters["Attributes"])
        target = None if changed.redrive is None else redrive_target(queue, changed.redrive, self.all)
        record.stated, record.modified_at = changed, self._now
        if caller.request_id is None or self._assumptions.attribute_spread is AttributeSpread.AT_ONCE:
            # Outside an invoke it is a deployment that calls, and what is deployed has spread when a run begins.
            queue.dead_letter_queue = target
            queue.set_attributes(changed)
            return {}
        queue.set_attributes(replace(queue.attributes, maximum_message_bytes=changed.maximum_message_bytes))
        if changed != queue.attributes:
            self._rely_on("SQS-SPREAD-1")
            self._after(SPREAD_SECONDS, lambda: self._hold(queue, changed, target))
            if changed.retention_seconds != queue.attributes.retention_seconds:
                self._after(RETENTION_SPREAD_SECONDS, lambda: self._hold_retention(queue, changed.retention_seconds))
        return {}

    def _hold(self, queue: SqsQueue, attributes: QueueAttributes, target: SqsQueue | None) -> None:
        queue.dead_letter_queue = target
        queue.set_attributes(replace(attributes, retention_seconds=queue.attributes.retention_seconds))

    def _hold_retention(self, queue: SqsQueue, retention_seconds: int) -> None:
        queue.set_attributes(replace(queue.attributes, retention_seconds=retention_seconds))

    # -- emptying and deleting ----------------------------------------------------------------------------

    def _purge(self, parameters: Parameters, caller: Caller) -> Answer:
        """Delete every message of a queue (SQS-PURGE-1, SQS-PURGE-2)."""
        queue = self.at(parameters["QueueUrl"])
        record = self._record(queue)
        if record.purged_at is not None and self._now < record.purged_at + seconds(PURGE_SECONDS):
            self._rely_on("SQS-PURGE-1")
            raise errors.PURGE_IN_PROGRESS.error(queue=name_of(queue))
        record.purged_at = self._now
        self._rely_on("SQS-PURGE-2")
        queue.clear("SQS-PURGE-2", caller.actor)
        return {}

    def _delete(self, parameters: Parameters, caller: Caller) -> Answer:
        """Delete a queue with its messages (SQS-GONE-1).

        Raises:
            NotModelledError: something of the account relies on it.
        """
        queue = self.at(parameters["QueueUrl"])
        used_by = self.used_by(queue)
        if used_by:
            raise NotModelledError(
                f"{caller.function} deletes {queue.name}, and {used_by}; what AWS does then is not modelled\n"
                "  nearest: PurgeQueue, or a queue that no other resource of the stack names"
            )
        self._rely_on("SQS-GONE-1")
        queue.clear("SQS-GONE-1", caller.actor)
        del self._by_url[queue.url]
        return {}

    # -- records ------------------------------------------------------------------------------------------

    def _record(self, queue: SqsQueue) -> _Record:
        """What is known of a queue; one that nobody has asked about stands as it was deployed."""
        return self._records.setdefault(queue.url, _Record(queue.attributes, 0, 0))

    @property
    def _now(self) -> int:
        return self._clock.now

    def _after(self, delay_seconds: int, act: Callable[[], None]) -> None:
        # No reason for a run to go on: attributes that hold move no message by themselves.
        self._clock.at(self._clock.now + seconds(delay_seconds), act, background=True)

    @property
    def _clock(self) -> Scheduler:
        assert self._scheduler is not None
        return self._scheduler


def name_of(queue: SqsQueue) -> str:
    """AWS's own name of a queue, which ends its ARN."""
    return queue.arn.rsplit(":", 1)[-1]


def redrive_target(source: SqsQueue, policy: DeadLetterPolicy, queues: list[SqsQueue]) -> SqsQueue:
    """The queue that a redrive policy names (SQS-DLQ-3).

    Raises:
        AwsError: it does not exist, or is of the other type.
        NotModelledError: it is the source itself, which SQS accepts; nobody says what becomes of messages then.
    """
    target = next((queue for queue in queues if queue.arn == policy.target_arn), None)
    if target is source:
        raise NotModelledError(
            f"{source.name} is to be its own dead-letter queue: SQS accepts it, and where its messages go then is not "
            "modelled\n"
            f"  nearest: a dead-letter queue of its own for {source.name}"
        )
    if target is None:
        raise errors.REDRIVE_TARGET_MISSING.error(policy=policy.as_text())
    if target.fifo != source.fifo:
        raise errors.REDRIVE_TARGET_TYPE.error(policy=policy.as_text())
    return target


def redrive_fix(source: SqsQueue, policy: DeadLetterPolicy, queues: list[SqsQueue]) -> str:
    """What to do about a redrive policy that `redrive_target` refuses."""
    target = next((queue for queue in queues if queue.arn == policy.target_arn), None)
    if target is None:
        line = line_of(policy.target_arn)
        more = (
            "" if line is None else f"; or, if another stack creates it, say so in the workload: external: {{{line}}}"
        )
        return f"create the dead-letter queue in the same stack, or correct deadLetterTargetArn{more}"
    return f"set fifoQueue of {target.name} to {str(source.fifo).lower()}"


def _page(urls: list[str], parameters: Parameters, member: str) -> Answer:
    size, token = parameters.get("MaxResults"), parameters.get("NextToken")
    if size is not None and not LISTED_QUEUES.allows(size):
        raise errors.MAXIMUM_RESULTS.error(value=size, limit=LISTED_QUEUES.maximum)
    after = "" if not token else _read_token(token)
    rest = urls[urls.index(after) + 1 :] if after in urls else urls
    page = rest[: size or LISTED_QUEUES.maximum]
    answer: Answer = {member: page} if page else {}
    if size is not None and len(rest) > size:
        answer["NextToken"] = base64.b64encode(page[-1].encode()).decode()
    return answer


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        raise errors.NEXT_TOKEN.error(value=token) from None
