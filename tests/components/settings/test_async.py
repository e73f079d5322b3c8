from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import AsyncSettings
from components.settings.problems import problems_of

KEY = "delivery-lab:async"


def _refused(**parts: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        AsyncSettings.model_validate(parts)
    found = problems_of(caught.value, AsyncSettings, KEY)
    return [(problem.key.removeprefix(f"{KEY}."), problem.message, problem.fix) for problem in found]


def test_the_defaults_are_lambda_s_own_with_a_place_for_failures() -> None:
    assert AsyncSettings().effective() == {
        "worker": {
            "timeoutSeconds": 30,
            "memoryMb": 256,
            "logRetentionDays": 30,
            "maximumRetryAttempts": 2,
            "maximumEventAgeSeconds": 21_600,
            "idempotency": {"mode": "powertools", "expiresAfterSeconds": 86_400},
        },
        "destinations": {
            "onSuccess": "none",
            "onFailure": "sqs",
            "deadLetterQueue": False,
            "retentionSeconds": 1_209_600,
        },
        "alarms": {"enabled": True},
    }


@pytest.mark.parametrize(
    ("part", "key", "least", "most"),
    [
        ("worker", "maximumRetryAttempts", 0, 2),
        ("worker", "maximumEventAgeSeconds", 60, 21_600),
        ("destinations", "retentionSeconds", 60, 1_209_600),
    ],
)
def test_aws_s_bounds(part: str, key: str, least: int, most: int) -> None:
    for value in (least, most):
        assert AsyncSettings.model_validate({part: {key: value}}).effective()[part][key] == value
    for value, fix in ((least - 1, f"set it to {least} or more"), (most + 1, f"set it to {most} or less")):
        ((found, message, said),) = _refused(**{part: {key: value}})
        assert (found, said) == (f"{part}.{key}", fix)
        assert message.startswith(f"must be a whole number from {least} to {most} (")


@pytest.mark.parametrize("key", ["onSuccess", "onFailure"])
def test_destinations_that_lambda_does_not_have(key: str) -> None:
    name = key[0].upper() + key[1:]
    assert _refused(destinations={key: "kinesis"}) == [
        (
            f"destinations.{key}",
            f"must be one of none, sqs, sns, eventbridge, lambda ({name} of a function event invoke configuration)",
            "use one of them",
        )
    ]


def test_an_unknown_key_names_the_nearest() -> None:
    assert _refused(worker={"maximumRetryAttempt": 1})[0][2].startswith("did you mean maximumRetryAttempts? ")
