"""Whatever the settings: no message gets lost in the model, every run ends, equal seeds are equal runs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.events import (
    BatchInvoked,
    BatchResult,
    EventBase,
    InvokeEnded,
    InvokeStarted,
    Journal,
    MessageDeleted,
    MessageExpired,
    MessageReceived,
    MessageSent,
)
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import ThrottleRetryLimit
from tests.model.support import Call, Script, World, report

RETENTION_SECONDS = 600


@dataclass(frozen=True)
class Case:
    """Settings of one random deployment and what its function does.

    `poison` messages (by number) always fail; `crash_every`-th invoke raises, `hang_every`-th runs into the timeout
    (0: none).
    """

    messages: int
    spread_seconds: int
    batch_size: int
    window_seconds: int
    timeout: int
    slack_seconds: int
    reserved: int | None
    maximum_concurrency: int | None
    max_receive_count: int | None
    reports: bool
    switched_on: bool
    limit: ThrottleRetryLimit
    takes_seconds: float
    poison: frozenset[int]
    crash_every: int
    hang_every: int


CASES = st.builds(
    Case,
    messages=st.integers(1, 25),
    spread_seconds=st.integers(0, 60),
    batch_size=st.integers(1, 12),
    window_seconds=st.integers(1, 20),
    timeout=st.integers(1, 30),
    slack_seconds=st.integers(0, 60),
    reserved=st.one_of(st.none(), st.integers(0, 6)),
    maximum_concurrency=st.one_of(st.none(), st.integers(2, 8)),
    max_receive_count=st.one_of(st.none(), st.integers(1, 4)),
    reports=st.booleans(),
    switched_on=st.booleans(),
    limit=st.sampled_from(ThrottleRetryLimit),
    takes_seconds=st.floats(0, 40),
    poison=st.frozensets(st.integers(0, 24), max_size=8),
    crash_every=st.sampled_from([0, 0, 1, 2, 5]),
    hang_every=st.sampled_from([0, 0, 3]),
)


@dataclass
class Run:
    world: World
    queue: SqsQueue
    dead: SqsQueue
    poison_ids: set[str]

    def ids_of(self, *kinds: type[EventBase]) -> list[str]:
        return self.world.messages_of(*kinds)


def is_poison(body: str, case: Case) -> bool:
    return json.loads(body)["n"] in case.poison


def deploy(case: Case, seed: int = 1) -> Run:
    invokes = iter(range(1, 1_000_000))

    def behave(call: Call) -> Script:
        number = next(invokes)
        if case.hang_every and number % case.hang_every == 0:
            return Script(10_000)
        bad = [record["messageId"] for record in call.records if is_poison(record["body"], case)]
        if (case.crash_every and number % case.crash_every == 0) or (bad and not case.reports):
            return Script(case.takes_seconds, '{"errorType":"E"}', "E")
        return Script(case.takes_seconds, report(*bad))

    world = World(behave, seed)
    dead = world.queue("dead", retention=1_209_600)
    queue = world.queue(
        visibility=case.timeout + case.slack_seconds,
        retention=RETENTION_SECONDS,
        dead_letters=dead if case.max_receive_count else None,
        max_receive_count=case.max_receive_count or 1,
    )
    world.function(timeout=case.timeout, reserved=case.reserved)
    world.mapping(
        queue,
        batch_size=case.batch_size,
        window_seconds=case.window_seconds if case.batch_size > 10 or case.window_seconds > 10 else 0,
        report_batch_item_failures=case.switched_on,
        maximum_concurrency=case.maximum_concurrency,
        throttle_retry_limit=case.limit,
    )
    world.start()
    for number in range(case.messages):
        world.at(number * case.spread_seconds / case.messages, queue.send, json.dumps({"n": number}))
    world.run()
    sent = world.events(MessageSent)
    poison = {event.message for event in sent if is_poison(event.body, case)}
    return Run(world, queue, dead, poison)


@given(CASES)
@settings(max_examples=150)
def test_messages_are_conserved_and_the_run_ends(case: Case) -> None:
    run = deploy(case)
    held = [message.id for message in (*run.queue.messages, *run.dead.messages)]
    ended = held + run.ids_of(MessageDeleted, MessageExpired)

    assert sorted(ended) == sorted(run.ids_of(MessageSent))
    assert len(run.ids_of(MessageSent)) == case.messages
    # Nothing but retention and the dead-letter queue ends what never succeeds, and the run is over soon after.
    assert run.queue.messages == []
    assert run.world.scheduler.idle
    assert run.world.now < RETENTION_SECONDS + case.spread_seconds + 2 * 150


@given(CASES)
@settings(max_examples=100)
def test_a_message_is_deleted_exactly_where_a_verdict_let_it_go(case: Case) -> None:
    run = deploy(case)
    batches = {event.invoke: event.messages for event in run.world.events(BatchInvoked)}
    succeeded: set[str] = set()
    for verdict in run.world.events(BatchResult):
        succeeded |= set(batches[verdict.invoke]) - set(verdict.failed)

    deleted = run.ids_of(MessageDeleted)
    assert len(set(deleted)) == len(deleted)
    assert set(deleted) <= succeeded
    # Poison goes only where the response was not looked at, or was never given.
    if case.switched_on or not case.reports:
        assert not run.poison_ids & set(deleted)


@given(CASES)
@settings(max_examples=100)
def test_limits_are_kept(case: Case) -> None:
    run = deploy(case)
    counts = [event.receive_count for event in run.world.events(MessageReceived)]
    running = highest = 0
    for event in run.world.journal.events:
        running += {InvokeStarted: 1, InvokeEnded: -1}.get(type(event), 0)
        highest = max(highest, running)

    if case.max_receive_count:
        assert all(count <= case.max_receive_count for count in counts)
    assert running == 0
    if case.reserved is not None:
        assert highest <= case.reserved
    if case.maximum_concurrency is not None:
        assert highest <= case.maximum_concurrency
    assert all(len(event.messages) <= case.batch_size for event in run.world.events(BatchInvoked))


@given(CASES, st.integers(0, 2**32))
@settings(max_examples=50)
def test_equal_seeds_are_equal_runs(case: Case, seed: int) -> None:
    assert deploy(case, seed).world.journal.hash() == deploy(case, seed).world.journal.hash()


@given(CASES)
@settings(max_examples=50)
def test_without_throttling_and_stale_deletes_another_seed_changes_names_only(case: Case) -> None:
    def shape(journal: Journal) -> list[tuple[int, type[EventBase], RuleId | None]]:
        return [(event.instant_us, type(event), event.rule) for event in journal.events]

    one, other = (deploy(case, seed).world.journal for seed in (1, 2))
    assert one.hash() != other.hash()
    if not {"ESM-THROTTLE-1", "SQS-STALE-2"} & {*one.rules, *other.rules}:
        assert shape(one) == shape(other)


def test_a_message_leaves_only_by_success_dead_letter_queue_or_age() -> None:
    """The four ways a message can end, in one run that has them all."""

    def behave(call: Call) -> Script:
        return Script(1, report(*(r["messageId"] for r in call.records if r["body"] != "good")))

    world = World(behave)
    dead = world.queue("dead")
    queue = world.queue(visibility=10, retention=60, dead_letters=dead, max_receive_count=2)
    world.function(timeout=5)
    world.mapping(queue, report_batch_item_failures=True)
    other = world.queue("unread", retention=60)
    world.send(queue, "good", "bad")
    world.send(other, "forgotten")
    world.start()
    world.run(61)

    assert [message.body for message in dead.messages] == ["bad"]
    assert (queue.messages, other.messages) == ([], [])
    assert len(world.events(MessageDeleted)) == 1
    assert len(world.events(MessageExpired)) == 1
