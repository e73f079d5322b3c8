"""Whatever goes wrong: an event is counted once for each target, and nothing is lost silently."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from delivery_lab.model.clock import seconds
from delivery_lab.model.eventbridge.dead_letters import RetryPolicy
from delivery_lab.model.eventbridge.inputs import ConstantInput, PathInput, TransformedInput
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.results.invariants import violations
from delivery_lab.results.outcome import outcome_of
from tests.model.eventbridge.world import DENIED, RULE, BusWorld
from tests.model.support import Call, Script, fail, succeed
from tests.results.world import run_of

SEEDS = 25
"""500 were tried when this was written (2026-11-27): for more, set it higher."""
PUT = 12
NO_JSON = TransformedInput({"all": "$.detail"}, '{"a": "<all>"}', RULE, "orders")


class _Faulty(BusWorld):
    """A bus with eight targets: queues, one closed, one filtered, a FIFO queue, a function, a stream, another bus."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        super().__init__(self._behave, seed)
        self.function("worker")
        self.function("told")
        dead, undelivered = self.queue("dead"), self.queue("undelivered")
        jobs = self.queue("jobs", dead_letters=dead, max_receive_count=2)
        short = RetryPolicy(maximum_retries=self.chance.choice((0, 2, 185)), maximum_age_seconds=600)
        self.rule(jobs, name="whole", policy=short, dead_letters=undelivered)
        self.rule(self.queue("parts"), name="part", input=PathInput("$.detail"))
        self.rule(self.queue("some"), name="filtered", pattern={"detail": {"kind": ["order"]}})
        self.rule(self.queue("closed"), name="closed", permit=DENIED, dead_letters=undelivered)
        self.rule(self.queue("never"), name="no json", input=NO_JSON)
        fifo = self.queue("fifo", fifo=FifoAttributes(content_based=True))
        self.rule(fifo, name="same", input=ConstantInput('{"id": "go"}'), group="g")
        self.rule("told", name="function")
        other = self.account.buses.create("other", "arn:aws:events:us-east-2:123456789012:event-bus/other")
        self.rule(other, name="bus")
        self.rule(self.queue("behind"), name="behind", of=other, dead_letters=undelivered, policy=short)
        for queue in ("jobs", "parts", "some", "fifo", "behind"):
            self.mapping(self.account.queues[queue], name=f"{queue} mapping")
        self.start()
        self.fault(*self._faults())

    def _faults(self) -> list[InjectedFault]:
        kinds = (("sqs", "SendMessage"), ("lambda", "Invoke"), ("events", "PutEvents"))
        return [
            InjectedFault(
                self.chance.choice((FaultKind.ERROR, FaultKind.THROTTLE)),
                Occasion(share=self.chance.choice((0.2, 0.5, 1.0)), end=seconds(self.chance.choice((0.5, 30, 2_000)))),
                service=service,
                operation=operation,
            )
            for service, operation in kinds
        ]

    def _behave(self, call: Call) -> Script:
        return fail(call) if self.chance.random() < 0.2 else succeed(call)

    def put_at_times(self) -> None:
        for number in range(PUT):
            detail = {"id": f"n{number}", "kind": self.chance.choice(("order", "refund"))}
            self.at(self.chance.uniform(0, 5), lambda given=detail: self.put_unhindered(given))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_event_is_counted_once_for_each_target(seed: int) -> None:
    world = _Faulty(seed)
    world.put_at_times()

    world.run(until_seconds=7_200)

    assert violations(world.history()) == []
    outcome = outcome_of(
        run_of(
            *world.journal.events,
            sources=("jobs", "parts", "some", "closed", "never", "fifo", "behind"),
            parking_queues=("dead", "undelivered"),
            until=7_200,
        )
    )
    by_consumer = Counter(message.consumer for message in outcome.per_message)
    assert set(by_consumer.values()) == {PUT}
    assert (len(by_consumer), outcome.messages.sent) == (8, 8 * PUT)
    counted = outcome.messages
    ends = (
        counted.processed,
        counted.dead_lettered,
        counted.lost,
        counted.filtered,
        counted.remaining,
        counted.expired,
    )
    assert sum(ends) == counted.sent
    assert counted.lost >= PUT  # what the template makes no JSON of


def test_two_runs_with_one_seed_are_one_run() -> None:
    hashes = []
    for _ in range(2):
        world = _Faulty(7)
        world.put_at_times()
        world.run(until_seconds=7_200)
        hashes.append(world.journal.hash())

    assert hashes[0] == hashes[1]


def test_an_event_behind_a_topic_and_a_stream_is_one_for_each_consumer() -> None:
    world = BusWorld()
    topic = world.account.create_topic("news", "arn:aws:sns:us-east-2:123456789012:news", PublishSettings())
    stream = world.account.create_stream(
        "clicks", "arn:aws:kinesis:us-east-2:1:stream/clicks", shards=2, retention_hours=24
    )
    world.rule(stream, name="to stream", key_path="$.detail.id")

    for number in range(4):
        world.put({"id": f"n{number}"})
    world.run()

    outcome = outcome_of(run_of(*world.journal.events, sources=("clicks",)))
    assert topic.subscriptions == []
    assert {(m.id, m.outcome) for m in outcome.per_message} == {(f"n{number}", "remaining") for number in range(4)}
