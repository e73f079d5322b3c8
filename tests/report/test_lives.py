"""The life of a message: each step with its rule, the middle of a long life left out, over all that it goes through."""

from __future__ import annotations

import re

import pytest

from delivery_lab.report.lives import FIRST_STEPS, LAST_STEPS, lives_of
from delivery_lab.results.timeline import messages_called, timeline
from tests.lab_support import run


def life(stack: str, name: str) -> list[tuple[str, str, str]]:
    """Kind, words and rule of each step."""
    ran = run(stack)
    called = messages_called(ran)
    ids = called[name]
    told = lives_of(ran, ids[:1]).lives[ids[0]]
    return [(step.kind, step.text, step.rule) for step in (*told.first, *told.last)]


def test_a_message_that_is_worked_on_twice() -> None:
    steps = life("visibility-short", "msg-1")

    assert steps[:4] == [
        ("sent", "sent to visibility-queue", ""),
        ("received", "received by visibility-mapping (receive 1 of 5), hidden until 5.263 s", "SQS-VT-1"),
        ("invoked", "visibility-worker #1 gets msg-1", "ESM-BATCH-1"),
        ("kept", "visible again in visibility-queue: the visibility timeout is over", "SQS-VT-1"),
    ]
    assert (
        "invoked",
        "visibility-worker #2 gets msg-1, while visibility-worker #1 still works on it",
        "ESM-BATCH-1",
    ) in steps
    assert (
        "kept",
        "msg-1 stays: it was deleted with an old receipt handle",
        "SQS-STALE-2",
    ) in steps


def test_a_message_that_is_throttled_and_moved() -> None:
    assert [kind for kind, _, _ in life("concurrency-trap", "job-31")] == [
        "sent",
        "received",
        "failed",
        "kept",
        "moved",
    ]


def test_a_long_life_is_cut_in_the_middle() -> None:
    ran = run("stream-default")
    called = messages_called(ran)
    (poison,) = called["poison"]

    told = lives_of(ran, [poison]).lives[poison]

    assert (len(told.first), len(told.last)) == (FIRST_STEPS, LAST_STEPS)
    assert told.left_out > 1_000
    assert told.last[-1].text == "expired in stream"


def test_what_a_topic_hands_on_is_the_same_message() -> None:
    ran = run("sns-sqs-raw-safe")
    called = messages_called(ran)
    ids = next(iter(called.values()))

    told = lives_of(ran, ids[:1]).lives[ids[0]]

    kinds = [step.kind for step in told.first]
    assert kinds.index("moved") < kinds.index("received") < kinds.index("done")


def test_what_a_pipe_hands_on_is_the_same_message() -> None:
    ran = run("pipe-sqs-safe")
    ids = next(iter(messages_called(ran).values()))

    told = lives_of(ran, ids[:1]).lives[ids[0]]

    kinds = [step.kind for step in told.first]
    assert kinds.index("moved") < kinds.index("invoked") < kinds.index("done")


@pytest.mark.parametrize("stack", ["visibility-short", "msk-bounded", "sns-sqs-filter", "async-destinations", "s3-sqs"])
def test_lives_use_the_words_of_the_timeline(stack: str) -> None:
    ran = run(stack)
    called = messages_called(ran)
    lives = lives_of(ran, [message for messages in called.values() for message in messages[:1]]).lives
    said = {line.text.partition(":")[0] for line in timeline(ran)} | {line.text for line in timeline(ran)}
    besides = re.compile(
        r"received by |the visibility timeout is changed|deleted by |.* is past it: checkpoint|the invoke succeeds|"
        r"out of the queue|.* has done its work"
    )

    told = {step.text for life in lives.values() for step in (*life.first, *life.last)}

    assert told
    assert {
        text for text in told if not besides.match(text) and not any(text.startswith(part) for part in said)
    } == set()
