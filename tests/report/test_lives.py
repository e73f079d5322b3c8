"""The life of a message: each step with its rule, the middle of a long life left out, over all that it goes through."""

from __future__ import annotations

from delivery_lab.report.lives import FIRST_STEPS, LAST_STEPS, lives_of
from delivery_lab.results.timeline import messages_called
from tests.lab_support import run


def life(stack: str, name: str) -> list[tuple[str, str, str]]:
    """Kind, words and rule of each step."""
    ran = run(stack)
    called = messages_called(ran)
    ids = called[name]
    found = lives_of(ran, ids[:1], {message: each for each, messages in called.items() for message in messages})
    told = found[ids[0]]
    return [(step.kind, step.text, step.rule) for step in (*told.first, *told.last)]


def test_a_message_that_is_worked_on_twice() -> None:
    steps = life("visibility-short", "msg-1")

    assert steps[:4] == [
        ("sent", "accepted by visibility-queue", ""),
        ("received", "received by visibility-mapping (receive 1 of 5), hidden until 5.263 s", "SQS-VT-1"),
        ("invoked", "handed to visibility-worker #1", "ESM-BATCH-1"),
        ("kept", "visible again in visibility-queue: the visibility timeout is over", "SQS-VT-1"),
    ]
    assert (
        "invoked",
        "handed to visibility-worker #2, while visibility-worker #1 still works on it",
        "ESM-BATCH-1",
    ) in steps
    assert (
        "kept",
        "visibility-mapping deletes it without effect: the receipt handle is an old one",
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

    told = lives_of(ran, [poison], {poison: "poison"})[poison]

    assert (len(told.first), len(told.last)) == (FIRST_STEPS, LAST_STEPS)
    assert told.left_out > 1_000
    assert told.last[-1].text == "the retention period of stream ends it"


def test_what_a_topic_hands_on_is_the_same_message() -> None:
    ran = run("sns-sqs-raw-safe")
    called = messages_called(ran)
    name, ids = next(iter(called.items()))

    told = lives_of(ran, ids[:1], {ids[0]: name})[ids[0]]

    kinds = [step.kind for step in told.first]
    assert kinds.index("moved") < kinds.index("received") < kinds.index("done")
