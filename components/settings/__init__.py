"""Typed settings, one section of the stack configuration per family of components."""

from __future__ import annotations

from components.settings.api import ApiSettings, ThrottlingSettings
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
from components.settings.visibility import (
    HeartbeatSettings,
    IdempotencySettings,
    IdempotentWorkerSettings,
    VisibilitySettings,
)

__all__ = [
    "SECTIONS",
    "ApiSettings",
    "BatchSettings",
    "BatchWorkerSettings",
    "DeadLetterQueueSettings",
    "FunctionSettings",
    "HeartbeatSettings",
    "IdempotencySettings",
    "IdempotentWorkerSettings",
    "OrderableQueueSettings",
    "Problem",
    "ProducerSettings",
    "ProvisionedPollersSettings",
    "QueueSettings",
    "Settings",
    "SettingsError",
    "SqsWorkerSettings",
    "ThrottlingSettings",
    "VisibilitySettings",
    "load_settings",
    "stack_file",
]
