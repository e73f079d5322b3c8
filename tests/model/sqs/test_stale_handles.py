"""Receipt handles that are no longer the newest, or whose timeout has ended (semantics.md A6, column standard)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from delivery_lab.events import DeleteIgnored, MessageDeleted, VisibilityChanged
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.support import World, receive, remaining

HOUR = 3_600


def _queue(seed: int = 1) -> tuple[World, SqsQueue]:
    world = World(seed=seed)
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    return world, queue


def test_sqs_stale_1_delete_after_the_timeout_works_while_nobody_has_received_again() -> None:
    world, queue = _queue()
    (delivery,) = queue.receive()
    world.wait(60)
    queue.delete(delivery.receipt_handle)

    assert remaining(queue) == []
    assert receive(queue) == []
    assert [event.rule for event in world.events(MessageDeleted)] == ["SQS-STALE-1"]


def test_sqs_stale_1_the_newest_handle_works_after_several_receives() -> None:
    world, queue = _queue()
    for _ in range(3):
        (delivery,) = queue.receive()
        world.wait(30)
    queue.delete(delivery.receipt_handle)

    assert remaining(queue) == []


def test_sqs_stale_2_an_older_handle_deletes_by_a_coin_of_the_seed_and_always_reports_success() -> None:
    kept = []
    for seed in range(60):
        world, queue = _queue(seed)
        (old,) = queue.receive()
        world.wait(30)
        (new,) = queue.receive()
        answer = world.sqs("DeleteMessage", QueueUrl=queue.url, ReceiptHandle=old.receipt_handle)
        assert answer == {}
        kept.append(bool(queue.messages))
        (event,) = world.events(DeleteIgnored, MessageDeleted)
        assert event.rule == "SQS-STALE-2"
        assert isinstance(event, DeleteIgnored) is kept[-1]
        queue.delete(new.receipt_handle)
        assert queue.messages == []

    assert 15 <= sum(kept) <= 45
    assert "SQS-STALE-2" in world.journal.rules


def test_sqs_stale_3_change_after_the_timeout_takes_effect_while_nobody_has_received_again() -> None:
    world, queue = _queue()
    (delivery,) = queue.receive()
    world.wait(60)
    queue.change_visibility(delivery.receipt_handle, 20)

    assert [event.rule for event in world.events(VisibilityChanged)] == ["SQS-STALE-3"]
    assert queue.counts() == (0, 1, 0)
    world.wait(19)
    assert receive(queue) == []
    world.wait(1)
    assert receive(queue) == ["a"]


def test_sqs_stale_3_zero_with_an_older_handle_takes_the_message_from_its_newer_receiver() -> None:
    world, queue = _queue()
    (old,) = queue.receive()
    world.wait(30)
    queue.receive()
    queue.change_visibility(old.receipt_handle, 0)

    assert receive(queue) == ["a"]


def test_sqs_stale_8_an_extension_with_an_older_handle_holds_the_message_for_its_newer_receiver_too() -> None:
    world, queue = _queue()
    (old,) = queue.receive()
    world.wait(30)
    queue.receive()
    queue.change_visibility(old.receipt_handle, 100)

    world.wait(99)
    assert receive(queue) == []
    world.wait(1)
    assert receive(queue) == ["a"]
    assert [event.rule for event in world.events(VisibilityChanged)] == ["SQS-STALE-8"]
    assert "SQS-STALE-8" in world.journal.rules


def test_sqs_stale_4_deleting_twice_reports_success_each_time() -> None:
    world, queue = _queue()
    handle = queue.receive()[0].receipt_handle
    for _ in range(3):
        assert world.sqs("DeleteMessage", QueueUrl=queue.url, ReceiptHandle=handle) == {}

    assert len(world.events(MessageDeleted)) == 1
    assert "SQS-STALE-4" in world.journal.rules


def test_sqs_stale_4_changing_the_visibility_of_a_deleted_message_is_an_error() -> None:
    _, queue = _queue()
    handle = queue.receive()[0].receipt_handle
    queue.delete(handle)

    with pytest.raises(AwsError) as caught:
        queue.change_visibility(handle, 10)
    assert (caught.value.code, caught.value.status) == ("InvalidParameterValue", 400)
    assert caught.value.message == (
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
        "for visibility timeout change."
    )


def test_sqs_stale_5_more_than_12_hours_after_the_receive_even_a_delete_is_refused() -> None:
    world, queue = _queue()
    handle = queue.receive()[0].receipt_handle
    world.wait(12 * HOUR + 1)

    with pytest.raises(AwsError) as caught:
        queue.delete(handle)
    assert caught.value.code == "InvalidParameterValue"
    assert caught.value.message == (
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    )
    assert remaining(queue) == ["a"]
    assert "SQS-STALE-5" in world.journal.rules


def test_sqs_stale_5_at_12_hours_sharp_the_delete_still_works() -> None:
    world, queue = _queue()
    handle = queue.receive()[0].receipt_handle
    world.wait(12 * HOUR)
    queue.delete(handle)

    assert remaining(queue) == []


@pytest.mark.parametrize(
    "handle", ["", "nonsense", "jobs/1", "jobs/1/x", "jobs/-1/1", "jobs/1/2", "jobs/1/0", "jobs/7/1"]
)
def test_a_handle_that_no_receive_gave_out_is_refused(handle: str) -> None:
    world, queue = _queue()
    queue.receive()

    acts: list[Callable[[], None]] = [lambda: queue.delete(handle), lambda: queue.change_visibility(handle, 1)]
    for act in acts:
        with pytest.raises(AwsError) as caught:
            act()
        assert caught.value.code == "ReceiptHandleIsInvalid"
        assert caught.value.message == f'The input receipt handle "{handle}" is not a valid receipt handle.'
    assert world.events(MessageDeleted, DeleteIgnored, VisibilityChanged) == []


def test_a_handle_of_another_queue_is_refused() -> None:
    world, queue = _queue()
    other = world.queue("other")
    world.send(other, "x")
    (delivery,) = other.receive()

    with pytest.raises(AwsError) as caught:
        queue.delete(delivery.receipt_handle)

    assert (caught.value.code, caught.value.message) == (
        "ReceiptHandleIsInvalid",
        f'The receipt handle "{delivery.receipt_handle}" is not valid for this queue.',
    )


def test_a_queue_named_with_its_parent_gives_out_handles_that_work() -> None:
    world = World()
    queue = world.queue("batch/jobs")
    world.send(queue, "a")
    (delivery,) = queue.receive()
    queue.change_visibility(delivery.receipt_handle, 5)
    queue.delete(delivery.receipt_handle)

    assert remaining(queue) == []


def test_a_handle_of_the_source_queue_does_nothing_to_the_message_in_the_dead_letter_queue() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    world.wait(10)
    receive(queue)
    queue.delete(delivery.receipt_handle)

    assert remaining(dead) == ["a"]
    with pytest.raises(AwsError, match="Message does not exist"):
        queue.change_visibility(delivery.receipt_handle, 10)
