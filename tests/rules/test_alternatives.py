"""Rules that can be read in several ways."""

from __future__ import annotations

from dataclasses import fields

import pytest

from delivery_lab.errors import UnknownRuleError, UsageError
from delivery_lab.rules import RULES
from delivery_lab.rules.alternatives import (
    ALTERNATIVES,
    alternatives_of,
    assumed_otherwise,
    plausible_of,
    read_assumptions,
)
from delivery_lab.rules.assumptions import (
    DEFAULTS,
    Assumptions,
    LongWindow,
    RetryCount,
    StaleDelete,
    ThrottleRetryLimit,
    UnnamedResponse,
)


def test_every_alternative_is_of_a_rule_and_of_a_field_of_its_own() -> None:
    assert set(ALTERNATIVES) <= set(RULES)
    assert sorted(alternative.field for alternative in ALTERNATIVES.values()) == sorted(
        field.name for field in fields(Assumptions)
    )


@pytest.mark.parametrize("rule", list(ALTERNATIVES))
def test_the_text_of_a_value_reads_as_that_value(rule: str) -> None:
    alternative = ALTERNATIVES[rule]
    for text in (alternative.of(DEFAULTS), *alternative.values):
        assert alternative.of(alternative.set(DEFAULTS, text)) == text


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], DEFAULTS),
        (["ESM-THROTTLE-2=visibility-left"], Assumptions(throttle_retry_limit=ThrottleRetryLimit.VISIBILITY_LEFT)),
        (["esm-throttle-3 = 0.6"], Assumptions(throttled_growth=0.6)),
        (["ESM-ERROR-2=4.5"], Assumptions(batches_when_half_fail=4.5)),
        (["ESM-SCALE-4=2"], Assumptions(least_pollers=2)),
        (["ESM-REPORT-4=failure"], Assumptions(unnamed_response=UnnamedResponse.FAILURE)),
        (["ESM-VT-2=extended"], Assumptions(long_window=LongWindow.EXTENDED)),
        (["STR-REPORT-7=failure"], Assumptions(unnamed_record_response=UnnamedResponse.FAILURE)),
        (["STR-REPORT-10=kept"], Assumptions(retry_count=RetryCount.KEPT)),
        (["ASY-BACKOFF-2=0.1"], Assumptions(event_jitter=0.1)),
        (["SQS-STALE-2=keep", "SQS-STALE-2=delete"], Assumptions(stale_delete=StaleDelete.DELETE)),
        (
            ["LAM-INIT-1=3", "SIM-API-1=0..0.5"],
            Assumptions(cold_start_seconds=3, api_latency_seconds=(0, 0.5)),
        ),
    ],
)
def test_values_by_their_texts(texts: list[str], expected: Assumptions) -> None:
    assert read_assumptions(texts) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ESM-THROTTLE-2",
            "--assume ESM-THROTTLE-2: write it as RULE=VALUE, such as ESM-THROTTLE-2=visibility-left",
        ),
        (
            "ESM-THROTTLE-2=never",
            ("--assume ESM-THROTTLE-2=never: ESM-THROTTLE-2 can be function-timeout-left or visibility-left"),
        ),
        ("ESM-SCALE-4=6", "--assume ESM-SCALE-4=6: ESM-SCALE-4 can be a number of concurrent batches from 2 to 5"),
        ("ASY-BACKOFF-2=1", "--assume ASY-BACKOFF-2=1: ASY-BACKOFF-2 can be a share of the wait, from 0 to below 1"),
        ("LAM-INIT-1=nan", "--assume LAM-INIT-1=nan: LAM-INIT-1 can be a number of seconds from 0 to 10"),
        (
            "SIM-API-1=2..1",
            "--assume SIM-API-1=2..1: SIM-API-1 can be a range of seconds from 0 to 60, such as 0.005..0.015",
        ),
        (
            "SIM-API-1=2",
            "--assume SIM-API-1=2: SIM-API-1 can be a range of seconds from 0 to 60, such as 0.005..0.015",
        ),
        (
            "SQS-VT-1=x",
            (f"--assume SQS-VT-1=x: SQS-VT-1 has no alternatives (rules that have some: {', '.join(ALTERNATIVES)})"),
        ),
    ],
)
def test_what_is_no_alternative_is_refused_with_what_is(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_assumptions([text])
    assert str(caught.value) == message


def test_a_rule_that_does_not_exist() -> None:
    with pytest.raises(UnknownRuleError, match="no rule has the id ESM-THROTLE-2: did you mean ESM-THROTTLE-2"):
        read_assumptions(["ESM-THROTLE-2=visibility-left"])


def test_what_is_assumed_otherwise_is_told_by_rule() -> None:
    assumptions = read_assumptions(["SQS-STALE-2=keep", "LAM-INIT-1=0.25", "SIM-API-1=0..1"])
    assert assumed_otherwise(assumptions) == {"SQS-STALE-2": "keep", "SIM-API-1": "0..1"}


def test_the_alternatives_of_of_what_a_run_relied_on_on_one_at_a_time() -> None:
    relied_on = ("ESM-THROTTLE-2", "ESM-THROTTLE-3", "LAM-INIT-1", "SQS-DLQ-1", "SQS-STALE-2")
    assumed = Assumptions(stale_delete=StaleDelete.KEEP)

    assert list(alternatives_of(relied_on, assumed)) == [
        (
            "ESM-THROTTLE-2",
            "visibility-left",
            Assumptions(stale_delete=StaleDelete.KEEP, throttle_retry_limit=ThrottleRetryLimit.VISIBILITY_LEFT),
        ),
        ("ESM-THROTTLE-3", "0.25", Assumptions(stale_delete=StaleDelete.KEEP, throttled_growth=0.25)),
        ("ESM-THROTTLE-3", "0.6", Assumptions(stale_delete=StaleDelete.KEEP, throttled_growth=0.6)),
        ("LAM-INIT-1", "0.1", Assumptions(stale_delete=StaleDelete.KEEP, cold_start_seconds=0.1)),
        ("LAM-INIT-1", "1", Assumptions(stale_delete=StaleDelete.KEEP, cold_start_seconds=1)),
        ("SQS-STALE-2", "coin", Assumptions(stale_delete=StaleDelete.COIN)),
        ("SQS-STALE-2", "delete", Assumptions(stale_delete=StaleDelete.DELETE)),
    ]


def test_plausible_ranges_are_those_of_what_was_not_assumed_otherwise() -> None:
    relied_on = ("ESM-ERROR-2", "ESM-THROTTLE-2", "ESM-THROTTLE-3")
    assumed = Assumptions(throttled_growth=0.6)

    assert [(rule, value) for rule, value, _ in plausible_of(relied_on, DEFAULTS)] == [
        ("ESM-ERROR-2", "2"),
        ("ESM-ERROR-2", "4.5"),
        ("ESM-THROTTLE-3", "0.25"),
        ("ESM-THROTTLE-3", "0.6"),
    ]
    assert [(rule, value) for rule, value, _ in plausible_of(relied_on, assumed)] == [
        ("ESM-ERROR-2", "2"),
        ("ESM-ERROR-2", "4.5"),
    ]
