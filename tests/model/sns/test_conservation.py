"""Whatever goes wrong: what is published once is counted once for each consumer, and nothing is lost silently."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.results.invariants import violations
from delivery_lab.results.outcome import outcome_of
from tests.model.sns.world import DENIED, TopicWorld, text
from tests.model.support import Call, Script, fail, succeed
from tests.results.world import run_of

SEEDS = 25
"""500 were tried when this was written (2026-11-27): for more, set it higher."""
PUBLISHED = 12


class _Faulty(TopicWorld):
    """A topic with five consumers: three queues, one of them closed, a filtered one, and a function."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        super().__init__(self._behave, seed)
        self.function("worker")
        self.function("told")
        dead = self.queue("dead")
        self.subscribe(self.queue("jobs", dead_letters=dead, max_receive_count=2), raw=True, name="raw")
        self.subscribe(self.queue("audit"), name="enveloped")
        self.subscribe(self.queue("some"), policy={"kind": ["order"]}, name="filtered")
        self.subscribe(self.queue("closed"), permit=DENIED, name="closed", dead_letters=self.queue("undelivered"))
        self.subscribe("told", name="function")
        for queue in ("jobs", "audit", "some"):
            self.mapping(self.account.queues[queue], name=f"{queue} mapping")
        self.start()
        self.fault(
            *(
                InjectedFault(
                    kind,
                    service=service,
                    operation=operation,
                    share=self.chance.choice((0.2, 0.5, 1.0)),
                    end=seconds(self.chance.choice((0.5, 3, 60))),
                )
                for kind, service, operation in (
                    (FaultKind.ERROR, "sqs", "SendMessage"),
                    (FaultKind.THROTTLE, "lambda", "Invoke"),
                )
            )
        )

    def _behave(self, call: Call) -> Script:
        return fail(call) if self.chance.random() < 0.2 else succeed(call)

    def publish_at_times(self) -> None:
        for number in range(PUBLISHED):
            kind = self.chance.choice(("order", "refund"))
            attributes = {"kind": text(kind)}
            at = self.chance.uniform(0, 5)
            self.at(at, lambda n=number, given=attributes: self.publish(json.dumps({"id": n}), MessageAttributes=given))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_published_once_is_counted_once_for_each_consumer(seed: int) -> None:
    world = _Faulty(seed)
    world.publish_at_times()

    world.run(until_seconds=3_600)

    assert violations(world.history()) == []
    outcome = outcome_of(
        run_of(
            *world.journal.events,
            sources=("jobs", "audit", "some", "closed"),
            parking_queues=("dead", "undelivered"),
            until=3_600,
        )
    )
    by_consumer = Counter(message.consumer for message in outcome.per_message)
    assert outcome.messages.sent == 5 * PUBLISHED
    assert set(by_consumer.values()) == {PUBLISHED}
    assert len({(message.id, message.consumer) for message in outcome.per_message}) == 5 * PUBLISHED
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


def test_two_runs_with_one_seed_are_one_run() -> None:
    hashes = []
    for _ in range(2):
        world = _Faulty(7)
        world.publish_at_times()
        world.run(until_seconds=3_600)
        hashes.append(world.journal.hash())

    assert hashes[0] == hashes[1]
