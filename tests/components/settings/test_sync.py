from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from shared.invoking import ATTEMPT_MARGIN_SECONDS

from components.settings import SyncSettings
from components.settings.problems import problems_of
from components.settings.synchronous import ATTEMPT_MARGIN_SECONDS as MARGIN_OF_THE_SETTINGS

KEY = "delivery-lab:sync"


def _refused(**parts: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        SyncSettings.model_validate(parts)
    found = problems_of(caught.value, SyncSettings, KEY)
    return [(problem.key.removeprefix(f"{KEY}."), problem.message, problem.fix) for problem in found]


def test_the_defaults() -> None:
    settings = SyncSettings()
    assert (settings.caller.mode, settings.caller.maximum_attempts) == ("retry", 5)
    assert settings.caller.breaker.effective() == {"failureThreshold": 5, "resetSeconds": 60, "shared": False}
    assert (settings.caller.timeout_seconds, settings.callee.timeout_seconds) == (29, 10)
    assert settings.api.authorization == "iam"


def test_the_settings_and_the_function_agree_on_how_much_time_an_attempt_needs() -> None:
    assert MARGIN_OF_THE_SETTINGS == ATTEMPT_MARGIN_SECONDS


@pytest.mark.parametrize("mode", ["retry", "breaker"])
def test_a_caller_that_could_never_make_a_call_is_refused(mode: str) -> None:
    assert _refused(caller={"mode": mode, "timeoutSeconds": 20}, callee={"timeoutSeconds": 18}) == [
        (
            "callee.timeoutSeconds",
            (
                "must be 17 at most: the caller (20 s) makes no call whose answer it could not wait for, and needs 3 s "
                "besides"
            ),
            "set it to 17 or less; 7 leaves time for a second attempt",
        )
    ]
    longest = SyncSettings.model_validate({"caller": {"timeoutSeconds": 20}, "callee": {"timeoutSeconds": 17}})
    assert longest.callee.timeout_seconds == 17


def test_a_caller_too_short_for_any_call_is_told_to_be_longer() -> None:
    ((key, _, fix),) = _refused(caller={"timeoutSeconds": 3}, callee={"timeoutSeconds": 1})
    assert (key, fix) == ("callee.timeoutSeconds", "set caller.timeoutSeconds to 4 or more")


def test_a_naive_caller_may_be_too_short() -> None:
    naive = SyncSettings.model_validate({"caller": {"mode": "naive"}, "callee": {"timeoutSeconds": 900}})
    assert naive.callee.timeout_seconds == 900


@pytest.mark.parametrize(
    ("caller", "key", "fix"),
    [
        ({"timeoutSeconds": 31}, "timeoutSeconds", "set it to 30 or less"),
        ({"maximumAttempts": 0}, "maximumAttempts", "set it to 1 or more"),
        ({"maximumAttempts": 21}, "maximumAttempts", "set it to 20 or less"),
        ({"breaker": {"failureThreshold": 0}}, "breaker.failureThreshold", "set it to 1 or more"),
        ({"breaker": {"resetSeconds": 0}}, "breaker.resetSeconds", "set it to 1 or more"),
        ({"mode": "careless"}, "mode", "use one of them"),
    ],
)
def test_bounds(caller: dict[str, Any], key: str, fix: str) -> None:
    assert [(found, said) for found, _, said in _refused(caller=caller)] == [(f"caller.{key}", fix)]
