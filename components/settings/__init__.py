"""Typed settings, one section of the stack configuration per family of components."""

from __future__ import annotations

from components.settings.api import ApiSettings, ThrottlingSettings
from components.settings.asynchronous import (
    AsyncIdempotencySettings,
    AsyncSettings,
    AsyncWorkerSettings,
    Destination,
    DestinationsSettings,
)
from components.settings.batch import BatchSettings
from components.settings.function import (
    BatchWorkerSettings,
    FunctionSettings,
    ProducerSettings,
    ProvisionedPollersSettings,
    SqsWorkerSettings,
)
from components.settings.load import SECTIONS, Settings, load_settings, stack_file
from components.settings.problems import Problem, SettingsError
from components.settings.queue import DeadLetterQueueSettings, OrderableQueueSettings, QueueSettings
from components.settings.retry import RetrySettings
from components.settings.synchronous import BreakerSettings, CalleeSettings, CallerSettings, SyncSettings
from components.settings.visibility import (
    HeartbeatSettings,
    IdempotencySettings,
    IdempotentWorkerSettings,
    VisibilitySettings,
)

__all__ = [
    "SECTIONS",
    "ApiSettings",
    "AsyncIdempotencySettings",
    "AsyncSettings",
    "AsyncWorkerSettings",
    "BatchSettings",
    "BatchWorkerSettings",
    "BreakerSettings",
    "CalleeSettings",
    "CallerSettings",
    "DeadLetterQueueSettings",
    "Destination",
    "DestinationsSettings",
    "FunctionSettings",
    "HeartbeatSettings",
    "IdempotencySettings",
    "IdempotentWorkerSettings",
    "OrderableQueueSettings",
    "Problem",
    "ProducerSettings",
    "ProvisionedPollersSettings",
    "QueueSettings",
    "RetrySettings",
    "Settings",
    "SettingsError",
    "SqsWorkerSettings",
    "SyncSettings",
    "ThrottlingSettings",
    "VisibilitySettings",
    "load_settings",
    "stack_file",
]
