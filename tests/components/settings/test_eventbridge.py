from __future__ import annotations

import pytest

from components.settings import EventBridgeSettings
from tests.components.settings.support import load, problems


def test_what_is_safe_is_the_default() -> None:
    settings = load("eventbridge", {}).eventbridge
    assert isinstance(settings, EventBridgeSettings)
    assert (settings.target.maximum_retry_attempts, settings.target.maximum_event_age_seconds) == (185, 86_400)
    assert settings.target.dead_letter_queue
    assert settings.queue.visibility_timeout_seconds == 6 * settings.worker.timeout_seconds
    assert settings.rule.event_pattern_text == '{"source":[{"prefix":""}]}'


def test_a_pattern_that_asks_for_nothing_is_refused() -> None:
    assert problems("eventbridge", {"rule": {"eventPattern": {}}}) == [
        (
            "rule.eventPattern",
            "is empty (EventBridge refuses such a rule)",
            'ask for something, such as source: [{prefix: ""}]',
        )
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("maximumRetryAttempts", 186), ("maximumEventAgeSeconds", 59), ("maximumEventAgeSeconds", 86_401)],
)
def test_bounds_of_the_retry_policy(key: str, value: int) -> None:
    ((found, _, _),) = problems("eventbridge", {"target": {key: value}})
    assert found == f"target.{key}"
