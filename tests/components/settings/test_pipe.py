from __future__ import annotations

import pytest

from components.settings import PipeSettings
from tests.components.settings.support import load, problems


def test_what_is_safe_is_the_default() -> None:
    settings = load("pipe", {}).pipe
    assert isinstance(settings, PipeSettings)
    assert (settings.pipe.maximum_retry_attempts, settings.pipe.maximum_record_age_seconds) == (3, -1)
    assert (settings.pipe.on_partial_batch_item_failure, settings.pipe.dead_letter_queue) == ("AUTOMATIC_BISECT", True)
    assert settings.queue.visibility_timeout_seconds == 6 * settings.worker.timeout_seconds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batchSize", 11),
        ("maximumRetryAttempts", -2),
        ("maximumRetryAttempts", 10_001),
        ("maximumRecordAgeSeconds", 604_801),
        ("onPartialBatchItemFailure", "BISECT"),
    ],
)
def test_bounds_of_a_pipe(key: str, value: object) -> None:
    ((found, _, _),) = problems("pipe", {"pipe": {key: value}})
    assert found == f"pipe.{key}"


def test_an_age_between_no_limit_and_a_minute_is_refused() -> None:
    assert problems("pipe", {"pipe": {"maximumRecordAgeSeconds": 59}}) == [
        ("pipe.maximumRecordAgeSeconds", "is neither -1 nor from 60 to 604,800", "set it to -1, or to 60 or more")
    ]
