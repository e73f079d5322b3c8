"""Typed settings, one section of the stack configuration per family of components."""

from __future__ import annotations

from components.settings.alarms import AlarmSettings
from components.settings.api import ApiSettings, ThrottlingSettings
from components.settings.asynchronous import (
    AsyncIdempotencySettings,
    AsyncSettings,
    AsyncWorkerSettings,
    Destination,
    DestinationsSettings,
)
from components.settings.batch import BatchSettings
from components.settings.eventbridge import EventBridgeSettings, EventRuleSettings, QueueTargetSettings
from components.settings.function import (
    BatchWorkerSettings,
    FunctionSettings,
    MappingSettings,
    ProducerSettings,
    ProvisionedPollersSettings,
    SqsWorkerSettings,
)
from components.settings.gateway import GatewaySettings, QueueApiSettings
from components.settings.idempotency import BatchIdempotencySettings
from components.settings.kafka import (
    KafkaConsumerSettings,
    KafkaSettings,
    PollerSettings,
    TopicDefaultsSettings,
    TopicSettings,
)
from components.settings.load import SECTIONS, Settings, load_settings, stack_file
from components.settings.msk import MskSettings, SelfManagedKafkaSettings, VpcSettings
from components.settings.ordered import OrderedWorkerSettings
from components.settings.pipe import PipeSettings, QueuePipeSettings
from components.settings.pipeline import PipelineSettings
from components.settings.problems import Problem, SettingsError
from components.settings.queue import DeadLetterQueueSettings, OrderableQueueSettings, QueueSettings
from components.settings.retry import RetrySettings
from components.settings.s3 import NotificationSettings, ObjectWorkerSettings, S3Settings
from components.settings.sns import SnsSettings, SnsTopicSettings, SnsWorkerSettings, SubscriptionSettings
from components.settings.stream import KinesisSettings, StreamSettings, StreamWorkerSettings, TableSettings
from components.settings.synchronous import BreakerSettings, CalleeSettings, CallerSettings, SyncSettings
from components.settings.visibility import (
    HeartbeatSettings,
    IdempotencySettings,
    IdempotentWorkerSettings,
    VisibilitySettings,
)

__all__ = [
    "SECTIONS",
    "AlarmSettings",
    "ApiSettings",
    "AsyncIdempotencySettings",
    "AsyncSettings",
    "AsyncWorkerSettings",
    "BatchIdempotencySettings",
    "BatchSettings",
    "BatchWorkerSettings",
    "BreakerSettings",
    "CalleeSettings",
    "CallerSettings",
    "DeadLetterQueueSettings",
    "Destination",
    "DestinationsSettings",
    "EventBridgeSettings",
    "EventRuleSettings",
    "FunctionSettings",
    "GatewaySettings",
    "HeartbeatSettings",
    "IdempotencySettings",
    "IdempotentWorkerSettings",
    "KafkaConsumerSettings",
    "KafkaSettings",
    "KinesisSettings",
    "MappingSettings",
    "MskSettings",
    "NotificationSettings",
    "ObjectWorkerSettings",
    "OrderableQueueSettings",
    "OrderedWorkerSettings",
    "PipeSettings",
    "PipelineSettings",
    "PollerSettings",
    "Problem",
    "ProducerSettings",
    "ProvisionedPollersSettings",
    "QueueApiSettings",
    "QueuePipeSettings",
    "QueueSettings",
    "QueueTargetSettings",
    "RetrySettings",
    "S3Settings",
    "SelfManagedKafkaSettings",
    "Settings",
    "SettingsError",
    "SnsSettings",
    "SnsTopicSettings",
    "SnsWorkerSettings",
    "SqsWorkerSettings",
    "StreamSettings",
    "StreamWorkerSettings",
    "SubscriptionSettings",
    "SyncSettings",
    "TableSettings",
    "ThrottlingSettings",
    "TopicDefaultsSettings",
    "TopicSettings",
    "VisibilitySettings",
    "VpcSettings",
    "load_settings",
    "stack_file",
]
