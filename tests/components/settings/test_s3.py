from __future__ import annotations

import pytest

from components.settings import S3Settings
from tests.components.settings.support import load, problems


def test_what_is_safe_is_the_default() -> None:
    settings = load("s3", {}).s3
    assert isinstance(settings, S3Settings)
    assert settings.notification.events == ("s3:ObjectCreated:*",)
    assert (settings.worker.test_event, settings.worker.decode_keys) == ("skip", True)
    assert (settings.worker.on_record_error, settings.worker.report_batch_item_failures) == ("report", True)
    assert settings.queue.visibility_timeout_seconds == 6 * settings.worker.timeout_seconds


@pytest.mark.parametrize(
    "events",
    [
        ["s3:ObjectCreated:Put", "s3:ObjectCreated:Put"],
        ["s3:ObjectCreated:*", "s3:ObjectCreated:Put"],
    ],
)
def test_events_that_overlap_are_refused(events: list[str]) -> None:
    assert problems("s3", {"notification": {"events": events}}) == [
        (
            "notification.events",
            "events overlap (S3 refuses such a notification)",
            "name each once, or s3:ObjectCreated:* alone",
        )
    ]


def test_events_of_objects_that_are_gone_are_none_that_the_worker_could_read() -> None:
    ((key, message, _),) = problems("s3", {"notification": {"events": ["s3:ObjectRemoved:*"]}})
    assert key == "notification.events[0]"
    assert "s3:ObjectCreated:*" in message
