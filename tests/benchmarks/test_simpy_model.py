"""The peer is a fair one only if it does what it is compared for."""

from __future__ import annotations

from collections import Counter

from benchmarks.simpy_model import BATCH_SIZE, MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUT_SECONDS, Model


def test_every_message_is_deleted_or_in_the_dead_letter_queue() -> None:
    model = Model(20_000)
    model.run()
    ended = Counter(
        number for _, what, number, _ in model.journal if what in {"deleted", "moved to the dead-letter queue"}
    )
    assert ended == dict.fromkeys(range(20_000), 1)
    assert {message.receives for message in model.dead} == {MAX_RECEIVE_COUNT}


def test_what_fails_is_received_again_after_the_visibility_timeout() -> None:
    model = Model(2_000)
    model.run()
    received = {(number, count): instant for instant, what, number, count in model.journal if what == "received"}
    again = [key for key in received if key[1] == 2]
    assert again
    assert all(received[number, 2] - received[number, 1] >= VISIBILITY_TIMEOUT_SECONDS for number, _ in again)
    assert sum(what == "failed" for _, what, _, _ in model.journal) >= len(again)


def test_batches_have_ten_messages_at_most() -> None:
    model = Model(1_000)
    model.run()
    # A batch is invoked at one instant by one poller; two pollers hardly ever do it at the same.
    assert max(Counter(instant for instant, what, _, _ in model.journal if what == "invoked").values()) == BATCH_SIZE
