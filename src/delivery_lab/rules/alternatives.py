"""Alternatives of what the model assumes, rule by rule, for `--assume RULE=VALUE`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from delivery_lab.errors import UsageError
from delivery_lab.rules.assumptions import (
    DEFAULTS,
    Assumptions,
    AttributeSpread,
    ChainedCount,
    ErrorLeftAlone,
    IdleWindow,
    LongWindow,
    OtherFields,
    QuietWindow,
    RetriedRecords,
    RetryCount,
    ReturnedPlace,
    SavedCapacity,
    StaleDelete,
    ThrottleRetryLimit,
    UnnamedResponse,
    UnreadFailures,
    UnseenRecord,
    UnseenWork,
)
from delivery_lab.rules.registry import find


@dataclass(frozen=True, slots=True)
class Alternative:
    """A rule that has alternatives.

    Attributes:
        rule: id of the rule.
        field: name of the field of `Assumptions` that holds the value.
        read: turns the text of a value into the value; raises ValueError for a text that is none.
        show: turns a value into its text.
        accepts: what values there are, in words.
        values: texts of values to try: all where there is a handful, some of a range where they tell; else empty.
        plausible: whether `values` are the ends of a range that observations allow: figures that depend on it are
            intervals.
    """

    rule: str
    field: str
    read: Callable[[str], Any]
    show: Callable[[Any], str]
    accepts: str
    values: tuple[str, ...] = ()
    plausible: bool = False

    def of(self, assumptions: Assumptions) -> str:
        """The value that these assumptions hold, as text."""
        return self.show(getattr(assumptions, self.field))

    def set(self, assumptions: Assumptions, text: str) -> Assumptions:
        """The assumptions with another value for this rule.

        Raises:
            UsageError: the text is no value of this rule.
        """
        try:
            value = self.read(text.strip())
        except ValueError:
            message = f"--assume {self.rule}={text}: {self.rule} can be {self.accepts}"
            raise UsageError(message) from None
        changed: Mapping[str, Any] = {self.field: value}
        return replace(assumptions, **changed)


def _words(rule: str, field: str, kind: type[StrEnum]) -> Alternative:
    values = tuple(member.value for member in kind)
    return Alternative(rule, field, kind, lambda member: str(member.value), " or ".join(values), values)


def _least_pollers(text: str) -> int:
    value = int(text)
    if not 2 <= value <= 5:
        raise ValueError(text)
    return value


def _batch(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 10_000:
        raise ValueError(text)
    return value


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and least <= value <= most):
            raise ValueError(text)
        return value

    return read


def _seconds(longest: float) -> Callable[[str], float]:
    return _number(0, longest)


def _below_one(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise ValueError(text)
    return value


def _fair_seconds(text: str) -> float:
    value = float(text)
    if not 1 <= value <= 3_600:
        raise ValueError(text)
    return value


def _range(longest: float) -> Callable[[str], tuple[float, float]]:
    def read(text: str) -> tuple[float, float]:
        low, separator, high = text.partition("..")
        if not separator:
            raise ValueError(text)
        bounds = (_seconds(longest)(low), _seconds(longest)(high))
        if bounds[0] > bounds[1]:
            raise ValueError(text)
        return bounds

    return read


def _bounds(held: tuple[float, float]) -> str:
    return f"{held[0]:g}..{held[1]:g}"


ALTERNATIVES: Mapping[str, Alternative] = MappingProxyType(
    {
        alternative.rule: alternative
        for alternative in (
            _words("ESM-THROTTLE-2", "throttle_retry_limit", ThrottleRetryLimit),
            Alternative(
                "ESM-THROTTLE-3",
                "throttled_growth",
                _number(0.01, 10),
                lambda value: f"{value:g}",
                "a number of batches a minute from 0.01 to 10, for each one that runs",
                ("0.25", "0.6"),
                plausible=True,
            ),
            Alternative(
                "ESM-ERROR-2",
                "batches_when_half_fail",
                _number(0.01, 1_000),
                lambda value: f"{value:g}",
                "a number of concurrent batches from 0.01 to 1000, where every second invoke fails",
                ("2", "4.5"),
                plausible=True,
            ),
            Alternative(
                "ESM-SCALE-4",
                "least_pollers",
                _least_pollers,
                str,
                "a number of concurrent batches from 2 to 5",
                ("2", "5"),
            ),
            _words("ESM-REPORT-4", "unnamed_response", UnnamedResponse),
            _words("ESM-VT-2", "long_window", LongWindow),
            _words("ESM-BATCH-6", "quiet_window", QuietWindow),
            _words("ESM-BATCH-7", "idle_window", IdleWindow),
            _words("ESM-FILTER-4", "other_fields", OtherFields),
            _words("SQS-DLQ-6", "chained_count", ChainedCount),
            _words("SQS-STALE-2", "stale_delete", StaleDelete),
            # Not tried by itself: that nothing is known cannot be otherwise, and every foreign handler relies on it.
            replace(_words("EVD-INVOKE-1", "unseen_work", UnseenWork), values=()),
            _words("EVD-ERROR-1", "swallowed_error", ErrorLeftAlone),
            _words("EVD-LOOK-1", "unseen_record", UnseenRecord),
            _words("SQS-ORDER-1", "returned_place", ReturnedPlace),
            Alternative(
                "SQS-FAIR-4",
                "fair_seconds",
                _fair_seconds,
                lambda value: f"{value:g}",
                "a number of seconds from 1 to 3600",
                ("60", "900"),
            ),
            _words("DDB-CAPACITY-6", "saved_capacity", SavedCapacity),
            _words("SQS-SPREAD-1", "attribute_spread", AttributeSpread),
            _words("STR-REPORT-7", "unnamed_record_response", UnnamedResponse),
            _words("STR-REPORT-10", "retry_count", RetryCount),
            Alternative(
                "STR-WINDOW-4",
                "window_grace_seconds",
                _seconds(120),
                lambda value: f"{value:g}",
                "a number of seconds from 0 to 120",
                ("120",),
            ),
            _words("KAF-REPORT-2", "kafka_retried", RetriedRecords),
            Alternative(
                "ASY-BACKOFF-2",
                "event_jitter",
                _below_one,
                lambda value: f"{value:g}",
                "a share of the wait, from 0 to below 1",
                ("0.1", "0.5"),
            ),
            Alternative(
                "PIPE-BATCH-2",
                "pipe_stream_batch",
                _batch,
                str,
                "a number of records from 1 to 10,000",
                ("10", "100"),
            ),
            _words("DST-SINK-2", "unread_failures", UnreadFailures),
            Alternative(
                "LAM-INIT-1",
                "cold_start_seconds",
                _seconds(10),
                lambda value: f"{value:g}",
                "a number of seconds from 0 to 10",
                ("0.1", "1"),
            ),
            Alternative(
                "LAM-DURATION-1",
                "invoke_seconds",
                _seconds(10),
                lambda value: f"{value:g}",
                "a number of seconds from 0 to 10 that an invoke takes at most before its code begins",
            ),
            Alternative(
                "ESM-POLL-1",
                "poll_seconds",
                _seconds(10),
                lambda value: f"{value:g}",
                "a number of seconds from 0 to 10 after which a waiting poller has a message at the latest",
            ),
            Alternative(
                "SIM-API-1",
                "api_latency_seconds",
                _range(60),
                _bounds,
                "a range of seconds from 0 to 60, such as 0.005..0.015",
            ),
            Alternative(
                "EB-RETRY-2",
                "rule_retry_seconds",
                _range(3_600),
                _bounds,
                "a first and a longest wait in seconds, from 0 to 3600, such as 1..500",
                ("1..500", "5..60"),
            ),
        )
    }
)
"""By rule id."""


def read_assumptions(texts: Sequence[str]) -> Assumptions:
    """The model's assumptions with other values for some rules.

    Args:
        texts: of the form `RULE=VALUE`; of several for one rule the last counts.

    Raises:
        UsageError: a text has another form, the rule has no alternatives, or not the one given.
        UnknownRuleError: there is no such rule.
    """
    assumptions = DEFAULTS
    for text in texts:
        rule_id, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"--assume {text}: write it as RULE=VALUE, such as ESM-THROTTLE-2=visibility-left")
        rule = find(rule_id.strip())
        alternative = ALTERNATIVES.get(rule.id)
        if alternative is None:
            known = ", ".join(ALTERNATIVES)
            raise UsageError(f"--assume {text}: {rule.id} has no alternatives (rules that have some: {known})")
        assumptions = alternative.set(assumptions, value)
    return assumptions


def assumed_otherwise(assumptions: Assumptions) -> dict[str, str]:
    """The alternatives that were chosen in place of what the model assumes, by rule id."""
    return {
        rule: alternative.of(assumptions)
        for rule, alternative in ALTERNATIVES.items()
        if alternative.of(assumptions) != alternative.of(DEFAULTS)
    }


def alternatives_of(rules: Sequence[str], assumptions: Assumptions) -> Iterator[tuple[str, str, Assumptions]]:
    """The alternatives that are tried of some rules: rule id, value, and the assumptions with it.

    Args:
        rules: ids of the rules that a run relies on.
        assumptions: what it assumed.
    """
    for rule in rules:
        alternative = ALTERNATIVES.get(rule)
        if alternative is not None:
            for value in alternative.values:
                if value != alternative.of(assumptions):
                    yield rule, value, alternative.set(assumptions, value)


def plausible_of(rules: Sequence[str], assumptions: Assumptions) -> Iterator[tuple[str, str, Assumptions]]:
    """The ends of the plausible ranges of some rules, each with the assumptions that have it.

    A rule that was assumed otherwise has the value that it was given, and no range.

    Args:
        rules: ids of the rules that a run relies on.
        assumptions: what it assumed.
    """
    for rule, value, other in alternatives_of(rules, assumptions):
        alternative = ALTERNATIVES[rule]
        if alternative.plausible and alternative.of(assumptions) == alternative.of(DEFAULTS):
            yield rule, value, other
