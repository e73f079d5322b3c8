from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import VisibilitySettings
from components.settings.problems import problems_of

KEY = "delivery-lab:visibility"


def _settings(**parts: Any) -> VisibilitySettings:
    return VisibilitySettings.model_validate(parts)


def _refused(**parts: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        _settings(**parts)
    found = problems_of(caught.value, VisibilitySettings, KEY)
    return [(problem.key.removeprefix(f"{KEY}."), problem.message, problem.fix) for problem in found]


def test_the_defaults() -> None:
    settings = _settings()
    effective = settings.effective()
    assert effective["queue"]["visibilityTimeoutSeconds"] == 180
    assert effective["allowShortVisibility"] is False
    worker = effective["worker"]
    assert worker["batchSize"] == 1
    assert worker["heartbeat"] == {"enabled": False, "everySeconds": 3, "extendToSeconds": 6, "failing": False}
    assert worker["idempotency"] == {"mode": "powertools", "expiresAfterSeconds": 2_592_000}
    assert not settings.is_short


def test_the_default_of_the_visibility_timeout_follows_the_function() -> None:
    settings = _settings(worker={"timeoutSeconds": 100, "maximumBatchingWindowSeconds": 5})
    assert settings.queue.visibility_timeout_seconds == 605


def test_an_extension_left_out_is_twice_the_period() -> None:
    heartbeat = _settings(worker={"heartbeat": {"everySeconds": 60}}).worker.heartbeat
    assert heartbeat.extend_to_seconds == 120


@pytest.mark.parametrize("visibility_timeout_seconds", [0, 5, 29])
def test_a_short_visibility_timeout_is_refused_in_aws_s_words(visibility_timeout_seconds: int) -> None:
    problems = _refused(queue={"visibilityTimeoutSeconds": visibility_timeout_seconds})
    assert problems == [
        (
            "queue.visibilityTimeoutSeconds",
            (
                f"Queue visibility timeout: {visibility_timeout_seconds} seconds is less than Function timeout: 30 "
                "seconds (AWS refuses such an event source mapping)"
            ),
            (
                "set it to 30 or more; 180 (6 x timeout + batching window) is what AWS advises and the default when "
                "the key is left out; allowShortVisibility: true lowers it on purpose, after the mapping has been "
                "created"
            ),
        )
    ]


def test_a_short_visibility_timeout_is_taken_on_purpose() -> None:
    settings = _settings(queue={"visibilityTimeoutSeconds": 5}, allowShortVisibility=True)
    assert settings.is_short
    assert settings.queue.visibility_timeout_seconds == 5


def test_equal_timeouts_are_not_short() -> None:
    assert not _settings(queue={"visibilityTimeoutSeconds": 30}).is_short


@pytest.mark.parametrize(
    ("worker", "problem"),
    [
        (
            {"heartbeat": {"everySeconds": 10, "extendToSeconds": 10}},
            (
                "worker.heartbeat.extendToSeconds",
                "must be above everySeconds (10), or the message is visible between two extensions",
                "set it to 20 (twice everySeconds), or leave it out",
            ),
        ),
        (
            {"batchSize": 2, "heartbeat": {"enabled": True}},
            (
                "worker.batchSize",
                (
                    "must be 1 with heartbeat.enabled: the heartbeat holds the message that is worked on, and the "
                    "others of its batch are visible again before the invoke ends"
                ),
                "set it to 1, or heartbeat.enabled to false",
            ),
        ),
        (
            {"heartbeat": {"failing": True}},
            (
                "worker.heartbeat.failing",
                "a heartbeat that is not enabled cannot fail",
                "set enabled to true as well, or failing to false",
            ),
        ),
        (
            {"heartbeat": {"everySeconds": 0}},
            (
                "worker.heartbeat.everySeconds",
                "must be a whole number from 1 to 43200 (time between two extensions)",
                "set it to 1 or more",
            ),
        ),
        (
            {"heartbeat": {"extendToSeconds": 43_201}},
            (
                "worker.heartbeat.extendToSeconds",
                "must be a whole number from 1 to 43200 (VisibilityTimeout of ChangeMessageVisibility)",
                "set it to 43200 or less",
            ),
        ),
        (
            {"heartbeat": True},
            (
                "worker.heartbeat",
                "must be an object",
                "give it keys of: enabled, everySeconds, extendToSeconds, failing",
            ),
        ),
        (
            {"idempotency": {"mode": "check"}},
            (
                "worker.idempotency.mode",
                (
                    "must be one of check-then-put, conditional, unconditional, powertools, none "
                    "(how the record of work done is kept)"
                ),
                "use one of them",
            ),
        ),
        (
            {"idempotency": {"expiresAfterSeconds": 0}},
            (
                "worker.idempotency.expiresAfterSeconds",
                "must be a whole number from 1 to 315360000 (how long a record of work done counts)",
                "set it to 1 or more",
            ),
        ),
    ],
)
def test_what_is_refused(worker: dict[str, Any], problem: tuple[str, str, str]) -> None:
    assert _refused(worker=worker) == [problem]
