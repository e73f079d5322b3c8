"""Which message shows a figure, and what is told of it."""

from __future__ import annotations

import pytest

from delivery_lab.results.following import read_events
from delivery_lab.results.matters import message_that_matters
from delivery_lab.results.timeline import timeline
from tests.lab_support import run


@pytest.mark.parametrize(
    ("stack", "figure", "name"),
    [
        ("batch-unreported", "messages.lost", "3"),
        ("batch-unreported", 'consumers["batch-mapping"].messages.lost', "3"),
        ("stream-bounded", "messages.healthyDeadLettered", "before-1"),
        ("stream-bounded", "messages.deadLettered", "before-1"),
        ("visibility-short", "effects.duplicated", "msg-1"),
        ("async-default", "deliveries.maxPerMessage", "unlucky-1"),
    ],
)
def test_the_first_message_that_shows_a_figure_is_named(stack: str, figure: str, name: str) -> None:
    found = run(stack)

    message = message_that_matters(found, figure)

    assert [fate.business_id for fate in read_events(found).fates if fate.message_id == message] == [name]


@pytest.mark.parametrize("figure", ["messages.lost", "requests.total", "virtualSeconds", "effects.nothing.known"])
def test_a_figure_that_no_message_shows_names_none(figure: str) -> None:
    assert message_that_matters(run("batch-partial"), figure) is None


def test_the_story_of_a_message_has_what_happens_to_it_and_to_its_invokes_alone() -> None:
    found = run("batch-unreported")

    told = [str(line) for line in timeline(found, message_that_matters(found, "messages.lost"))]

    assert [line.split("  ")[-1 if "[" not in line else -2].strip() for line in told] == [
        "sent to batch-queue: 3",
        "batch-worker #1 gets 1 2 3 4 5 6 7 8 9 10",
        "batch-worker #1 fails 3: ProcessingError",
        "batch-worker #1 ends: 10 deleted (the response is not looked at)",
    ]


def test_a_message_is_followed_through_a_target_that_gives_it_another_id() -> None:
    found = run("async-destinations")
    told = [line.text for line in timeline(found, message_that_matters(found, "messages.deadLettered"))]

    assert told[0].startswith("sent to events of async-worker: poison")
    assert all("job-" not in text for text in told)
