"""What the sections of all families have: a queue with its dead-letter queue, a producer and its API."""

from __future__ import annotations

from pydantic import Field

from components.settings.alarms import AlarmSettings
from components.settings.api import ApiSettings
from components.settings.base import Section
from components.settings.function import ProducerSettings
from components.settings.queue import DeadLetterQueueSettings, QueueSettings


class PipelineSettings(Section):
    """The parts around a worker; each has defaults that are safe in production."""

    queue: QueueSettings = Field(default_factory=QueueSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    producer: ProducerSettings = Field(default_factory=ProducerSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)
