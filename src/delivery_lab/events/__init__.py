"""What happens in a run, as typed events, and what a run leaves behind.

Whoever simulates writes them into a `Journal`; `delivery_lab.results` reads them and nothing else. An event says what
happened, to what, by whom and by which rule; it never says what that means for a result.
"""

from __future__ import annotations

from delivery_lab.events.asynchronous import (
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
    events_of,
)
from delivery_lab.events.base import WORKLOAD, Actor, ActorKind, EventBase
from delivery_lab.events.handlers import ContractEvent, ContractLine, LogLine
from delivery_lab.events.invokes import (
    SERVICE_ERROR,
    TIMED_OUT,
    EnvironmentStarted,
    FunctionCalled,
    FunctionConfigured,
    InvocationType,
    InvokeEnded,
    InvokeRefused,
    InvokeStarted,
)
from delivery_lab.events.journal import Journal
from delivery_lab.events.mappings import (
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    MappingConfigured,
    PollersChanged,
)
from delivery_lab.events.marks import EffectMark
from delivery_lab.events.observations import (
    ChangeRequested,
    ErrorSwallowed,
    Observation,
    Purpose,
    RecordsLookedAt,
    Swallowed,
)
from delivery_lab.events.partitions import (
    BatchSplit,
    DiscardCondition,
    PartitionedKind,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
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
    MoveTaskStatus,
    QueueConfigured,
    SendDeduplicated,
    TenantNamed,
    VisibilityChanged,
)
from delivery_lab.events.requests import ApiCallRefused, InvokeAnswered, RequestAnswered
from delivery_lab.events.run import Poison, PolledSource, Run
from delivery_lab.events.targets import DestinationRefused, Published
from delivery_lab.events.union import Event

__all__ = [
    "SERVICE_ERROR",
    "TIMED_OUT",
    "WORKLOAD",
    "Actor",
    "ActorKind",
    "ApiCallRefused",
    "BatchInvoked",
    "BatchReleased",
    "BatchResult",
    "BatchRetryScheduled",
    "BatchSplit",
    "ChangeRequested",
    "ContractEvent",
    "ContractLine",
    "DeleteIgnored",
    "DestinationRefused",
    "DiscardCondition",
    "EffectMark",
    "EnvironmentStarted",
    "ErrorSwallowed",
    "Event",
    "EventAccepted",
    "EventAnswered",
    "EventBase",
    "EventCompleted",
    "EventDeadLettered",
    "EventDiscarded",
    "EventExpired",
    "EventInvoked",
    "EventRetryScheduled",
    "FunctionCalled",
    "FunctionConfigured",
    "InvocationType",
    "InvokeAnswered",
    "InvokeEnded",
    "InvokeRefused",
    "InvokeStarted",
    "Journal",
    "LogLine",
    "MappingConfigured",
    "MessageDeadLettered",
    "MessageDeleted",
    "MessageExpired",
    "MessageFiltered",
    "MessageMoved",
    "MessageReceived",
    "MessageReturned",
    "MessageSent",
    "MoveTaskChanged",
    "MoveTaskStatus",
    "Observation",
    "PartitionedKind",
    "Poison",
    "PolledSource",
    "PollersChanged",
    "Published",
    "Purpose",
    "QueueConfigured",
    "RecordAppended",
    "RecordExpired",
    "RecordFiltered",
    "RecordSkipped",
    "RecordsCheckpointed",
    "RecordsDiscarded",
    "RecordsLookedAt",
    "RequestAnswered",
    "Run",
    "SendDeduplicated",
    "Swallowed",
    "TenantNamed",
    "VisibilityChanged",
    "events_of",
]
