"""Moving dead-letter queues back: StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import MessageMoved
from delivery_lab.limits.queues import MOVE_TASK
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs import redrive
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.support import World, bodies, fail, receive, remaining


def _dead(world: World, count: int = 3) -> tuple[SqsQueue, SqsQueue]:
    """A queue, and its dead-letter queue with so many messages that failed."""
    dead = world.queue("dlq")
    jobs = world.queue("jobs", dead_letters=dead, max_receive_count=1, visibility=5)
    world.send(jobs, *bodies(count))
    for _ in range(0, count, 10):
        receive(jobs)
    world.wait(6)
    while receive(jobs):
        pass
    assert len(dead.messages) == count
    return jobs, dead


def _start(world: World, source: SqsQueue, **parameters: Any) -> str:
    handle: str = world.sqs("StartMessageMoveTask", SourceArn=source.arn, **parameters)["TaskHandle"]
    return handle


def _tasks(world: World, source: SqsQueue) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = world.sqs("ListMessageMoveTasks", SourceArn=source.arn, MaxResults=10)["Results"]
    return results


def _refused(world: World, operation: str, **parameters: Any) -> str:
    with pytest.raises(AwsError) as caught:
        world.sqs(operation, **parameters)
    return str(caught.value)


def test_rdr_source_1_messages_go_back_to_the_queue_that_they_came_from() -> None:
    world = World()
    jobs, dead = _dead(world)

    _start(world, dead)
    world.run()

    assert remaining(jobs) == ["job-1", "job-2", "job-3"]
    assert remaining(dead) == []
    [task] = _tasks(world, dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (
        "COMPLETED", 3, 3,
    )  # fmt: skip
    assert "TaskHandle" not in task


def test_rdr_source_1_or_to_another_queue() -> None:
    world = World()
    jobs, dead = _dead(world)
    other = world.queue("other")

    _start(world, dead, DestinationArn=other.arn)
    world.run()

    assert (remaining(jobs), remaining(other)) == ([], ["job-1", "job-2", "job-3"])


def test_rdr_source_1_a_queue_that_is_nobodys_dead_letter_queue_is_refused() -> None:
    world = World()
    jobs, dead = _dead(world)

    assert _refused(world, "StartMessageMoveTask", SourceArn=jobs.arn) == (
        "InvalidParameterValue: Source queue must be configured as a Dead Letter Queue."
    )
    for wrong in ({"SourceArn": jobs.arn + "x"}, {"SourceArn": dead.arn, "DestinationArn": jobs.arn + "x"}):
        name = list(wrong)[-1]
        assert _refused(world, "StartMessageMoveTask", **wrong) == (
            f"ResourceNotFoundException: The resource that you specified for the {name} parameter doesn't exist."
        )
    assert _refused(world, "StartMessageMoveTask", SourceArn="dlq").startswith("InvalidParameterValue: You must use")


def test_rdr_source_1_one_task_at_a_time() -> None:
    world = World()
    _, dead = _dead(world)
    _start(world, dead)

    assert _refused(world, "StartMessageMoveTask", SourceArn=dead.arn) == (
        "InvalidParameterValue: There is already a task running. Only one active task is allowed for a source queue "
        "arn at a given time."
    )
    world.run()
    _start(world, dead)


def test_rdr_source_2_a_message_that_was_sent_to_the_dead_letter_queue_has_nowhere_to_go() -> None:
    world = World()
    jobs, dead = _dead(world, 1)
    world.send(dead, "direct")

    _start(world, dead)
    world.run()

    [task] = _tasks(world, dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert (remaining(jobs), remaining(dead)) == (["job-1"], ["direct"])


def test_rdr_new_1_a_redriven_message_is_a_new_one() -> None:
    world = World()
    jobs, dead = _dead(world, 1)
    [old] = dead.messages

    world.wait(100)
    _start(world, dead)
    world.run()

    [new] = jobs.messages
    assert new.id != old.id
    assert (new.dead_letter_source, new.body) == (None, old.body)
    assert new.sent_at > old.sent_at
    [moved] = world.events(MessageMoved)
    assert (moved.message, moved.new_message) == (old.id, new.id)


def test_rdr_new_2_its_receives_are_counted_from_0_again() -> None:
    world = World()
    jobs, dead = _dead(world, 1)
    assert dead.messages[0].receive_count > 0

    _start(world, dead)
    world.run()

    assert jobs.messages[0].receive_count == 0


def test_rdr_end_1_a_message_that_comes_back_is_not_moved_again() -> None:
    world = World(fail)
    _, dead = _dead(world, 2)
    world.function(timeout=5)
    world.mapping(world.account.queues["jobs"], batch_size=1)
    world.start()

    _start(world, dead, MaxNumberOfMessagesPerSecond=1)
    world.run()

    assert len(world.events(MessageMoved)) == 2
    assert sorted(remaining(dead)) == ["job-1", "job-2"]


def test_rdr_end_1_what_has_left_in_the_meantime_is_passed_over() -> None:
    world = World()
    jobs, dead = _dead(world, 3)
    _start(world, dead, MaxNumberOfMessagesPerSecond=1)
    world.wait(0.5)

    for delivery in dead.receive(1):
        dead.delete(delivery.receipt_handle)
    world.run()

    assert remaining(jobs) == ["job-1", "job-3"]
    assert _tasks(world, dead)[0]["ApproximateNumberOfMessagesMoved"] == 2


@pytest.mark.parametrize(("rate", "took_seconds"), [(None, 0.008), (1, 4), (500, 0.008), (100, 0.04)])
def test_rdr_rate_1_500_messages_a_second_unless_told_otherwise(rate: int | None, took_seconds: float) -> None:
    world = World()
    _, dead = _dead(world, 5)

    began = world.now
    _start(world, dead, **({} if rate is None else {"MaxNumberOfMessagesPerSecond": rate}))
    world.run()

    assert world.times_of(MessageMoved)[-1] - began == pytest.approx(took_seconds)


def test_rdr_rate_2_a_task_that_would_outlast_36_hours_is_not_modelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "MOVE_TASK", replace(MOVE_TASK, maximum=3_600))
    world = World()
    _, dead = _dead(world, 3)

    _start(world, dead, MaxNumberOfMessagesPerSecond=1)
    world.run()
    assert dead.messages == []
    monkeypatch.setattr(redrive, "MOVE_TASK", replace(MOVE_TASK, maximum=2))
    world = World()
    _, dead = _dead(world, 3)
    with pytest.raises(NotModelledError, match=r"^moving 3 messages out of \S+ at 1 a second takes 0\.0 h; SQS ends"):
        _start(world, dead, MaxNumberOfMessagesPerSecond=1)


@pytest.mark.parametrize("rate", [0, 501])
def test_rates_out_of_bounds_are_refused(rate: int) -> None:
    world = World()
    _, dead = _dead(world)

    assert _refused(world, "StartMessageMoveTask", SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=rate) == (
        f"InvalidParameterValue: Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. "
        "Reason: Must be between 1 and 500."
    )


def test_rdr_cancel_1_what_was_moved_stays_moved() -> None:
    world = World()
    jobs, dead = _dead(world, 3)
    handle = _start(world, dead, MaxNumberOfMessagesPerSecond=1)
    world.wait(0.5)
    assert _tasks(world, dead)[0]["TaskHandle"] == handle

    answer = world.sqs("CancelMessageMoveTask", TaskHandle=handle)
    world.run()

    assert answer == {"ApproximateNumberOfMessagesMoved": 1}
    assert (remaining(jobs), remaining(dead)) == (["job-1"], ["job-2", "job-3"])
    assert _tasks(world, dead)[0]["Status"] == "CANCELLED"
    assert _refused(world, "CancelMessageMoveTask", TaskHandle=handle) == (
        "AWS.SimpleQueueService.UnsupportedOperation: Only active tasks can be cancelled."
    )


def test_tasks_are_listed_newest_first_and_only_so_many() -> None:
    world = World()
    _, dead = _dead(world, 1)
    _start(world, dead)
    world.run()
    world.wait(60)
    _start(world, dead)
    world.run()

    first, second = _tasks(world, dead)
    assert first["StartedTimestamp"] > second["StartedTimestamp"]
    assert len(world.sqs("ListMessageMoveTasks", SourceArn=dead.arn)["Results"]) == 1
    assert _refused(world, "ListMessageMoveTasks", SourceArn=dead.arn, MaxResults=11) == (
        "InvalidParameterValue: Value 11 for parameter MaxResults is invalid. Reason: Must be between 1 and 10."
    )


def test_a_handle_of_a_task_is_read_before_the_task_is_looked_for() -> None:
    world = World()
    _, dead = _dead(world, 1)

    def handle(**content: str) -> str:
        return base64.b64encode(json.dumps(content).encode()).decode()

    assert _refused(world, "CancelMessageMoveTask", TaskHandle="foobared") == (
        "InvalidParameterValue: Value for parameter TaskHandle is invalid."
    )
    assert _refused(world, "CancelMessageMoveTask", TaskHandle=handle(taskId="1", sourceArn=dead.arn + "x")) == (
        "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist."
    )
    assert _refused(world, "CancelMessageMoveTask", TaskHandle=handle(taskId="1", sourceArn=dead.arn)) == (
        "ResourceNotFoundException: Task does not exist."
    )
