"""How late polls are."""

from __future__ import annotations

from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.lateness import late_polls, lateness, on_time
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rules.assumptions import Assumptions
from tests.model.partition_world import PartitionWorld


def test_polls_are_on_time_unless_something_else_is_assumed() -> None:
    late = lateness("poll", "mapping", 0, RandomStreams(1))
    assert (late, late()) == (on_time, 0)
    woken = list[int]()
    late_polls(late, Scheduler())(lambda: woken.append(0))()
    assert woken == [0]


def test_each_poll_is_late_by_what_is_drawn_for_it() -> None:
    late = lateness("poll", "mapping", 0.5, RandomStreams(1))
    drawn = [late() for _ in range(50)]
    assert len(set(drawn)) > 40
    assert 0 <= min(drawn) < max(drawn) <= seconds(0.5)
    assert [lateness("poll", "mapping", 0.5, RandomStreams(1))() for _ in range(2)] == [drawn[0]] * 2
    assert lateness("poll", "another", 0.5, RandomStreams(1))() != drawn[0]


def test_a_late_poll_comes_after_its_time() -> None:
    scheduler, woken = Scheduler(), list[int]()
    late_polls(lambda: seconds(2), scheduler)(lambda: woken.append(scheduler.now))()
    assert woken == []
    scheduler.run()
    assert woken == [seconds(2)]


def test_polls_of_a_shard_are_late_too() -> None:
    read = {}
    for poll_seconds in (0.0, 0.9):
        world = PartitionWorld()
        world.account.assumptions = Assumptions(poll_seconds=poll_seconds)
        world.function()
        stream = world.kinesis()
        world.stream_mapping(stream)
        world.start()
        world.at(10, stream.put, b"a", "k")
        world.run()
        read[poll_seconds] = world.calls[0].at_seconds
    assert read[0.0] < read[0.9]
