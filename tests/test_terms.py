"""Names of JSON for people."""

from __future__ import annotations

import pytest

from delivery_lab.terms import change, figure_name, number, span, term, values


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sent", "sent"),
        ("deadLettered", "dead-lettered"),
        ("healthyDeadLettered", "healthy dead-lettered"),
        ("processedDeadLettered", "processed dead-lettered"),
        ("maxPerMessage", "max per message"),
        ("timedOut", "timed out"),
    ],
)
def test_a_name_has_one_spelling(name: str, words: str) -> None:
    assert term(name) == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("messages.deadLettered", "messages dead-lettered"),
        ("deliveries.maxPerMessage", "deliveries max per message"),
        ("latencySeconds.p50", "latency p50"),
        ("virtualSeconds", "virtual time"),
        ("requests.falseSuccesses", "requests false successes"),
        ("requests.attempts.maxPerRequest", "attempts max per request"),
        ("requests.answers.200", "answers 200"),
        ("requests.latencySeconds.max", "waiting max"),
    ],
)
def test_a_path_is_read_as_words(path: str, words: str) -> None:
    assert figure_name(path) == words


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), (7, "7"), (0.25, "0.25"), (1.0, "1"), (0.12345, "0.123")])
def test_a_number(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "-"), (0.25, "0.25 s"), (9.999, "9.999 s"), (60.264, "60.3 s"), (240.4, "4 min")]
)
def test_a_span_is_exact_where_it_is_short(seconds: float | None, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("path", "before", "after", "shown"),
    [
        ("messages.lost", 0, 3, "0 -> 3"),
        ("latencySeconds.p50", None, 0.5, "- -> 0.5 s"),
        ("virtualSeconds", 960, 142.554, "16 min -> 2.4 min"),
        ("virtualSeconds", 60.264, 60.27, "60.264 s -> 60.27 s"),
    ],
)
def test_what_differs_looks_different(path: str, before: float | None, after: float, shown: str) -> None:
    assert change(path, before, after) == shown


def test_spans_of_a_group_have_their_unit() -> None:
    assert list(values("latencySeconds", {"p50": 0.25, "max": None})) == ["p50 0.25 s", "max -"]
    assert list(values("messages", {"deadLettered": 3})) == ["dead-lettered 3"]


def test_a_figure_is_shown_with_what_it_lies_between_if_that_can_be_told_apart() -> None:
    group = {"p50": 100.0, "max": 200.0}
    intervals = {
        "latencySeconds.p50": {"low": 90.0, "high": 120.0},
        "latencySeconds.max": {"low": 199.9, "high": 200.1},
    }

    assert list(values("latencySeconds", group, intervals)) == ["p50 100 s (90 s to 2 min)", "max 3.3 min"]
