"""The closed union of all events: readers match on it, and mypy tells them what they have left out (`assert_never`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from delivery_lab.events.asynchronous import (
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
)
from delivery_lab.events.feeds import AnyFeedEvent
from delivery_lab.events.handlers import ContractLine, LinesRepeated
from delivery_lab.events.invokes import (
    EnvironmentStarted,
    FunctionCalled,
    FunctionConfigured,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
)
from delivery_lab.events.mappings import (
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    MappingConfigured,
    PollersChanged,
)
from delivery_lab.events.observations import Observation
from delivery_lab.events.partitions import (
    BatchSplit,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
)
from delivery_lab.events.queues import (
    DeleteIgnored,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageFiltered,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    MoveTaskChanged,
    QueueConfigured,
    SendDeduplicated,
    TenantNamed,
    VisibilityChanged,
)
from delivery_lab.events.requests import (
    ApiCallRefused,
    CallUnanswered,
    InvokeAnswered,
    RequestAnswered,
    RequestArrived,
    RequestPassedOn,
    WebCallAnswered,
)
from delivery_lab.events.targets import DestinationRefused, Published

QueueEvent = (
    QueueConfigured
    | MessageSent
    | TenantNamed
    | SendDeduplicated
    | MessageReceived
    | MessageReturned
    | MessageDeleted
    | DeleteIgnored
    | VisibilityChanged
    | MessageDeadLettered
    | MessageExpired
    | MessageFiltered
    | MessageMoved
    | MoveTaskChanged
)

AnyPartitionEvent = (
    RecordAppended
    | RecordSkipped
    | RecordFiltered
    | RecordExpired
    | RecordsCheckpointed
    | RecordsDiscarded
    | RecordsRewound
    | BatchSplit
)

MappingEvent = MappingConfigured | BatchInvoked | BatchResult | BatchRetryScheduled | BatchReleased | PollersChanged

InvokeEvent = FunctionConfigured | EnvironmentStarted | InvokeStarted | InvokeEnded | InvokeRefused | FunctionCalled

AnyAsynchronousEvent = (
    EventAccepted
    | EventInvoked
    | EventAnswered
    | EventRetryScheduled
    | EventCompleted
    | EventDeadLettered
    | EventExpired
    | EventDiscarded
)

RequestEvent = (
    RequestAnswered
    | RequestArrived
    | RequestPassedOn
    | InvokeAnswered
    | ApiCallRefused
    | WebCallAnswered
    | CallUnanswered
)

TargetEvent = Published | DestinationRefused

Event = (
    QueueEvent
    | AnyPartitionEvent
    | MappingEvent
    | InvokeEvent
    | AnyAsynchronousEvent
    | RequestEvent
    | TargetEvent
    | AnyFeedEvent
    | ContractLine
    | LinesRepeated
    | Observation
)
"""Everything that can happen in a run."""


def told_apart(events: Iterable[Event]) -> Iterator[Event]:
    """Events with each line of the log contract by itself, also where an invoke repeated many (`LinesRepeated`)."""
    for event in events:
        if isinstance(event, LinesRepeated):
            yield from event.told()
        else:
            yield event
